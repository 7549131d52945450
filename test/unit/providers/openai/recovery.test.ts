import { RTVIMessage } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Recovery } from "../../../../src/contracts/continuity.js";
import { OpenAIRealTimeWebSocketTransport, type OpenAIServiceOptions } from "../../../../src/providers/openai/index.js";
import { ManualClock, ScriptedMediaManager } from "../../../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { drain, silent } from "../../../../packages/testkit/src/worlds/world.js";
import { server } from "../../../../packages/testkit/src/messages/openai.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

const MINUTE = 60_000;
/** Less than a service may take to give a sign of life. */
const STEP = 1_000;
const STARTED = Date.parse("2030-01-01T00:00:00Z");

class Rig {
  readonly clock = new ManualClock();
  readonly manager = new ScriptedMediaManager();
  readonly told: RTVIMessage[] = [];
  readonly states: string[] = [];
  readonly recoveries: Recovery[] = [];
  readonly transport: OpenAIRealTimeWebSocketTransport;
  #session: object = {};

  /** @param ahead How many ms the user's clock is ahead of the service's. */
  constructor(
    service: OpenAIServiceOptions = {},
    private readonly ahead = 0,
  ) {
    this.transport = new OpenAIRealTimeWebSocketTransport({ api_key: canary("ek_"), ...service }, this.manager, {
      WebSocket: FakeWebSocketConstructor,
      clock: this.clock,
      random: () => 0.5,
      reconnect: { base: 100, minUptime: 1_000 },
      logger: silent,
      onRecovered: (recovery) => void this.recoveries.push(recovery),
    });
    const callbacks = { onTransportStateChanged: (state: string) => void this.states.push(state) };
    this.transport.initialize({ transport: this.transport, callbacks }, (message) => void this.told.push(message));
    vi.setSystemTime(STARTED);
  }

  static async ready(service: OpenAIServiceOptions = {}, ahead = 0): Promise<Rig> {
    const rig = new Rig(service, ahead);
    await rig.transport.initDevices();
    void rig.transport.connect().then(() => rig.transport.sendReadyMessage());
    await rig.opens(1);
    return rig;
  }

  /** Time passes, on the clock and on the wall. A service that is asked whether it is still there says so. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP) {
      const step = Math.min(left, STEP);
      const { length } = FakeWebSocket.last.sent;
      vi.setSystemTime(Date.now() + step);
      this.clock.advance(step);
      const asked = FakeWebSocket.last.sent.slice(length).some((text) => String(text).includes("rtvi_probe_"));
      if (asked) this.receive({ type: "session.updated", session: this.#session });
    }
    await drain();
  }

  /** The socket of this number is there, opens, and its session is ready for an hour. */
  async opens(count: number): Promise<void> {
    await drain();
    expect(FakeWebSocket.all).toHaveLength(count);
    FakeWebSocket.last.open();
    await drain();
    this.receive({ type: "session.created", session: { type: "realtime" } });
    this.#session = { type: "realtime", expires_at: Math.floor((Date.now() - this.ahead) / 1000) + 3_600 };
    this.receive({ type: "session.updated", session: this.#session });
    await drain();
    expect(this.transport.state).toBe("ready");
  }

  receive(...events: object[]): void {
    for (const event of events) FakeWebSocket.last.message(JSON.stringify(event));
  }

  send(type: string, data: object): void {
    this.transport.sendMessage(new RTVIMessage(type, data));
  }

  get sent(): { type: string; item?: { type: string } }[] {
    return FakeWebSocket.last.sent.map((text) => JSON.parse(String(text)) as { type: string });
  }

  get sentTypes(): string[] {
    return this.sent.map(({ type, item }) => (item === undefined ? type : item.type));
  }

  count(type: string): number {
    return this.told.filter((message) => message.type === type).length;
  }

  /** @param how Pipecat has another name for it. */
  async leave(how: "disconnect" | "disconnectLLM" = "disconnect"): Promise<void> {
    const gone = this.transport[how]();
    await drain();
    if (FakeWebSocket.last.readyState < 3) FakeWebSocket.last.drop(1000, "", true);
    await gone;
    expect(this.clock.pending).toBe(0);
  }
}

const call = [server.created("resp_c"), server.callDone("c1", "f", "{}", "resp_c"), server.done("resp_c")];

/** A session that was asked for a function, and is not ready. */
async function calledBeforeReady(): Promise<Rig> {
  const rig = new Rig();
  await rig.transport.initDevices();
  void rig.transport.connect().then(() => rig.transport.sendReadyMessage());
  await drain();
  FakeWebSocket.last.open();
  await drain();
  rig.receive({ type: "session.created", session: { type: "realtime" } }, ...call);
  return rig;
}

beforeEach(() => {
  FakeWebSocket.all.length = 0;
  vi.useFakeTimers({ toFake: ["Date"] });
  return () => vi.useRealTimers();
});

describe("a connection that is lost", () => {
  it("is replaced by one that knows what was said, with one bot-ready, and the microphone comes after that", async () => {
    const rig = await Rig.ready({ initial_messages: [{ role: "system", content: "Be brief." }] });
    rig.send("send-text", { content: "Hello?" });
    rig.transport.updateSettings({ instructions: "Shout." });
    FakeWebSocket.last.drop(1006);
    rig.manager.say(new ArrayBuffer(960));
    await rig.pass(100);
    rig.manager.say(new ArrayBuffer(960));
    await rig.opens(2);
    rig.manager.say(new ArrayBuffer(960));
    expect(rig.sent[0]).toMatchObject({ type: "session.update", session: { instructions: "Shout." } });
    const audio = "input_audio_buffer.append";
    const told = ["session.update", "message", "message", "response.create", audio, audio, audio];
    expect(rig.sentTypes).toEqual(told);
    expect(rig.count("bot-ready")).toBe(1);
    expect(rig.recoveries).toMatchObject([{ continuity: "replayed", planned: false }]);
    await rig.leave();
  });

  it("is told a conversation that fills its buffer, and what the user said meanwhile with it", async () => {
    const rig = await Rig.ready();
    for (let text = 0; text < 400; text += 1) rig.send("send-text", { content: `${text} ${"word ".repeat(125)}` });
    FakeWebSocket.last.drop(1006);
    const sending = vi.spyOn(FakeWebSocket.prototype, "send").mockImplementation(function (this: FakeWebSocket, data) {
      this.sent.push(data);
      // As a browser has it: nothing leaves before the task is over.
      this.bufferedAmount += String(data).length;
    });
    rig.manager.say(new ArrayBuffer(960));
    await rig.pass(100);
    await rig.opens(2);
    sending.mockRestore();
    expect(FakeWebSocket.last.bufferedAmount).toBeGreaterThan(256 * 1024);
    rig.manager.say(new ArrayBuffer(960));
    expect(rig.sentTypes.slice(-2)).toEqual(["input_audio_buffer.append", "input_audio_buffer.append"]);
    expect(rig.told.filter(({ type }) => type === "error")).toEqual([]);
    await rig.leave();
  });

  it("gives the bot's sentences numbers that no sentence before the loss has", async () => {
    const rig = await Rig.ready();
    const say = (id: string): void => {
      rig.receive(server.created(id), server.transcriptDone("Hello.", id, `item_${id}`), server.done(id));
    };
    say("resp_1");
    FakeWebSocket.last.drop(1006);
    await rig.pass(100);
    await rig.opens(2);
    say("resp_2");
    const said = rig.told.filter(({ type }) => type === "bot-output").map(({ data }) => data as { segment_id: number });
    const numbers = said.map(({ segment_id }) => segment_id);
    expect([...new Set(numbers)]).toEqual([1, 2]);
    await rig.leave();
  });

  it("is replaced by a fresh one where nothing is to be kept", async () => {
    const rig = await Rig.ready({ keep_conversation: false });
    rig.send("send-text", { content: "Hello?" });
    FakeWebSocket.last.drop(1006);
    await rig.pass(100);
    await rig.opens(2);
    expect(rig.sentTypes).toEqual(["session.update"]);
    expect(rig.count("bot-ready")).toBe(2);
    expect(rig.recoveries).toMatchObject([{ continuity: "fresh" }]);
    await rig.leave();
  });

  it("takes what a tool answers meanwhile, ignores what nobody asked for, and cancels what nobody waits for", async () => {
    const rig = await Rig.ready();
    rig.receive(...call);
    FakeWebSocket.last.drop(1006);
    rig.send("llm-function-call-result", { tool_call_id: "c2", result: 1 });
    rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
    expect(rig.count("llm-function-call-stopped")).toBe(1);
    await rig.pass(100);
    await rig.opens(2);
    expect(rig.sentTypes).toEqual(["session.update", "function_call", "function_call_output", "response.create"]);
    rig.receive(server.created("resp_d"), server.callDone("c9", "f", "{}", "resp_d"));
    await rig.leave();
    expect(rig.told.at(-1)).toMatchObject({ type: "llm-function-call-stopped", data: { cancelled: true } });
  });

  it("has a tool fail that answers meanwhile with what cannot be sent: the next one is told that, and goes on", async () => {
    const rig = await Rig.ready();
    rig.receive(...call);
    FakeWebSocket.last.drop(1006);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(() => rig.send("llm-function-call-result", { tool_call_id: "c1", result: circle })).toThrow();
    expect(rig.told.at(-1)).toMatchObject({ type: "llm-function-call-stopped", data: { cancelled: true } });
    await rig.pass(100);
    await rig.opens(2);
    expect(rig.sentTypes).toEqual(["session.update", "function_call", "function_call_output", "response.create"]);
    expect(JSON.stringify(rig.sent)).toContain("no result");
    await rig.leave();
  });

  it("has an event of the app's own wait for the next one", async () => {
    const rig = await Rig.ready();
    FakeWebSocket.last.drop(1006);
    rig.send("client-message", { t: "raw", d: { type: "input_audio_buffer.commit" } });
    expect(rig.count("server-response")).toBe(0);
    await rig.pass(100);
    await rig.opens(2);
    expect(rig.sentTypes).toEqual(["session.update", "input_audio_buffer.commit"]);
    expect(rig.count("server-response")).toBe(1);
    await rig.leave();
  });

  it("dials again when the new session meets a trouble of the service's own", async () => {
    const rig = await Rig.ready();
    FakeWebSocket.last.drop(1006);
    await rig.pass(100);
    expect(FakeWebSocket.all).toHaveLength(2);
    FakeWebSocket.last.open();
    await drain();
    rig.receive({ type: "session.created", session: { type: "realtime" } }, server.error({ type: "server_error" }));
    await rig.pass(1_000);
    await rig.opens(3);
    await rig.leave();
  });

  describe("and does not come back", () => {
    const refused = (rig: Rig): unknown[] => rig.told.filter(({ type }) => type === "error-response");
    const late = { msgType: "llm-function-call-result", error: expect.stringContaining("not sent") as string };

    it("has a result refused that a tool gave meanwhile, once", async () => {
      const rig = await Rig.ready();
      rig.receive(...call);
      FakeWebSocket.last.drop(1006);
      rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
      expect(refused(rig)).toEqual([]);
      await rig.pass(100);
      await drain();
      FakeWebSocket.last.open();
      await drain();
      rig.receive(server.error({ code: "insufficient_quota" }));
      await drain();
      expect(rig.states.at(-1)).toBe("error");
      expect(refused(rig)).toMatchObject([{ data: late }]);
      await rig.leave();
      expect(refused(rig)).toHaveLength(1);
      expect(rig.count("llm-function-call-stopped")).toBe(1);
    });

    it("has it refused as well when the app leaves, and not when it was told", async () => {
      const rig = await Rig.ready();
      rig.receive(...call);
      FakeWebSocket.last.drop(1006);
      rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
      await rig.leave();
      expect(refused(rig)).toMatchObject([{ data: late }]);
      void rig.transport.connect().then(() => rig.transport.sendReadyMessage());
      await rig.opens(FakeWebSocket.all.length + 1);
      rig.receive(...call);
      FakeWebSocket.last.drop(1006);
      rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
      await rig.pass(100);
      await rig.opens(FakeWebSocket.all.length);
      await rig.leave();
      expect(refused(rig)).toHaveLength(1);
    });

    it("has it refused when the session was not ready yet, because the next does not go on with it", async () => {
      const rig = await calledBeforeReady();
      rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
      FakeWebSocket.last.drop(1006);
      await rig.pass(100);
      await rig.opens(2);
      expect(refused(rig)).toMatchObject([{ data: late }]);
      await rig.leave();
    });

    it("has it refused when the session was not ready yet, and became so: nothing was sent to it", async () => {
      const rig = await calledBeforeReady();
      rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
      rig.receive({ type: "session.updated", session: { type: "realtime" } });
      await drain();
      expect(rig.transport.state).toBe("ready");
      expect(rig.sentTypes).toEqual(["session.update"]);
      await rig.leave();
      expect(refused(rig)).toMatchObject([{ data: late }]);
    });
  });

  it("cancels a call of a session that was lost before it was ready: the next one does not go on with it", async () => {
    const rig = await calledBeforeReady();
    FakeWebSocket.last.drop(1006);
    await rig.pass(100);
    await rig.opens(2);
    expect(rig.count("llm-function-call-started")).toBe(1);
    expect(rig.told.filter(({ type }) => type === "llm-function-call-stopped")).toMatchObject([
      { data: { tool_call_id: "c1", cancelled: true } },
    ]);
    await rig.leave();
  });

  it.each(["disconnect", "disconnectLLM"] as const)(
    "keeps nothing for the session after, left by %s()",
    async (how) => {
      const rig = await Rig.ready();
      rig.send("send-text", { content: "Hello?" });
      await rig.leave(how);
      expect(rig.transport.state).toBe("disconnected");
      void rig.transport.connect().then(() => rig.transport.sendReadyMessage());
      await rig.opens(2);
      expect(rig.sentTypes).toEqual(["session.update"]);
      await rig.leave();
    },
  );

  it("tells no more of it than it is told to", async () => {
    const rig = await Rig.ready({ keep_conversation: { items: 2 } });
    for (const content of ["One", "Two", "Three"]) rig.send("append-to-context", { role: "user", content });
    FakeWebSocket.last.drop(1006);
    await rig.pass(100);
    await rig.opens(2);
    expect(JSON.stringify(rig.sent)).not.toContain("One");
    expect(rig.sentTypes).toEqual(["session.update", "message", "message"]);
    await rig.leave();
  });

  it.each([
    { keep_conversation: "yes" },
    { keep_conversation: { items: 0 } },
    { keep_conversation: { characters: "all" } },
    { reconnect_before_ms: -1 },
    { max_session_ms: 0 },
    { max_session_ms: Infinity },
  ])("refuses %j", (option) => {
    expect(() => new Rig(option as OpenAIServiceOptions)).toThrow(Object.keys(option)[0]);
  });
});

describe("a session that nears its end", () => {
  it("is changed for a new one at a quiet moment, and nobody is told of an error", async () => {
    const rig = await Rig.ready();
    rig.send("append-to-context", { content: "Remember me" });
    await rig.pass(55 * MINUTE - 1);
    expect(FakeWebSocket.all).toHaveLength(1);
    await rig.pass(1);
    FakeWebSocket.all[0]?.drop(1000, "", true);
    await rig.opens(2);
    expect(rig.sentTypes).toEqual(["session.update", "message"]);
    expect(rig.recoveries).toMatchObject([{ continuity: "replayed", planned: true }]);
    expect(rig.count("bot-ready")).toBe(1);
    await rig.leave();
  });

  it.each([
    ["59.5 minutes ahead", 59.5],
    ["an hour ahead", 60],
    ["half an hour behind", -30],
    ["right", 0],
  ])("planned reconnect: comes 55 minutes after the opening for a user whose clock is %s", async (_, ahead) => {
    const rig = await Rig.ready({}, ahead * MINUTE);
    await rig.pass(55 * MINUTE - 1);
    expect(FakeWebSocket.all).toHaveLength(1);
    await rig.pass(1);
    FakeWebSocket.all[0]?.drop(1000, "", true);
    await rig.opens(2);
    expect(rig.recoveries).toMatchObject([{ planned: true }]);
    await rig.leave();
  });

  it("planned reconnect: comes in time before the end of a session that the options make shorter", async () => {
    const rig = await Rig.ready({ max_session_ms: 30 * MINUTE, reconnect_before_ms: 20 * MINUTE });
    await rig.pass(15 * MINUTE - 1);
    expect(FakeWebSocket.all).toHaveLength(1);
    await rig.pass(1);
    expect(FakeWebSocket.all).toHaveLength(2);
    await rig.leave();
  });

  it("is not changed while a tool is waited for, or somebody speaks, unless time is up", async () => {
    const rig = await Rig.ready({ reconnect_before_ms: 2 * MINUTE });
    rig.receive(...call);
    await rig.pass(58 * MINUTE);
    expect(FakeWebSocket.all[0]?.closeCalls).toEqual([]);
    rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
    await rig.pass(10);
    expect(FakeWebSocket.all[0]?.closeCalls).toEqual([]);
    rig.receive(server.started, server.created("resp_2"), server.done("resp_2"));
    await rig.pass(10);
    expect(FakeWebSocket.all[0]?.closeCalls).toEqual([]);
    let waited = 0;
    for (; FakeWebSocket.all.length < 2 && waited < 120; waited += 1) await rig.pass(1_000);
    expect(waited).toBeGreaterThan(100);
    expect(waited).toBeLessThan(120);
    FakeWebSocket.all[0]?.drop(1000, "", true);
    await rig.opens(2);
    expect(rig.recoveries).toMatchObject([{ planned: true }]);
    await rig.leave();
  });

  it("is changed as soon as the tool has answered and the model has gone on", async () => {
    const rig = await Rig.ready();
    rig.receive(...call);
    await rig.pass(56 * MINUTE);
    rig.send("llm-function-call-result", { tool_call_id: "c1", result: 1 });
    rig.receive(server.created("resp_2"), server.text("Done", "resp_2"));
    await rig.pass(10);
    expect(FakeWebSocket.all[0]?.closeCalls).toEqual([]);
    rig.receive(server.done("resp_2"));
    await rig.pass(10);
    expect(FakeWebSocket.all).toHaveLength(2);
    await rig.leave();
  });

  it("comes back by itself when the service ends it without a warning", async () => {
    const rig = await Rig.ready({ reconnect_before_ms: 0 });
    rig.send("append-to-context", { content: "Remember me" });
    await rig.pass(60 * MINUTE);
    expect(FakeWebSocket.all[0]?.closeCalls).toEqual([]);
    FakeWebSocket.last.drop(1001, "Your session hit the maximum duration of 60 minutes.", true);
    await rig.pass(100);
    await rig.opens(2);
    expect(rig.sentTypes).toEqual(["session.update", "message"]);
    expect(rig.recoveries).toMatchObject([{ continuity: "replayed", planned: false }]);
    await rig.leave();
  });
});
