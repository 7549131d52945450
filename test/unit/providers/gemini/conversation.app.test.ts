import { UnsupportedFeatureError } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../../src/errors.js";
import { GeminiHistory } from "../../../../src/providers/gemini/gemini-history.js";
import { ResumptionHandle } from "../../../../src/providers/gemini/resumption-handle.js";
import { KEY, Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

describe("the opening", () => {
  it("sends the setup first, and the history once it is taken", () => {
    const history = [
      { role: "system", parts: [{ text: "He is old." }] },
      { role: "user", parts: [{ text: "hi" }] },
    ] as const;
    const s = new Scenario({ history, runInitial: true });
    s.keep(s.dialogue.open());
    expect(s.sent).toEqual([{ setup: { model: "models/m" } }]);
    expect(s.dialogue.isReady).toBe(false);
    s.forget();
    s.receive({ setupComplete: { sessionId: "x" } });
    expect(s.effects).toEqual([
      {
        type: "send",
        event: { clientContent: { turns: [{ ...history[0], role: "user" }, history[1]], turnComplete: true } },
      },
      { type: "ready", continuity: "fresh" },
    ]);
    s.receive({ setupComplete: {} });
    expect(s.of("ready")).toHaveLength(1);
  });

  it("says nothing before the setup is taken, whatever the service sends, and then what has been waiting", () => {
    const conversationHistory = new GeminiHistory();
    conversationHistory.orders.push("Welcome!");
    const s = new Scenario({ conversationHistory });
    s.keep(s.dialogue.open());
    s.receive({ usageMetadata: {} }, {});
    expect([s.sent.length, s.dialogue.isReady]).toEqual([1, false]);
    s.receive({ setupComplete: {} });
    expect(JSON.stringify(s.sent.slice(1))).toContain("Welcome!");
  });

  it("says that the user speaks once the setup is taken, where the app said so before", () => {
    const s = new Scenario({ manual: true });
    s.keep(s.dialogue.open());
    s.command({ type: "activity", on: true });
    expect([s.sent.length, s.told]).toEqual([1, []]);
    s.receive({ setupComplete: {} });
    expect(s.sent.slice(1)).toEqual([{ realtimeInput: { activityStart: {} } }]);
    expect(s.told).toEqual(["user-started-speaking"]);
  });

  it.each([
    ["resumed", { handle: "h", replays: true }],
    ["replayed", { replays: true }],
    ["fresh", {}],
  ])("tells how the conversation goes on: %s", (continuity, setup) => {
    const s = new Scenario(setup);
    s.receive({ setupComplete: {} });
    expect(s.of("ready")).toEqual([{ type: "ready", continuity }]);
  });

  it("writes down what the conversation begins with, calls of functions included", () => {
    const conversationHistory = new GeminiHistory();
    const functionCall = { id: "c1", name: "f", args: { a: 1 } };
    const functionResponse = { id: "c1", name: "f", response: { output: "5" } };
    Scenario.ready({
      conversationHistory,
      initial: [
        { role: "user", parts: [{ text: "hi" }] },
        { role: "model", parts: [{ functionCall }] },
        { role: "user", parts: [{ functionResponse }] },
      ],
    });
    expect(conversationHistory.items).toEqual([
      { type: "message", role: "user", content: "hi" },
      { type: "tool-call", callId: "c1", name: "f", arguments: '{"a":1}' },
      { type: "tool-result", callId: "c1", output: "5" },
    ]);
  });

  it("reads binary messages", () => {
    const s = new Scenario();
    s.raw(new TextEncoder().encode('{"setupComplete":{}}').buffer);
    expect(s.dialogue.isReady).toBe(true);
  });
});

describe("text of the app", () => {
  it.each([
    ["send-text", { content: "hi" }, "user", true],
    ["send-text", { content: "hi", options: { run_immediately: false } }, "user", false],
    ["append-to-context", { role: "user", content: "hi" }, "user", true],
    ["append-to-context", { role: "user", content: "hi", run_immediately: false }, "user", false],
    ["append-to-context", { role: "assistant", content: "hi" }, "model", false],
    ["append-to-context", { role: "system", content: "hi" }, "user", false],
    ["append-to-context", { role: "system", content: "hi", run_immediately: true }, "user", true],
  ])("%s %j is a turn", (type, data, role, turnComplete) => {
    const s = Scenario.ready();
    s.app(type, data);
    expect(s.sent).toEqual([{ clientContent: { turns: [{ role, parts: [{ text: "hi" }] }], turnComplete } }]);
    expect(s.data("append-to-context-result")).toHaveLength(type === "append-to-context" ? 1 : 0);
  });

  it("that asks for no answer takes none away that was asked for", () => {
    const s = Scenario.ready();
    const added = (content: string) => {
      s.forget();
      s.app("append-to-context", { role: "user", content, run_immediately: false });
      return s.sent;
    };
    s.app("send-text", { content: "What time is it?" });
    expect(added("I am in Rome.")).toMatchObject([{ clientContent: { turnComplete: true } }]);
    s.receive(server.interrupted, server.complete, server.audio(20), server.generated, server.complete);
    expect(added("It is cold.")).toMatchObject([{ clientContent: { turnComplete: false } }]);
  });

  it("goes as realtime input where the model wants it so", () => {
    const s = Scenario.ready({ textInput: "realtime" });
    s.app("send-text", { content: "hi" });
    expect(s.sent).toEqual([{ realtimeInput: { text: "hi" } }]);
    for (const data of [
      { role: "user", content: "a", run_immediately: false },
      { role: "assistant", content: "a", run_immediately: true },
    ]) {
      expect(() => s.app("append-to-context", data)).toThrow(UnsupportedFeatureError);
    }
    expect(() => s.app("send-text", { content: [{ inlineData: {} }] })).toThrow(InvalidOptionsError);
    expect(s.sent).toHaveLength(1);
  });

  it("takes an image", () => {
    const s = Scenario.ready();
    s.app("append-to-context", {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
      ],
    });
    expect(s.sent).toMatchObject([
      {
        clientContent: {
          turns: [{ parts: [{ text: "look" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }] }],
        },
      },
    ]);
  });

  it.each([
    ["send-text", {}, "content"],
    ["append-to-context", { role: "robot", content: "x" }, "role"],
    ["append-to-context", { role: "user", content: [{ type: "image_url", image_url: "https://x/y.png" }] }, "content"],
    ["append-to-context", { role: "user", content: [] }, "content"],
    ["append-to-context", { role: "user", content: 7 }, "content"],
    ["append-to-context", { role: "user", content: [null] }, "content must be a string or a list"],
    ["append-to-context", { role: "user", content: [{}] }, "content"],
    ["append-to-context", { role: "user", content: [{ type: "video", video: "AAAA" }] }, "content"],
    ["llm-function-call-result", { result: 1 }, "tool_call_id"],
    ["llm-function-call-result", { tool_call_id: "c", result: 10n }, "result"],
    ["client-message", { t: "raw", d: { setup: {} } }, "clientContent"],
    ["client-message", { t: "raw", d: { clientContent: {}, realtimeInput: {} } }, "exactly one"],
  ])("%s is refused before anything happens (%#)", (type, data, named) => {
    const s = Scenario.ready();
    s.receive(server.audio(100));
    s.forget();
    expect(() => s.app(type, data)).toThrow(named);
    expect(s.interrupt()[0]).toEqual({ type: "flush" });
    expect(s.sent).toEqual([]);
  });

  it("may ask for an answer without sound", () => {
    const s = Scenario.ready();
    s.app("send-text", { content: "hi", options: { audio_response: false } });
    s.receive(server.audio(20), server.said("Hm. "), server.complete, server.audio(20));
    expect(s.bytes).toEqual({ turn_2: 960 });
    expect(s.data("bot-output")).toMatchObject([{ text: "Hm.", will_be_spoken: false }]);
    expect(s.told).not.toContain("bot-tts-text");
  });

  it("measures the time to the first words of an answer without sound", () => {
    const s = Scenario.ready();
    s.app("send-text", { content: "hi", options: { audio_response: false } });
    s.now += 250;
    s.receive(server.audio(20), server.said("Hm. "));
    expect(s.data("metrics")).toEqual([{ ttfb: [{ processor: "gemini-live", value: 0.25 }] }]);
  });

  it("measures the time to the first sound of the answer", () => {
    const s = Scenario.ready();
    s.app("send-text", { content: "hi" });
    s.now += 250;
    s.receive(server.audio(20));
    s.plays("began", "turn_1", 0, 20);
    expect(s.data("metrics")).toEqual([{ ttfb: [{ processor: "gemini-live", value: 0.25 }] }]);
  });
});

describe("a conversation that the app has replaced", () => {
  const user = (content: string) => ({ role: "user", content });
  const replaced = (conversationHistory: GeminiHistory): Scenario => {
    const s = Scenario.ready({ conversationHistory });
    s.receive(server.audio(100));
    s.command({ type: "replace", messages: [user("anew")], interrupt: false });
    s.forget();
    return s;
  };

  it("leaves the bot speaking where nobody interrupts it", () => {
    const s = replaced(new GeminiHistory());
    s.receive(server.audio(100));
    expect([s.of("flush"), s.bytes]).toEqual([[], { turn_1: 4800 }]);
  });

  it("takes the calls along that were made in it", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    s.receive(server.call("c1"));
    s.command({ type: "replace", messages: [user("anew")], interrupt: false });
    expect(s.data("llm-function-call-stopped")).toMatchObject([{ tool_call_id: "c1", cancelled: true }]);
    s.app("llm-function-call-result", { tool_call_id: "c1", result: 1 });
    expect(s.sent).toEqual([]);
    expect(conversationHistory.items).toMatchObject([{ content: "anew" }]);
  });

  it.each([true, false])("waits for the next connection, and so does what follows (run: %j)", (run) => {
    const conversationHistory = new GeminiHistory();
    const s = replaced(conversationHistory);
    s.command({ type: "append", messages: [user("and this")], run });
    s.receive(server.generated, server.complete);
    s.end();
    expect(s.sent).toEqual([]);
    expect(conversationHistory.items).toMatchObject([{ content: "anew" }, { content: "and this" }]);
    expect(conversationHistory.isAnswerDue).toBe(run);
  });
});

describe("other messages of the app", () => {
  it("raw goes as it is, and is answered", () => {
    const s = Scenario.ready();
    const d = { realtimeInput: { video: { mimeType: "image/jpeg", data: "AAAA" } } };
    s.app("client-message", { t: "raw", d }, "m1");
    expect(s.sent).toEqual([d]);
    expect(s.of("deliver")[0]?.message).toMatchObject({ type: "server-response", id: "m1" });
  });

  it("disconnect-bot hangs up, and client-ready is nothing", () => {
    const s = Scenario.ready();
    s.app("client-ready");
    expect(s.effects).toEqual([]);
    s.app("disconnect-bot");
    expect(s.effects).toEqual([{ type: "end" }]);
  });

  it.each(["get-config", "action"])("%s is not supported", (type) => {
    expect(() => Scenario.ready().app(type, {})).toThrow(UnsupportedFeatureError);
  });
});

describe("functions", () => {
  it.each([
    ["text", { output: "text" }],
    [0, { output: 0 }],
    [false, { output: false }],
    ["", { output: "" }],
    [null, { output: null }],
    [undefined, { output: null }],
    [{ a: [1] }, { output: { a: [1] } }],
  ])("are answered with %j, and nothing more is asked for", (result, response) => {
    const s = Scenario.ready();
    s.receive(server.call("c1", "f", { a: 1 }));
    expect(s.data("llm-function-call-in-progress")).toEqual([
      { tool_call_id: "c1", function_name: "f", arguments: { a: 1 } },
    ]);
    expect(s.dialogue.isBusy).toBe(true);
    s.app("llm-function-call-result", { tool_call_id: "c1", function_name: "f", arguments: {}, result });
    expect(s.sent).toEqual([{ toolResponse: { functionResponses: [{ id: "c1", name: "f", response }] } }]);
    expect(s.data("llm-function-call-stopped")).toMatchObject([{ tool_call_id: "c1", cancelled: false }]);
    s.receive(server.complete);
    expect(s.dialogue.isBusy).toBe(false);
  });

  it("are cancelled, and a late result is ignored", () => {
    const s = Scenario.ready();
    s.receive(server.call("c1"), server.call("c2"), server.cancel("c1", "nobody"));
    expect(s.data("llm-function-call-stopped")).toMatchObject([{ tool_call_id: "c1", cancelled: true }]);
    s.app("llm-function-call-result", { tool_call_id: "c1", result: 1 });
    expect(s.sent).toEqual([]);
    s.app("llm-function-call-result", { tool_call_id: "c2", result: 1 });
    expect(s.sent).toHaveLength(1);
    s.receive(server.cancel("c2"));
    expect(s.data("llm-function-call-stopped")).toHaveLength(2);
  });

  it("that cannot be answered are reported, and the others called", () => {
    const s = Scenario.ready();
    s.receive({
      toolCall: {
        functionCalls: [
          { args: {} },
          { id: "c", name: "" },
          7,
          { id: "c2", name: "g", args: [] },
          { id: "c3", name: "h" },
        ],
      },
    });
    expect(s.of("report")).toHaveLength(3);
    expect(s.data("llm-function-call-in-progress")).toEqual([
      { tool_call_id: "c3", function_name: "h", arguments: {} },
    ]);
  });

  it("get no prototype from the service", () => {
    const s = Scenario.ready();
    s.raw(
      '{"toolCall":{"functionCalls":[{"id":"c","name":"f","args":{"__proto__":{"x":1},"a":[{"__proto__":{"y":1}}]}}]}}',
    );
    const [call] = s.data("llm-function-call-in-progress") as { arguments: Record<string, unknown> }[];
    expect(JSON.stringify(call?.arguments)).toBe('{"a":[{}]}');
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it("are refused where their arguments lie too deep, so that nobody waits for a result", () => {
    const s = Scenario.ready();
    const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    s.raw(`{"toolCall":{"functionCalls":[{"id":"c","name":"f","args":${deep}}]}}`);
    expect(s.sent).toEqual([
      {
        toolResponse: {
          functionResponses: [
            { id: "c", name: "f", response: { error: "The arguments are not a valid JSON object." } },
          ],
        },
      },
    ]);
    expect(s.data("llm-function-call-stopped")).toMatchObject([{ tool_call_id: "c", cancelled: true }]);
    expect(s.of("report")).toHaveLength(1);
    s.receive(server.generated, server.complete);
    expect([s.dialogue.isBusy, s.dialogue.expects]).toEqual([false, "nothing"]);
  });

  it("in the middle of an answer belong to it", () => {
    const s = Scenario.ready();
    s.receive(server.audio(20), server.call("c1"), server.generated, server.complete);
    expect(s.told.filter((type) => type.startsWith("bot-llm-st"))).toEqual(["bot-llm-started", "bot-llm-stopped"]);
  });

  it("are closed when the session ends", () => {
    const s = Scenario.ready();
    s.receive(server.audio(10), server.interrupted, server.complete, server.call("c1"), server.interrupted);
    s.end();
    expect(s.data("llm-function-call-stopped")).toMatchObject([{ cancelled: true }]);
    expect(s.told).toContain("user-stopped-speaking");
    expect(s.told).toContain("bot-llm-stopped");
  });
});

describe("the microphone", () => {
  it("ends its stream once when it is muted, if there was any", () => {
    const s = Scenario.ready();
    s.microphone(false);
    expect(s.sent).toEqual([]);
    s.microphone(true);
    s.dialogue.streaming();
    s.microphone(true);
    expect([s.sent, s.dialogue.takesAudio]).toEqual([[], true]);
    s.microphone(false);
    s.microphone(false);
    expect(s.sent).toEqual([{ realtimeInput: { audioStreamEnd: true } }]);
    s.microphone(true);
    s.dialogue.streaming();
    s.microphone(false);
    expect(s.sent).toHaveLength(2);
  });

  it("opens no stream with a chunk that was under way when it was muted, or before the service is ready", () => {
    const s = new Scenario();
    const takes = (): boolean => {
      s.dialogue.streaming();
      return s.dialogue.takesAudio;
    };
    s.keep(s.dialogue.open());
    expect(takes()).toBe(false);
    s.receive({ setupComplete: {} });
    s.forget();
    expect(takes()).toBe(true);
    s.microphone(false);
    expect(takes()).toBe(false);
    s.microphone(false);
    expect(s.sent).toHaveLength(1);
    s.microphone(true);
    expect(takes()).toBe(true);
  });

  const pause = (s: Scenario) => s.command({ type: "mic", on: false, pause: true });

  it("that gives nothing ends its stream once, and goes on by itself", () => {
    const s = Scenario.ready();
    pause(s);
    expect(s.sent).toEqual([]);
    s.receive(server.heard("well"));
    s.dialogue.streaming();
    pause(s);
    pause(s);
    expect(s.sent).toEqual([{ realtimeInput: { audioStreamEnd: true } }]);
    expect(s.told).not.toContain("user-stopped-speaking");
    s.dialogue.streaming();
    expect(s.dialogue.takesAudio).toBe(true);
  });

  it("that gives nothing stays muted where it was", () => {
    const s = Scenario.ready({ micOn: false });
    pause(s);
    s.dialogue.streaming();
    expect([s.sent, s.dialogue.takesAudio]).toEqual([[], false]);
  });

  it("that gives nothing ends the turn of push to talk, which goes on with it", () => {
    const s = Scenario.ready({ manual: true });
    s.microphone(true);
    s.dialogue.streaming();
    pause(s);
    expect(s.told.at(-1)).toBe("user-stopped-speaking");
    s.keep(s.dialogue.streaming());
    expect(s.told.at(-1)).toBe("user-started-speaking");
    const [start, end] = [{ realtimeInput: { activityStart: {} } }, { realtimeInput: { activityEnd: {} } }];
    expect(s.sent).toEqual([start, end, start]);
  });

  it("stays muted in push to talk, whatever is under way", () => {
    const s = Scenario.ready({ manual: true });
    s.microphone(true);
    s.dialogue.streaming();
    expect(s.dialogue.takesAudio).toBe(true);
    s.microphone(false);
    s.dialogue.streaming();
    expect(s.dialogue.takesAudio).toBe(false);
  });

  it.each([true, false])("is no button where the service listens by itself: activity %j", (on) => {
    const s = Scenario.ready();
    expect(() => s.command({ type: "activity", on })).toThrow(UnsupportedFeatureError);
    expect(s.effects).toEqual([]);
  });

  it("is muted on a new connection where it was muted before", () => {
    const s = Scenario.ready({ micOn: false });
    s.dialogue.streaming();
    expect(s.dialogue.takesAudio).toBe(false);
    s.microphone(true);
    s.dialogue.streaming();
    expect(s.dialogue.takesAudio).toBe(true);
  });

  it("is the button of push to talk", () => {
    const s = Scenario.ready({ manual: true });
    s.receive(server.audio(100));
    s.forget();
    s.microphone(true);
    s.microphone(true);
    expect(s.effects.slice(0, 2).map(({ type }) => type)).toEqual(["send", "flush"]);
    expect(s.told).toEqual(["user-started-speaking", "bot-tts-stopped"]);
    s.receive(server.interrupted, server.complete, server.heard("hello"));
    s.dialogue.streaming();
    s.microphone(false);
    expect(s.sent).toEqual([{ realtimeInput: { activityStart: {} } }, { realtimeInput: { activityEnd: {} } }]);
    expect(s.told.at(-1)).toBe("user-stopped-speaking");
    expect(s.told.filter((type) => type === "user-started-speaking")).toHaveLength(1);
  });

  it("leaves the bot speaking in push to talk where nothing interrupts it", () => {
    const s = Scenario.ready({ manual: true, interruptible: false });
    s.receive(server.audio(100));
    s.microphone(true);
    s.receive(server.audio(100));
    expect(s.of("flush")).toEqual([]);
    expect(s.bytes).toEqual({ turn_1: 9600 });
  });

  it("goes on speaking over a new wire", () => {
    const s = new Scenario({ manual: true, speaking: true });
    s.receive({ setupComplete: {} });
    expect(s.sent).toEqual([{ realtimeInput: { activityStart: {} } }]);
    expect(s.told).toEqual(["user-started-speaking"]);
  });
});

describe("raw events", () => {
  const message = {
    serverContent: { modelTurn: { parts: [{ inlineData: { mimeType: "audio/pcm", data: "AAAA" } }, { text: "x" }] } },
    sessionResumptionUpdate: { newHandle: "the_handle", resumable: true },
  };

  it("come without audio, and never with a handle", () => {
    const s = Scenario.ready({ rawEvents: true });
    s.receive(message, server.audio(10), { ...server.audio(10), usageMetadata: {} });
    expect(s.data("server-message")).toEqual([
      {
        t: "raw",
        d: { serverContent: { modelTurn: { parts: [{ text: "x" }] } }, sessionResumptionUpdate: { resumable: true } },
      },
      { t: "raw", d: { usageMetadata: {} } },
    ]);
  });

  it("come as they are where they hold no audio", () => {
    const s = Scenario.ready({ rawEvents: true });
    const silent = { serverContent: { modelTurn: { parts: [] } } };
    s.receive(silent);
    expect(s.data("server-message")).toEqual([{ t: "raw", d: silent }]);
  });

  it("come with audio where it is wanted", () => {
    const s = Scenario.ready({ rawEvents: "all" });
    s.receive(message);
    const [raw] = s.data("server-message");
    expect(JSON.stringify(raw)).toContain("AAAA");
    expect(JSON.stringify(raw)).not.toContain("the_handle");
  });

  it("show no key, wherever the service quotes it", () => {
    const s = Scenario.ready({ rawEvents: true });
    s.receive(
      { error: { message: `bad ${KEY}, or AIzaSy123456`, details: [{ [KEY]: encodeURIComponent(KEY) }] } },
      { serverContent: { groundingMetadata: { uri: `https://x.test/?key=${KEY}` } } },
    );
    expect(s.data("server-message")).toEqual([
      {
        t: "raw",
        d: { error: { message: "bad [redacted], or [redacted]", details: [{ "[redacted]": "[redacted]" }] } },
      },
      { t: "raw", d: { serverContent: { groundingMetadata: { uri: "https://x.test/?key=[redacted]" } } } },
    ]);
  });
});

describe("resumption", () => {
  it("keeps the newest handle with which it could resume", () => {
    const s = Scenario.ready({ handle: "h0" });
    const { lifetime } = s.dialogue;
    expect([lifetime.handle, lifetime.resumable]).toEqual(["h0", true]);
    s.receive({ sessionResumptionUpdate: { newHandle: "h1", resumable: true } });
    s.receive({ sessionResumptionUpdate: { newHandle: "", resumable: false } });
    expect([lifetime.handle, lifetime.resumable]).toEqual(["h1", false]);
    s.receive({ sessionResumptionUpdate: { newHandle: "h2" } }, { sessionResumptionUpdate: { resumable: true } });
    expect(lifetime.handle).toBe("h1");
  });

  it("lets go of no handle without a reason, and offers none that was refused until there is another", () => {
    const resumption = new ResumptionHandle();
    resumption.drop();
    const s = Scenario.ready({ resumption });
    s.receive(server.audio(20), server.complete);
    expect(resumption.past).toEqual({ handle: undefined, fresh: true });
    s.receive({ sessionResumptionUpdate: { newHandle: "h1", resumable: true } }, server.audio(20), server.complete);
    expect(resumption.past).toEqual({ handle: "h1", fresh: false });
  });

  it.each<[string, (s: Scenario) => unknown, number]>([
    ["a text", (s) => s.app("send-text", { content: "one" }), 2],
    ["the user's voice", (s) => s.receive(server.heard("one")), 2],
    ["nothing", () => undefined, 1],
  ])("tells a text that crossed the answer to %s, until an answer of its own is over", (_what, first, answers) => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    first(s);
    s.app("send-text", { content: "two" });
    for (let answer = 1; answer <= answers; answer += 1) {
      s.receive({ sessionResumptionUpdate: { newHandle: `h${answer}`, resumable: true } });
      expect(conversationHistory.uncovered).toContainEqual({ type: "message", role: "user", content: "two" });
      s.receive(server.audio(20), server.said(`Answer ${answer}.`), server.generated, server.complete);
    }
    s.receive({ sessionResumptionUpdate: { newHandle: "h3", resumable: true } });
    expect(conversationHistory.uncovered).toEqual([]);
  });

  it("tells a text no more that has stopped the answer before it, and was answered", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    s.app("send-text", { content: "one" });
    s.app("send-text", { content: "two" });
    s.receive(server.interrupted, server.complete, server.audio(20), server.generated, server.complete);
    s.receive({ sessionResumptionUpdate: { newHandle: "h", resumable: true } });
    expect(conversationHistory.uncovered).toEqual([]);
  });

  const unreadable = ["12", "", "-1s", "1e3s", 12, { seconds: "9" }].map((timeLeft) => ({ timeLeft }));
  it.each([...unreadable, "now", true, 9, []])("reports a goAway of %j, and changes the connection", (goAway) => {
    const s = Scenario.ready();
    s.receive({ goAway }, { goAway: { timeLeft: "9s" } }, { goAway });
    expect(s.of("report")).toHaveLength(2);
    expect(s.of("change-connection").map(({ withinMs }) => withinMs)).toEqual([30_000, 9_000]);
  });

  it("changes the connection at once for no end that is far away: the next may have no longer", () => {
    const s = Scenario.ready();
    s.receive({ goAway: { timeLeft: "3600s" } }, { goAway: { timeLeft: "60s" } });
    expect(s.of("change-connection")).toEqual([
      { type: "change-connection", afterMs: 3_300_000, withinMs: 300_000 },
      { type: "change-connection", withinMs: 60_000 },
    ]);
  });

  it.each([null, false])("a goAway of %j is none", (goAway) => {
    const s = Scenario.ready();
    s.receive({ goAway });
    expect(s.effects).toEqual([]);
  });
});
