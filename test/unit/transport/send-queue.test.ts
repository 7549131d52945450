import { MessageTooLargeError, RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { ConnectionLostError, InvalidOptionsError, NotReadyError } from "../../../src/errors.js";
import { ManualClock, ScriptedMediaManager } from "../../../src/testing/index.js";
import { SendQueue } from "../../../src/transport/send-queue.js";
import { SeedTransport } from "../../../packages/testkit/src/worlds/seed-transport.js";
import { drain, silent, World } from "../../../packages/testkit/src/worlds/world.js";

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
  world.transport.service.dropped();
  world.clock.advance(100);
  await drain();
  expect(world.transport.state).toBe("connecting");
  return world;
}

describe("a message of the app", () => {
  it("goes through at once when the session is ready, and is refused before there was one", async () => {
    const before = new World();
    expect(() => before.transport.sendMessage(text("early"))).toThrow(NotReadyError);
    expect(before.refusals).toMatchObject([{ id: "id early", data: { name: "NotReadyError" } }]);
    expect(before.transport.service.sent).toEqual([]);
    const world = await ready();
    world.transport.sendMessage(text("a"));
    expect(contents(world.transport.service.sent)).toEqual(["a"]);
  });

  it("waits during an outage, also while the new wire is open and not ready, and goes in its order", async () => {
    const world = await lost();
    const { transport } = world;
    transport.script.ready = "never";
    transport.sendMessage(text("a"));
    transport.service.opened();
    await drain();
    expect(transport.state).toBe("connected");
    transport.sendMessage(text("b"));
    expect(transport.service.sent).toEqual([]);
    // What the app says in the very moment comes after what has waited.
    world.reactions.set("ready", ({ transport: again }) => again.sendMessage(text("c")));
    transport.service.said();
    await drain();
    transport.sendMessage(text("d"));
    expect(contents(transport.service.sent)).toEqual(["a", "b", "c", "d"]);
  });

  it("waits for the next wire when the one that is back is lost before all was sent", async () => {
    const world = await lost();
    const { transport } = world;
    const sent: unknown[] = [];
    transport.sends = ({ data }) => {
      sent.push((data as { content: unknown }).content);
      if (sent.length === 2) transport.service.dropped();
    };
    for (const content of ["a", "b", "c"]) transport.sendMessage(text(content));
    transport.script.connect = "open";
    transport.service.opened();
    await drain();
    expect(sent).toEqual(["a", "b"]);
    world.clock.advance(1_000);
    await drain();
    expect(sent).toEqual(["a", "b", "c"]);
  });

  it("does not wait when it says that the client is ready, which is for the transport alone", async () => {
    const world = await lost();
    world.transport.sendMessage(RTVIMessage.clientReady());
    world.transport.service.opened();
    await drain();
    expect(world.transport.state).toBe("ready");
    expect(world.transport.service.sent).toEqual([]);
    expect(world.refusals).toEqual([]);
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
      else if (how === "a loss for good") transport.service.dropped(false);
      else {
        transport.script.connect = "refuse";
        transport.service.refused();
        world.clock.advance(60_000);
      }
      await drain();
      world.clock.advance(60_000);
      await drain();
      expect(world.refusals.map(({ id, data }) => [id, (data as { error: string }).error])).toEqual([
        ["id a", expect.stringContaining("session ended")],
        ["id b", expect.stringContaining("session ended")],
      ]);
      expect(transport.service.sent).toEqual([]);
      Object.assign(transport.script, { connect: "open", ready: "at once" });
      world.connect();
      await drain();
      expect(transport.state).toBe("ready");
      expect(transport.service.sent).toEqual([]);
    },
  );

  it("is told once when the service will not have it after all, and the rest goes on", async () => {
    const world = await lost();
    const { transport } = world;
    transport.sends = (message) => {
      if (message.id === "id a") throw new NotReadyError("not even now");
      if (message.id !== "id b") return;
      throw new Error("told once");
    };
    for (const content of ["a", "b", "c"]) transport.sendMessage(text(content));
    transport.service.opened();
    await drain();
    expect(world.refusals.map(({ data }) => (data as { error: string }).error)).toEqual(["not even now", "told once"]);
    expect(contents(transport.service.sent)).toEqual(["c"]);
  });
});

describe("a message that is none", () => {
  const circle: { content?: unknown } = {};
  circle.content = circle;
  const broken: readonly [string, unknown, string | undefined][] = [
    ["a number", 42, undefined],
    ["nothing", undefined, undefined],
    ["null", null, undefined],
    ["a text", "hello", undefined],
    ["a list", [], undefined],
    ["of no type", { id: "x", label: "rtvi-ai", data: {} }, undefined],
    ["of a type that is none", { id: "x", label: "rtvi-ai", type: 7, data: {} }, undefined],
    ["with a BigInt", text(7n), "id 7"],
    ["with data in a circle", new RTVIMessage("send-text", circle, "id circle"), "id circle"],
  ];
  /** As an app may that is written in JavaScript. */
  const send = (world: World, message: unknown): void => world.transport.sendMessage(message as RTVIMessage);

  it.each(broken)("is refused at once during an outage, and blocks nothing behind it: %s", async (_, message, id) => {
    const world = await lost();
    world.transport.sendMessage(text("before"));
    expect(() => send(world, message)).toThrow(InvalidOptionsError);
    world.transport.sendMessage(text("behind"));
    expect(world.refusals.map((refusal) => refusal.id)).toEqual(id === undefined ? [] : [id]);
    world.transport.service.opened();
    await drain();
    expect(contents(world.transport.service.sent)).toEqual(["before", "behind"]);
    expect(world.refusals).toHaveLength(id === undefined ? 0 : 1);
  });

  it.each(broken)("is refused in the same way when the session is ready: %s", async (_, message, id) => {
    const world = await ready();
    expect(() => send(world, message)).toThrow(InvalidOptionsError);
    world.transport.sendMessage(text("behind"));
    expect(world.refusals.map((refusal) => refusal.id)).toEqual(id === undefined ? [] : [id]);
    expect(contents(world.transport.service.sent)).toEqual(["behind"]);
  });

  it.each(["ready", "lost"] as const)("is told in one way alone when it is a request: %s", async (when) => {
    const world = await (when === "ready" ? ready() : lost());
    world.transport.sendMessage(new RTVIMessage("client-message", circle, "id circle"));
    expect(world.refusals).toMatchObject([{ id: "id circle", data: { name: "InvalidOptionsError" } }]);
  });
});

describe("a subclass of Pipecat's base", () => {
  /** Its session is ready. */
  async function subclass() {
    const clock = new ManualClock();
    const transport = new SeedTransport({}, new ScriptedMediaManager(), { clock, logger: silent, random: () => 0 });
    const refusals: unknown[] = [];
    transport.initialize({ transport, callbacks: {} }, (message) => {
      if (message.type === "error-response") refusals.push((message.data as { error: unknown }).error);
    });
    const connect = async (): Promise<void> => {
      await transport.connect();
      await transport.sendReadyMessage();
    };
    return {
      clock,
      transport,
      refusals,
      connect,
      sent: () => transport.calls.filter((call) => call.startsWith("send")),
    };
  }

  it("gets what the app sends before there was a session", async () => {
    const { transport, sent } = await subclass();
    transport.sendMessage(text("early"));
    expect(sent()).toEqual(["sendMessage(send-text)"]);
  });

  it("gets client-ready during an outage, and the rest when it is over", async () => {
    const { transport, clock, connect, sent } = await subclass();
    await connect();
    let open: () => void = () => undefined;
    transport.connects = () => new Promise((resolve) => (open = resolve));
    transport.loses(new ConnectionLostError("lost", { retryable: true }));
    clock.advance(1);
    await drain();
    transport.sendMessage(text("a"));
    transport.sendMessage(RTVIMessage.clientReady());
    expect(sent()).toEqual(["sendMessage(client-ready)"]);
    open();
    await drain();
    expect(transport.state).toBe("ready");
    expect(sent()).toEqual(["sendMessage(client-ready)", "sendMessage(send-text)"]);
    await transport.disconnect();
  });

  it("may refuse a message through onMessageError and throw: it is told once, and the rest goes on", async () => {
    const { transport, clock, connect, refusals, sent } = await subclass();
    await connect();
    transport.loses(new ConnectionLostError("lost", { retryable: true }));
    const refused = text("b");
    transport.sends = (message) => {
      if (message !== refused) return;
      transport.refuses(message, new Error("told already"));
      throw new Error("told already");
    };
    for (const message of [text("a"), refused, text("c")]) transport.sendMessage(message);
    clock.advance(1);
    await drain();
    expect(sent()).toHaveLength(3);
    expect(refusals).toEqual(["told already"]);
    await transport.disconnect();
  });
});

describe("SendQueue", () => {
  it("waits with what a closing wire would lose, and sends nothing immediate late", () => {
    const sent: string[] = [];
    let through = false;
    const queue = new SendQueue({
      maxMessageSize: () => 1_000,
      isThrough: () => through,
      isImmediate: ({ type }) => type === "get-config",
      takes: ({ type }) => type === "late" && sent.push(type) > 0,
      deliver: () => undefined,
      send: ({ id, type }) => void sent.push(type === "client-ready" ? type : id),
    });
    queue.send(text("a"));
    queue.send(text("b", "get-config"));
    queue.send(RTVIMessage.clientReady());
    queue.send(text("a result", "late"));
    expect(sent).toEqual(["id b", "client-ready", "late"]);
    through = true;
    queue.send(text("c"));
    expect(sent, "what waits goes first").toHaveLength(3);
    queue.flush();
    expect(sent.slice(3)).toEqual(["id a", "id c"]);
  });
});

describe("a message that is refused by a throw of what is no Error", () => {
  /** As code of an app may throw that is written in JavaScript. */
  const throws = (): never => {
    throw "odd" as unknown as Error;
  };

  it("is told during an outage, also where it is a request, of which nothing is thrown", () => {
    const told: unknown[] = [];
    const queue = new SendQueue({
      maxMessageSize: () => 1_000,
      isThrough: () => false,
      isImmediate: () => false,
      takes: throws,
      deliver: ({ id, data }) => told.push([id, (data as { error: unknown }).error]),
      send: () => undefined,
    });
    expect(() => queue.send(text("a"))).toThrow("odd");
    expect(() => queue.send(text("b", "client-message"))).not.toThrow();
    expect(told).toEqual([
      ["id a", "odd"],
      ["id b", "odd"],
    ]);
  });

  it("is told when the session is ready, also where it is a request, of which nothing is thrown", async () => {
    const world = await ready();
    world.transport.sends = throws;
    expect(() => world.transport.sendMessage(text("a"))).toThrow("odd");
    expect(() => world.transport.sendMessage(text("b", "client-message"))).not.toThrow();
    expect(world.refusals.map(({ id }) => id)).toEqual(["id a", "id b"]);
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
      takes: () => false,
      deliver: () => undefined,
      send: ({ id }) => {
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
