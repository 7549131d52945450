import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { NotReadyError } from "../../../../src/errors.js";
import { TwilioSerializer } from "../../../../src/providers/pipecat/index.js";
import { ProtobufFrameSerializer } from "../../../../src/providers/pipecat/protobuf-serializer.js";
import { ManualClock } from "../../../../src/testing/index.js";
import { FakeWebSocket } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { bot, connected, dialled, ready, sentMessages, sentPings, turn, type Rig, type RigOptions } from "./rig.js";

const SILENCE = 1_000;
const PROBE = 300;
const TIMES = { timeouts: { silence: SILENCE, probe: PROBE, disconnect: 20 } };

const text = (id: string, type = "send-text") => new RTVIMessage(type, { content: id }, id);
const say = ({ transport }: Rig, ...ids: string[]) => {
  for (const id of ids) transport.sendMessage(text(id));
};
/** As Pipecat's servers do with a type that they do not know. */
const answer = (id = sentPings().at(-1)?.id) =>
  bot.rtvi("error-response", { error: "Unsupported type rtvi-machine/ping" }, id);
const idsSent = () => sentMessages().map(({ type, id }) => (type === "client-ready" ? type : id));

/** A session with a bot that has answered its first ping. */
async function answered(options: RigOptions = {}): Promise<Rig> {
  const rig = await ready({ ...TIMES, ...options });
  await rig.receive(answer());
  return rig;
}

/** The connection is lost, unless it is already, and the bot of the next one is ready. */
async function comeBack(rig: Rig, data: object = {}): Promise<void> {
  if (rig.transport.state === "ready") {
    const next = FakeWebSocket.all.length + 1;
    FakeWebSocket.last.drop(1006);
    await dialled(next);
  }
  FakeWebSocket.last.open();
  await turn();
  await rig.receive(bot.rtvi("bot-ready", { version: "2.1.0", ...data }));
  await turn();
}

describe("a ping", () => {
  it("is sent once the bot is ready, and its answer is not for the app, whatever it is", async () => {
    const rig = await ready();
    expect(sentPings()).toMatchObject([{ label: "rtvi-ai", type: "rtvi-machine/ping", data: {} }]);
    const { told } = rig;
    const before = told.length;
    await rig.receive(bot.rtvi("error", { error: "what is this?", fatal: true }, sentPings()[0]?.id));
    expect(told).toHaveLength(before);
    expect([rig.errors, rig.messageErrors, rig.transport.state]).toEqual([[], [], "ready"]);
    await rig.receive(bot.rtvi("error-response", { error: "no" }, "of another"));
    expect(rig.messageErrors).toHaveLength(1);
  });

  it("is not sent again when the bot says again that it is ready", async () => {
    const rig = await ready();
    await rig.receive(bot.rtvi("bot-ready", {}));
    expect(sentPings()).toHaveLength(1);
  });

  it("finds out that the line is dead while nobody says anything", async () => {
    const clock = new ManualClock();
    const rig = await answered({ clock });
    for (let count = 2; count < 5; count += 1) {
      clock.advance(SILENCE);
      expect(sentPings()).toHaveLength(count);
      await rig.receive(answer());
    }
    clock.advance(SILENCE + PROBE);
    clock.advance(10);
    await dialled(2);
    expect(rig.errors).toMatchObject([{ data: { code: "connection-lost", fatal: false } }]);
  });

  it("is answered or not by the bot of another session as by one that is not known", async () => {
    const rig = await answered();
    const left = rig.transport.disconnect();
    FakeWebSocket.last.drop(1000);
    await left;
    const connecting = rig.transport.connect();
    (await dialled(2)).open();
    await connecting;
    const announced = rig.transport.sendReadyMessage();
    await rig.receive(bot.rtvi("bot-ready", {}));
    await announced;
    say(rig, "a");
    await rig.receive(bot.rtvi("bot-llm-started"));
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready"]);
  });

  it("that is not answered says nothing of a bot that never has", async () => {
    const clock = new ManualClock();
    const rig = await ready({ ...TIMES, clock });
    say(rig, "a");
    clock.advance(100 * SILENCE);
    say(rig, "b");
    await turn();
    expect(sentPings()).toHaveLength(1);
    expect(FakeWebSocket.all).toHaveLength(1);
    expect(rig.errors).toEqual([]);
  });

  it("finds out that a bot which answers no pings is gone, once it has answered the like of what it owes", async () => {
    const clock = new ManualClock();
    const rig = await ready({ ...TIMES, clock });
    say(rig, "a");
    clock.advance(100 * SILENCE);
    expect(FakeWebSocket.all).toHaveLength(1);
    await rig.receive(bot.rtvi("bot-llm-started"));
    clock.advance(100 * SILENCE);
    expect(rig.errors).toEqual([]);
    say(rig, "b");
    clock.advance(SILENCE - 1);
    expect(rig.errors).toEqual([]);
    clock.advance(1);
    expect(rig.errors).toMatchObject([{ data: { code: "connection-lost", fatal: false } }]);
    clock.advance(10);
    await dialled(2);
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready", "b"]);
  });

  it.each<[string, RTVIMessage]>([
    ["a question of RTVI's services", text("c", "get-config")],
    ["an action", text("c", "action")],
    [
      "a message for the context that is to be answered",
      new RTVIMessage("append-to-context", { run_immediately: true }),
    ],
  ])("finds out by %s as well", async (_what, message) => {
    const clock = new ManualClock();
    const rig = await ready({ ...TIMES, clock });
    rig.transport.sendMessage(text("first", "get-config"));
    await rig.receive(bot.rtvi("config", { config: [] }, "first"));
    clock.advance(10 * SILENCE);
    rig.transport.sendMessage(message);
    clock.advance(SILENCE);
    expect(rig.errors).toMatchObject([{ data: { code: "connection-lost", fatal: false } }]);
  });

  it.each<[string, RTVIMessage]>([
    [
      "is not to be answered at once",
      new RTVIMessage("send-text", { content: "b", options: { run_immediately: false } }),
    ],
    ["goes into the context", new RTVIMessage("append-to-context", { role: "user", content: "b" })],
    ["is the app's own", text("b", "client-message")],
    ["is an event of its page", text("b", "ui-event")],
  ])("concludes nothing from a silence after what %s", async (_what, message) => {
    const clock = new ManualClock();
    const rig = await ready({ ...TIMES, clock });
    say(rig, "a");
    await rig.receive(bot.rtvi("bot-llm-started"));
    rig.transport.sendMessage(message);
    clock.advance(100 * SILENCE);
    expect([rig.errors, FakeWebSocket.all.length]).toEqual([[], 1]);
  });

  it("follows what is sent: one after all that is said in a breath, and the next after its answer", async () => {
    const rig = await answered();
    say(rig, "a", "b", "c");
    await turn();
    expect(sentPings()).toHaveLength(2);
    say(rig, "d");
    say(rig, "e");
    await turn();
    expect(sentPings()).toHaveLength(2);
    await rig.receive(answer());
    expect(sentPings()).toHaveLength(3);
    await rig.receive(answer());
    expect(sentPings()).toHaveLength(3);
  });

  it("is not sent to a bot that was sent away: no other is to come in its place", async () => {
    const clock = new ManualClock();
    const rig = await answered({ clock });
    rig.transport.sendMessage(RTVIMessage.disconnectBot());
    clock.advance(10 * SILENCE);
    await turn();
    expect(sentPings()).toHaveLength(1);
    expect([rig.transport.state, FakeWebSocket.all.length]).toEqual(["ready", 1]);
  });

  it.each([
    ["no serializer that writes it", { serializer: new TwilioSerializer() }],
    [
      "a serializer that throws at it",
      {
        serializer: Object.assign(new ProtobufFrameSerializer(), {
          serializeMessage: ({ type }: RTVIMessage) => {
            if (type !== "client-ready") throw new Error("never heard of it");
            return null;
          },
        }),
      },
    ],
  ])("is not missed where there is %s", async (_what, options) => {
    const clock = new ManualClock();
    const rig = await connected({ ...TIMES, ...options, clock });
    await rig.transport.sendReadyMessage();
    await turn();
    clock.advance(100 * SILENCE);
    expect(FakeWebSocket.last.sent).toEqual([]);
    expect([rig.transport.state, FakeWebSocket.all.length]).toEqual(["ready", 1]);
  });

  it.each([0, Infinity])("is not sent with a silence of %d", async (silence) => {
    const rig = await ready({ timeouts: { silence } });
    say(rig, "a");
    await turn();
    expect(sentPings()).toEqual([]);
  });
});

describe("a message that was sent as the connection was lost", () => {
  it.each([
    ["fresh", {}],
    ["resumed", { resumed: true }],
  ])("is sent again as it was, in its order and before what has waited, to a bot that is %s", async (_what, data) => {
    const rig = await answered();
    say(rig, "heard");
    await turn();
    await rig.receive(answer());
    say(rig, "a", "b");
    FakeWebSocket.last.drop(1006);
    await dialled(2);
    say(rig, "c");
    await comeBack(rig, data);
    expect(idsSent()).toEqual(["client-ready", "a", "b", "c"]);
    expect(sentMessages()[1]).toMatchObject({ label: "rtvi-ai", type: "send-text", data: { content: "a" } });
    expect(rig.messageErrors).toEqual([]);
  });

  it("is sent once more on every connection that is lost before it is confirmed", async () => {
    const rig = await answered();
    say(rig, "a");
    await comeBack(rig);
    say(rig, "b");
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready", "a", "b"]);
    await rig.receive(answer());
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready"]);
  });

  it("has arrived where it was answered itself, and all before it", async () => {
    const rig = await answered();
    say(rig, "a");
    rig.transport.sendMessage(text("b", "describe-config"));
    say(rig, "c");
    await rig.receive(bot.rtvi("config-available", { config: [] }, "b"));
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready", "c"]);
  });

  it("has not arrived because the next bot speaks, which has yet to answer a ping", async () => {
    const rig = await answered();
    say(rig, "a");
    await comeBack(rig);
    await rig.receive(bot.rtvi("bot-llm-started"));
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready", "a"]);
  });

  it("has arrived where a bot that answers no pings has said anything since", async () => {
    const rig = await ready(TIMES);
    say(rig, "a");
    await rig.receive(bot.rtvi("bot-llm-started"));
    say(rig, "b");
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready", "b"]);
  });

  it.each(["client-message", "action"])("is refused at once when it is a request: %s", async (type) => {
    const rig = await answered();
    say(rig, "a");
    rig.transport.sendMessage(text("request", type));
    FakeWebSocket.last.drop(1006);
    await turn();
    expect(rig.messageErrors).toMatchObject([
      {
        id: "request",
        data: { name: "ConnectionLostError", error: expect.stringContaining("may have arrived") as string },
      },
    ]);
    expect(rig.order.slice(-2)).toEqual(["connecting", "error-response"]);
    await dialled(2);
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready", "a"]);
  });

  it("is refused beyond a bound, but for what is never sent again", async () => {
    const rig = await answered();
    for (let count = 0; count < 1_000; count += 1) say(rig, "a");
    expect(() => say(rig, "b")).toThrow(NotReadyError);
    for (const type of ["raw-audio", "disconnect-bot"]) rig.transport.sendMessage(text(type, type));
    expect(idsSent().slice(-3)).toEqual(["a", "raw-audio", "disconnect-bot"]);
  });

  it("is not sent again when it is sound, and neither is what is raw", async () => {
    const rig = await answered();
    for (const type of ["raw-audio", "raw-audio-batch"]) rig.transport.sendMessage(text(type, type));
    rig.transport.sendRawMessage(text("raw"));
    await comeBack(rig);
    expect(idsSent()).toEqual(["client-ready"]);
    expect(rig.messageErrors).toEqual([]);
  });

  it.each([
    ["the bot ends the session", () => FakeWebSocket.last.drop(4000)],
    ["a fatal error is told", () => FakeWebSocket.last.message(bot.rtvi("error", { error: "no", fatal: true }))],
  ])("is told to be refused when %s", async (_what, end) => {
    const rig = await answered();
    say(rig, "a");
    rig.transport.sendMessage(text("request", "client-message"));
    end();
    await turn();
    expect(rig.messageErrors.map(({ id }) => id).sort()).toEqual(["a", "request"]);
    expect(rig.messageErrors).toMatchObject(Array(2).fill({ data: { name: "ConnectionLostError" } }));
  });

  it.each(["client-message", "action"])("is refused when it is a request and the app disconnects: %s", async (type) => {
    const rig = await answered();
    rig.transport.sendMessage(text("heard", type));
    await turn();
    await rig.receive(answer());
    say(rig, "a");
    rig.transport.sendMessage(text("request", type));
    await rig.transport.disconnect();
    expect(rig.messageErrors).toMatchObject([{ id: "request", data: { name: "ConnectionLostError" } }]);
    expect(rig.order.indexOf("error-response")).toBeLessThan(rig.order.indexOf("disconnecting"));
  });

  it("is told to be refused when the app gives up waiting for a connection", async () => {
    const rig = await answered();
    say(rig, "a");
    FakeWebSocket.last.drop(1006);
    await dialled(2);
    say(rig, "b");
    await rig.transport.disconnect();
    expect(rig.messageErrors).toMatchObject([
      { id: "a", data: { name: "ConnectionLostError" } },
      { id: "b", data: { name: "NotReadyError" } },
    ]);
  });

  it.each([
    ["disconnects", (rig: Rig) => rig.transport.disconnect()],
    [
      "sends the bot away",
      async (rig: Rig) => {
        rig.transport.sendMessage(RTVIMessage.disconnectBot());
        FakeWebSocket.last.drop(1000);
        await turn();
      },
    ],
  ])("is nobody's concern when the app %s", async (_what, leave) => {
    const rig = await answered();
    say(rig, "a");
    await leave(rig);
    await turn();
    expect(rig.messageErrors).toEqual([]);
    expect(rig.transport.state).toBe("disconnected");
  });
});
