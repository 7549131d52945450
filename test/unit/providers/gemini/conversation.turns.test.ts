import { describe, expect, it } from "vitest";
import { GeminiHistory } from "../../../../src/providers/gemini/gemini-history.js";
import { ProtocolError } from "../../../../src/errors.js";
import { audioPart, pcm, played, Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

describe("a turn of the bot", () => {
  it("is told as it is heard, not as it arrives", () => {
    const s = Scenario.ready();
    s.receive(server.audio(100), server.said("Hello."), server.generated);
    expect(s.told).toEqual([
      "bot-llm-started",
      "bot-tts-started",
      "bot-llm-text",
      "bot-tts-text",
      "bot-output",
      "bot-transcription",
      "bot-tts-stopped",
      "bot-llm-stopped",
    ]);
    s.forget();
    s.plays("began", "turn_1", 0, 100);
    expect(s.told[0]).toBe("bot-started-speaking");
    s.receive(server.complete);
    expect(s.told).not.toContain("bot-stopped-speaking");
    s.plays("drained", "turn_1", 100);
    expect(s.told.at(-1)).toBe("bot-stopped-speaking");
    expect(s.data("bot-output").at(-1)).toMatchObject({ text: "Hello.", spoken_status: "completed" });
  });

  it("begins to be voiced with its words, when they come before its sound", () => {
    const s = Scenario.ready();
    s.receive(server.said("Hello."), server.audio(100));
    expect(s.told.slice(0, 4)).toEqual(["bot-llm-started", "bot-llm-text", "bot-tts-started", "bot-tts-text"]);
    expect(s.data("bot-tts-started")).toHaveLength(1);
  });

  it("plays every part of a message, in order", () => {
    const s = Scenario.ready();
    s.receive({
      serverContent: { modelTurn: { parts: [audioPart(10), { text: "so" }, audioPart(20), audioPart(30)] } },
    });
    expect(s.of("play").map(({ pcm: audio }) => audio.byteLength)).toEqual([480, 960, 1440]);
    expect(s.data("bot-llm-text")).toEqual([{ text: "so" }]);
  });

  it("handles every field of one message", () => {
    const s = Scenario.ready();
    s.receive({
      serverContent: {
        inputTranscription: { text: "hi" },
        modelTurn: { parts: [audioPart(40)] },
        outputTranscription: { text: "Yes." },
        generationComplete: true,
        turnComplete: true,
      },
      toolCall: { functionCalls: [{ id: "c1", name: "f", args: { a: 1 } }] },
      usageMetadata: { promptTokenCount: 10, responseTokenCount: "20", totalTokenCount: 30 },
      sessionResumptionUpdate: { newHandle: "h1", resumable: true },
      goAway: { timeLeft: "9.5s" },
    });
    expect(s.told).toEqual([
      "user-started-speaking",
      "user-transcription",
      "user-transcription",
      "user-stopped-speaking",
      "bot-llm-started",
      "bot-tts-started",
      "bot-llm-text",
      "bot-tts-text",
      "bot-output",
      "bot-transcription",
      "bot-tts-stopped",
      "bot-llm-stopped",
      "bot-llm-started",
      "llm-function-call-started",
      "llm-function-call-in-progress",
    ]);
    expect(s.data("metrics")).toContainEqual({
      tokens: [{ processor: "gemini-live", prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }],
    });
    const { lifetime, expiresAt } = s.dialogue;
    expect([lifetime.handle, lifetime.resumable, lifetime.expiresInMs, expiresAt]).toEqual([
      "h1",
      true,
      9500,
      1_700_000_009.5,
    ]);
    s.now += 20_000;
    expect(lifetime.expiresInMs).toBe(0);
  });

  it("reports what is wrong with one part, and plays the others", () => {
    const s = Scenario.ready();
    const odd = { inlineData: { mimeType: "audio/pcm", data: Buffer.alloc(3).toString("base64") } };
    const junk = { inlineData: { mimeType: "audio/pcm", data: "***" } };
    const other = { inlineData: { mimeType: "image/png", data: pcm(5) } };
    s.receive({
      serverContent: { modelTurn: { parts: [odd, junk, other, { inlineData: 7 }, audioPart(10)] }, turnComplete: true },
    });
    expect(s.of("report").map(({ error }) => error)).toEqual(Array(4).fill(expect.any(ProtocolError)));
    expect(s.bytes).toEqual({ turn_1: 480 });
    expect(s.told.at(-1)).toBe("bot-llm-stopped");
  });

  it.each([
    ["audio/pcm", 24_000],
    ["audio/pcm;rate=16000", 16_000],
    ["audio/pcm; rate=48000", 48_000],
  ])("reads the rate from %s", (mimeType, rate) => {
    const s = Scenario.ready();
    s.receive({ serverContent: { modelTurn: { parts: [{ inlineData: { mimeType, data: pcm(1000, rate) } }] } } });
    const ms = (s.bytes.turn_1 ?? 0) / 48;
    expect(ms).toBeGreaterThan(980);
    expect(ms).toBeLessThanOrEqual(1001);
  });

  it.each(["audio/pcm;rate=", "audio/pcm;rate=0", "audio/pcm;rate=1e9", "audio/pcm;rate=abc"])(
    "refuses %s",
    (mimeType) => {
      const s = Scenario.ready();
      s.receive({ serverContent: { modelTurn: { parts: [{ inlineData: { mimeType, data: pcm(10) } }] } } });
      expect(s.of("report")).toHaveLength(1);
      expect(s.of("play")).toEqual([]);
    },
  );

  it("says once of a rate that it is refused, also in another turn, and plays what has another", () => {
    const s = Scenario.ready();
    const odd = Array.from({ length: 200 }, (_, n) => ({
      inlineData: { mimeType: `audio/pcm;rate=${n % 2 === 0 ? 23_001 + n : 95_987}`, data: "AAAAAA==" },
    }));
    for (let n = 0; n < 10; n += 1) {
      s.receive({ serverContent: { modelTurn: { parts: odd } } }, server.audio(100), server.complete);
    }
    expect(s.of("report")).toHaveLength(1);
    expect(Object.values(s.bytes).every((bytes) => bytes >= 4_800)).toBe(true);
    expect(Object.keys(s.bytes)).toHaveLength(10);
  });

  it("converts to what the player takes, and counts in its time", () => {
    const s = Scenario.ready({ playbackRate: 48_000 });
    s.receive(server.audio(1000), server.said("One two three four. "), server.generated);
    expect((s.bytes.turn_1 ?? 0) / 96).toBeGreaterThan(980);
    s.plays("began", "turn_1", 0, 1000);
    s.plays("drained", "turn_1", 1000);
    expect(s.told.at(-1)).toBe("bot-stopped-speaking");
  });

  it("tells written text, but not thoughts", () => {
    const s = Scenario.ready();
    s.receive(server.text("secret", { thought: true }));
    expect(s.told).toEqual([]);
    s.receive(server.text("Hi. "), server.complete);
    expect(s.data("bot-llm-text")).toEqual([{ text: "Hi. " }]);
    expect(s.data("bot-output")).toMatchObject([{ text: "Hi.", will_be_spoken: false, spoken_status: "new" }]);
    expect(s.told).not.toContain("bot-tts-text");
  });

  it("joins a transcript that comes before the audio, and tells one that comes too late", () => {
    const s = Scenario.ready();
    s.receive(server.said("Early. "), server.audio(20), server.generated, server.complete, server.said("late"));
    expect(s.told.filter((type) => type === "bot-llm-started")).toHaveLength(1);
    expect(s.data("bot-tts-text")).toEqual([{ text: "Early. " }, { text: "late" }]);
  });

  it("begins anew when the completion of a generated turn was lost", () => {
    const s = Scenario.ready();
    s.receive(server.audio(20), server.generated, server.audio(20), server.complete);
    expect(s.bytes).toEqual({ turn_1: 960, turn_2: 960 });
    const edges = s.told.filter((type) => type.startsWith("bot-llm-st"));
    expect(edges).toEqual(["bot-llm-started", "bot-llm-stopped", "bot-llm-started", "bot-llm-stopped"]);
  });

  it("says nothing of an empty message", () => {
    const s = Scenario.ready();
    s.receive({ serverContent: {} }, { usageMetadata: {} }, {}, { somethingNew: { a: 1 } });
    expect(s.effects).toEqual([]);
  });

  it.each([
    ["an empty transcript of the bot", server.said("", { finished: true })],
    ["an empty transcript of the user", server.heard("", { finished: true })],
    ["the end of what was never begun", server.generated],
    ["a sign of a voice that says nothing", { voiceActivity: { voiceActivityType: "TYPE_UNSPECIFIED" } }],
  ])("says nothing of %s, and goes on as before", (_what, message) => {
    const s = Scenario.ready();
    s.receive(message);
    expect(s.effects).toEqual([]);
    s.receive(server.heard("hi"), server.audio(20));
    expect(s.told.filter((type) => type !== "user-transcription").slice(0, 3)).toEqual([
      "user-started-speaking",
      "user-stopped-speaking",
      "bot-llm-started",
    ]);
  });
});

describe("an interruption by the user", () => {
  it("silences first, then tells, and drops the late transcript", () => {
    const s = Scenario.ready();
    s.receive(server.audio(500), server.said("One two three four five. Six."));
    s.plays("began", "turn_1", 10, 500);
    s.forget();
    s.receive(server.interrupted);
    expect(s.effects[0]).toEqual({ type: "flush" });
    expect(s.told.slice(0, 4)).toEqual([
      "user-started-speaking",
      "bot-tts-stopped",
      "bot-stopped-speaking",
      "bot-output",
    ]);
    expect(s.told.at(-1)).toBe("bot-llm-stopped");
    s.forget();
    s.cut(played("turn_1", 400, 500));
    s.receive(server.said("Seven."), server.complete);
    expect(s.told).toEqual(["bot-output"]);
    s.receive(server.audio(20));
    expect(s.told).toContain("user-stopped-speaking");
    expect(s.bytes).toEqual({ turn_2: 960 });
  });

  it.each<[string, (s: Scenario) => unknown]>([
    ["a text that wants no answer", (s) => s.app("append-to-context", { role: "system", content: "by the way" })],
    ["a result that nobody waits for", (s) => s.app("llm-function-call-result", { tool_call_id: "c", result: 1 })],
    ["a failure of a call that is not open", (s) => s.command({ type: "fail-call", call: "c", failure: { what: "" } })],
    ["no words of the user", (s) => s.receive(server.heard("", { finished: true }))],
  ])("drops the late transcript also after %s", (_what, then) => {
    const s = Scenario.ready();
    s.receive(server.audio(500), server.said("One."), server.interrupted);
    then(s);
    s.forget();
    s.receive(server.said("Two."));
    expect(s.told).toEqual([]);
  });

  it("is one also where nothing of an answer had come", () => {
    const s = Scenario.ready();
    s.receive(server.interrupted, server.complete);
    expect(s.told).toEqual(["user-started-speaking"]);
    expect(s.of("report")).toEqual([]);
    s.wait(3_000);
    expect([s.told.at(-1), s.dialogue.isBusy]).toEqual(["user-stopped-speaking", false]);
  });

  it("takes interrupted and turnComplete out of one message, and plays the next turn", () => {
    const s = Scenario.ready();
    s.receive(server.audio(100));
    s.plays("began", "turn_1", 0, 100);
    s.receive({ serverContent: { interrupted: true, turnComplete: true } });
    s.forget();
    s.receive(server.audio(20));
    s.plays("began", "turn_2", 0, 20);
    expect(s.bytes).toEqual({ turn_2: 960 });
    expect(s.told).toEqual(["user-stopped-speaking", "bot-llm-started", "bot-tts-started", "bot-started-speaking"]);
  });

  it("plays the next turn also when the completion of the interrupted one never comes", () => {
    const s = Scenario.ready();
    s.receive(server.audio(100), server.interrupted, server.audio(20), server.generated, server.complete);
    expect(s.bytes).toEqual({ turn_1: 4800, turn_2: 960 });
    expect(s.told.at(-1)).toBe("bot-llm-stopped");
  });
});

describe("an answer that is owed", () => {
  const ask = (s: Scenario) => s.app("send-text", { content: "hello" });
  const owed = ({ dialogue }: Scenario) => [dialogue.expects, dialogue.isBusy];

  it("is owed until it begins and while it is made, and until it is heard somebody is busy", () => {
    const s = Scenario.ready();
    expect(owed(s)).toEqual(["nothing", false]);
    ask(s);
    expect(owed(s)).toEqual(["reply", true]);
    s.receive(server.audio(20));
    expect(owed(s)).toEqual(["reply", true]);
    s.receive(server.generated);
    expect(owed(s)).toEqual(["nothing", true]);
    s.receive(server.complete);
    s.plays("drained", "turn_1", 20);
    expect(owed(s)).toEqual(["nothing", false]);
  });

  it("is not owed any more when the turn is over before it began", () => {
    const s = Scenario.ready();
    ask(s);
    s.receive(server.complete);
    expect(owed(s)).toEqual(["nothing", false]);
  });

  it("is still owed when the turn that is over is the one which it interrupted", () => {
    const s = Scenario.ready();
    s.receive(server.audio(20), server.interrupted);
    ask(s);
    s.receive(server.complete);
    expect(owed(s)).toEqual(["reply", true]);
  });
});

describe("the loss of the wire in the middle of a sentence", () => {
  it("ends the voice, and tells the sentence with what was heard of it", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    s.receive(server.audio(2_000), server.said("It was a dark night, and then"));
    s.plays("began", "turn_1", 0, 2_000);
    s.plays("progress", "turn_1", 700, 2_000);
    s.forget();
    s.end();
    expect(s.told).toEqual([
      "bot-stopped-speaking",
      "bot-output",
      "bot-transcription",
      "bot-output",
      "bot-tts-stopped",
      "bot-llm-stopped",
    ]);
    expect(s.data("bot-output")).toMatchObject([
      { text: "It was a dark night, and then", spoken_status: "new" },
      { spoken_status: "in-progress", spoken_progress: { accumulated_text: "It was a" } },
    ]);
    expect(conversationHistory.items).toMatchObject([{ role: "assistant", content: "It was a" }]);
  });

  it("tells nothing of a sentence of which nothing was heard, and forgets it", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    s.receive(server.audio(2_000), server.said("It was a dark night, and then"));
    s.forget();
    s.end();
    expect(s.told).toEqual(["bot-tts-stopped", "bot-llm-stopped"]);
    expect(conversationHistory.items).toEqual([]);
  });
});

describe("an interruption by the app", () => {
  it("drops the rest of the turn, and nothing of the next", () => {
    const s = Scenario.ready();
    s.receive(server.audio(100));
    s.plays("began", "turn_1", 0, 100);
    s.forget();
    s.interrupt();
    expect(s.effects[0]).toEqual({ type: "flush" });
    expect(s.told).toEqual(["bot-tts-stopped", "bot-stopped-speaking"]);
    s.receive(server.audio(100), server.said("more"), server.generated, server.complete, server.audio(10));
    expect(s.bytes).toEqual({ turn_2: 480 });
    expect(s.told).not.toContain("user-started-speaking");
  });

  it("by a text is not taken for the user's voice", () => {
    const s = Scenario.ready();
    s.receive(server.audio(100));
    s.app("send-text", { content: "stop" });
    s.receive(server.interrupted, server.complete, server.audio(10));
    expect(s.told).not.toContain("user-started-speaking");
    expect(s.bytes).toEqual({ turn_1: 4800, turn_2: 480 });
  });

  it.each([
    ["stopped by the first", [server.interrupted, server.complete]],
    ["over before the first arrived", [server.generated, server.complete]],
  ])("by two texts is not taken for the user's voice either, where the turn before them is %s", (_how, end) => {
    const s = Scenario.ready();
    s.receive(server.audio(100));
    s.app("send-text", { content: "stop" });
    s.app("send-text", { content: "and tell me the time" });
    // The second stops the answer to the first.
    s.receive(...end, server.interrupted, server.complete, server.audio(10));
    expect(s.told).not.toContain("user-started-speaking");
    expect(s.bytes).toEqual({ turn_1: 4800, turn_2: 480 });
    s.receive(server.interrupted);
    expect(s.told).toContain("user-started-speaking");
  });

  it("by context that needs no answer is not taken for the user's voice either", () => {
    const s = Scenario.ready();
    s.receive(server.audio(100));
    s.app("append-to-context", { role: "user", content: "by the way", run_immediately: false });
    s.receive(server.interrupted);
    expect(s.told).not.toContain("user-started-speaking");
  });

  it("by context that needs no answer is the service's to make", () => {
    const s = Scenario.ready();
    s.receive(server.audio(100));
    s.app("append-to-context", { role: "user", content: "by the way", run_immediately: false });
    s.receive(server.audio(100));
    expect([s.of("flush"), s.bytes]).toEqual([[], { turn_1: 9600 }]);
  });

  it("asks for nothing when the bot is silent", () => {
    const s = Scenario.ready();
    expect(s.interrupt()).toEqual([]);
  });
});

describe("the user", () => {
  it("begins with the first words, and ends with the bot's turn", () => {
    const s = Scenario.ready();
    s.receive(server.heard(" hel"), server.heard("lo"));
    s.now += 700;
    s.receive(server.audio(20));
    s.plays("began", "turn_1", 0, 20);
    expect(s.told.filter((type) => type.startsWith("user"))).toEqual([
      "user-started-speaking",
      "user-transcription",
      "user-transcription",
      "user-transcription",
      "user-stopped-speaking",
    ]);
    expect(s.data("user-transcription")).toMatchObject([
      { text: " hel", final: false },
      { text: " hello", final: false },
      { text: "hello", final: true },
    ]);
    expect(s.data("metrics")).toEqual([{ ttfb: [{ processor: "gemini-live", value: 0.7 }] }]);
  });

  it("is final when the service says so, or when the turn ends without an answer", () => {
    const s = Scenario.ready();
    s.receive(server.heard("one", { finished: true }), server.heard("two"), server.complete);
    expect(s.data("user-transcription")).toMatchObject([
      { text: "one", final: false },
      { text: "one", final: true },
      { text: "two", final: false },
      { text: "two", final: true },
    ]);
    expect(s.told.at(-1)).toBe("user-stopped-speaking");
  });

  it("does not begin again with words that come while the bot answers", () => {
    const s = Scenario.ready();
    s.receive(server.heard("hel"), server.audio(20), server.heard("lo"), server.complete);
    expect(s.told.filter((type) => type === "user-started-speaking")).toHaveLength(1);
    expect(s.data("user-transcription").at(-1)).toMatchObject({ text: "lo", final: true });
  });

  it.each([
    [
      { voiceActivity: { voiceActivityType: "ACTIVITY_START" } },
      { voiceActivity: { voiceActivityType: "ACTIVITY_END" } },
    ],
    [
      { voiceActivityDetectionSignal: { vadSignalType: "VAD_SIGNAL_TYPE_SOS" } },
      { voiceActivityDetectionSignal: { vadSignalType: "VAD_SIGNAL_TYPE_EOS" } },
    ],
  ])("follows the service's own detection where there is one", (start, stop) => {
    const s = Scenario.ready();
    s.receive(start);
    expect(s.told).toEqual(["user-started-speaking"]);
    s.receive(server.heard("hi"), stop);
    expect(s.told.at(-1)).toBe("user-stopped-speaking");
    s.receive(server.heard(" there"), server.audio(10));
    expect(s.told.filter((type) => type === "user-started-speaking")).toHaveLength(1);
    // Without a sign it was the service's own affair.
    s.receive(server.interrupted);
    expect(s.told.filter((type) => type === "user-started-speaking")).toHaveLength(1);
  });

  it("is over when the connection is gone, and what was understood is final", () => {
    const conversationHistory = new GeminiHistory();
    const s = Scenario.ready({ conversationHistory });
    s.receive(server.heard("what time"));
    s.keep(s.dialogue.end());
    expect(s.told.slice(-2)).toEqual(["user-transcription", "user-stopped-speaking"]);
    expect(s.data("user-transcription").at(-1)).toMatchObject({ text: "what time", final: true });
    expect(conversationHistory.items).toMatchObject([{ role: "user", content: "what time" }]);
  });
});
