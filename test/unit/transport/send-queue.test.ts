import { MessageTooLargeError, RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { NotReadyError } from "../../../src/errors.js";
import { SendQueue } from "../../../src/transport/send-queue.js";
import { drain, World } from "../../../packages/testkit/src/worlds/world.js";

const text = (content: unknown, type = "send-text") => new RTVIMessage(type, { content }, `id ${String(content)}`);
const contents = (messages: readonly RTVIMessage[]) =>
  messages.map(({ data }) => (data as { content: unknown }).content);

async function ready(): Promise<World> {
  const world = new World();
  world.connect();
  await drain();
  expect(world.transport.state).toBe("ready");
  return world;
}

/** A session that was ready and is being dialled again. */
async function lost(): Promise<World> {
  const world = await ready();
  world.transport.script.connect = "hang";
  world.transport.dropped();
  world.clock.advance(100);
  await drain();
  expect(world.transport.state).toBe("connecting");
  return world;
}

describe("a message of the app", () => {
  it("goes through at once when the session is ready, and before there was one, to the transport alone", async () => {
    const before = new World();
    before.transport.sendMessage(text("early"));
    expect(contents(before.transport.sent)).toEqual(["early"]);
    const world = await ready();
    world.transport.sendMessage(text("a"));
    expect(contents(world.transport.sent)).toEqual(["a"]);
  });

  it("waits during an outage, also while the new wire is open and not ready, and goes in its order", async () => {
    const world = await lost();
    const { transport } = world;
    transport.script.ready = "never";
    transport.sendMessage(text("a"));
    transport.opened();
    await drain();
    expect(transport.state).toBe("connected");
    transport.sendMessage(text("b"));
    expect(transport.sent).toEqual([]);
    // What the app says in the very moment comes after what has waited.
    world.reactions.set("ready", ({ transport: again }) => again.sendMessage(text("c")));
    transport.said();
    await drain();
    transport.sendMessage(text("d"));
    expect(contents(transport.sent)).toEqual(["a", "b", "c", "d"]);
  });

  it("waits for the next wire when the one that is back is lost before all was sent", async () => {
    const world = await lost();
    const { transport } = world;
    const sent: unknown[] = [];
    transport.sends = ({ data }) => {
      sent.push((data as { content: unknown }).content);
      if (sent.length === 2) transport.dropped();
    };
    for (const content of ["a", "b", "c"]) transport.sendMessage(text(content));
    transport.script.connect = "open";
    transport.opened();
    await drain();
    expect(sent).toEqual(["a", "b"]);
    world.clock.advance(1_000);
    await drain();
    expect(sent).toEqual(["a", "b", "c"]);
  });

  it("does not wait when it says that the client is ready", async () => {
    const { transport } = await lost();
    transport.sendMessage(RTVIMessage.clientReady());
    expect(transport.sent).toHaveLength(1);
  });

  it("is refused, and told to be, when too many wait", async () => {
    const world = await lost();
    for (let count = 0; count < 100; count += 1) world.transport.sendMessage(text(count));
    expect(() => world.transport.sendMessage(text("one too many"))).toThrow("no more than 100 messages");
    expect(() => world.transport.sendMessage(text("one too many"))).toThrow(NotReadyError);
    expect(world.refusals).toHaveLength(2);
    expect(world.refusals[0]).toMatchObject({ id: "id one too many" });
    // client-js would reject a promise that nobody can catch.
    world.transport.sendMessage(text("request", "client-message"));
    expect(world.refusals).toHaveLength(3);
  });

  it("is refused before it waits when it is too large, or no JSON", async () => {
    const world = await lost();
    expect(() => world.transport.sendMessage(text("x".repeat(100_000)))).toThrow(MessageTooLargeError);
    expect(world.refusals).toEqual([]);
    const circle: { content?: unknown } = {};
    circle.content = circle;
    expect(() => world.transport.sendMessage(text(circle))).toThrow('"send-text" cannot be written as JSON');
    expect(world.refusals).toHaveLength(1);
  });

  it.each(["disconnect()", "no redial helps", "a loss for good"])(
    "is told when the session ends instead: %s",
    async (how) => {
      const world = await lost();
      const { transport } = world;
      transport.sendMessage(text("a"));
      transport.sendMessage(text("b"));
      if (how === "disconnect()") world.disconnect();
      else if (how === "a loss for good") transport.connectionError("no");
      else {
        transport.script.connect = "refuse";
        transport.refused();
        world.clock.advance(60_000);
      }
      await drain();
      world.clock.advance(60_000);
      await drain();
      expect(world.refusals.map(({ id, data }) => [id, (data as { error: string }).error])).toEqual([
        ["id a", expect.stringContaining("session ended")],
        ["id b", expect.stringContaining("session ended")],
      ]);
      expect(transport.sent).toEqual([]);
      Object.assign(transport.script, { connect: "open", ready: "at once" });
      world.connect();
      await drain();
      expect(transport.state).toBe("ready");
      expect(transport.sent).toEqual([]);
    },
  );

  it("is told once when the service will not have it after all, and the rest goes on", async () => {
    const world = await lost();
    const { transport } = world;
    transport.sends = (message) => {
      if (message.id === "id a") throw new NotReadyError("not even now");
      if (message.id !== "id b") return;
      transport.refuse(message, new Error("told already"));
      throw new Error("told already");
    };
    for (const content of ["a", "b", "c"]) transport.sendMessage(text(content));
    transport.opened();
    await drain();
    expect(world.refusals.map(({ data }) => (data as { error: string }).error)).toEqual([
      "not even now",
      "told already",
    ]);
    expect(contents(transport.sent)).toEqual(["c"]);
  });
});

describe("SendQueue", () => {
  it("waits with what a closing wire would lose, and sends nothing immediate late", () => {
    const sent: string[] = [];
    let through = false;
    const transport = { sendMessage: ({ id }: RTVIMessage) => void sent.push(id) };
    const queue = new SendQueue({
      maxMessageSize: () => 1_000,
      isThrough: () => through,
      isImmediate: ({ type }) => type === "get-config",
      deliver: () => undefined,
    });
    queue.takeOver(transport);
    queue.takeOver(transport);
    transport.sendMessage(text("a"));
    transport.sendMessage(text("b", "get-config"));
    expect(sent).toEqual(["id b"]);
    through = true;
    transport.sendMessage(text("c"));
    expect(sent).toEqual(["id b"]);
    queue.flush();
    expect(sent).toEqual(["id b", "id a", "id c"]);
  });
});

describe("messages that may be lost", () => {
  it("go before those that wait, in their order, however often that is", () => {
    const sent: string[] = [];
    let sends = Infinity;
    const queue = new SendQueue({
      maxMessageSize: () => 1_000,
      isThrough: () => sends > 0,
      isImmediate: () => false,
      deliver: () => undefined,
    });
    queue.takeOver({
      sendMessage: ({ id }) => {
        sends -= 1;
        sent.push(id);
      },
    });
    sends = 0;
    queue.send(text("d"));
    queue.lost([text("a"), text("b"), text("c")]);
    sends = 2;
    queue.flush();
    expect(sent).toEqual(["id a", "id b"]);
    queue.lost([text("b")]);
    sends = 2;
    queue.send(text("e"));
    queue.flush();
    expect(sent.slice(2)).toEqual(["id b", "id c"]);
    sends = Infinity;
    queue.flush();
    expect(sent.slice(4)).toEqual(["id d", "id e"]);
  });
});
