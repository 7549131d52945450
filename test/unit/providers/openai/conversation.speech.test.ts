import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../../src/errors.js";
import { played, Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";

const transcription = (kind: "delta" | "completed" | "failed", fields: object) => ({
  type: `conversation.item.input_audio_transcription.${kind}`,
  item_id: "item_u",
  content_index: 0,
  ...fields,
});

describe("the user's turn", () => {
  it("starts and stops once each", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.started, server.started, server.stopped, server.stopped);
    expect(scenario.told).toEqual(["user-started-speaking", "user-stopped-speaking"]);
  });

  it("is transcribed, partially with all so far, then finally", () => {
    const scenario = Scenario.ready();
    scenario.receive(
      transcription("delta", { delta: "hel" }),
      transcription("delta", { delta: "lo" }),
      transcription("completed", { transcript: "Hello. \n" }),
    );
    const timestamp = "2023-11-14T22:13:20.000Z";
    expect(scenario.data("user-transcription")).toEqual([
      { text: "hel", final: false, timestamp, user_id: "user" },
      { text: "hello", final: false, timestamp, user_id: "user" },
      { text: "Hello.", final: true, timestamp, user_id: "user" },
    ]);
  });

  describe("the user's audio that stops", () => {
    const silence = (pieces: number) => Array<string>(pieces).fill("input_audio_buffer.append");
    const streaming = (turn_detection?: object | null) => {
      const scenario = Scenario.ready({}, { audio: { input: { turn_detection } } });
      scenario.conversation.streaming();
      return scenario;
    };
    const mic = (scenario: Scenario, on: boolean) =>
      scenario.effects.push(...scenario.conversation.command({ type: "mic", on }));

    it.each([
      ["of the default", undefined, 10],
      ["of what it says", { type: "server_vad", silence_duration_ms: 700 }, 12],
      ["of the longest of eager detection", { type: "semantic_vad", eagerness: "high" }, 25],
      ["of the longest of detection that is not eager", { type: "semantic_vad", eagerness: "low" }, 85],
      ["of the longest of semantic detection", { type: "semantic_vad" }, 45],
      ["of the longest of any, where its eagerness is new", { type: "semantic_vad", eagerness: "utmost" }, 85],
      ["of a minute at most", { type: "server_vad", silence_duration_ms: 1e300 }, 600],
      ["of no length in push to talk, where the app ends the turn", null, 0],
    ])("is followed by silence %s where the service hears them speak: %j", (_length, detection, pieces) => {
      const scenario = streaming(detection);
      scenario.receive(server.started);
      mic(scenario, false);
      expect(scenario.sentTypes).toEqual(silence(pieces));
    });

    it("is followed by silence once, however often it stops", () => {
      const scenario = streaming();
      scenario.receive(server.started);
      mic(scenario, false);
      mic(scenario, false);
      expect(scenario.sentTypes).toEqual(silence(10));
    });

    it("is followed by silence once the service hears them, where it had not when the audio stopped", () => {
      const scenario = streaming();
      mic(scenario, false);
      expect(scenario.sent).toEqual([]);
      scenario.receive(server.started, server.stopped, server.committed);
      scenario.receive(transcription("completed", { transcript: "Hello." }));
      expect(scenario.sentTypes).toEqual(silence(10));
    });

    it("is not what comes when the microphone is turned on", () => {
      const scenario = streaming();
      scenario.receive(server.started);
      mic(scenario, true);
      expect(scenario.sent).toEqual([]);
    });
  });

  it("says nothing of silence, and reports what could not be transcribed", () => {
    const scenario = Scenario.ready();
    scenario.receive(transcription("completed", { transcript: " " }));
    expect(scenario.told).toEqual([]);
    scenario.receive(transcription("failed", { error: { code: "audio_unintelligible", message: "cannot" } }));
    expect(scenario.of("report")[0]?.error).toMatchObject({ serviceCode: "audio_unintelligible" });
  });
});

describe("a spoken answer", () => {
  it("is told in the order of what is heard", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.started, server.stopped, server.committed);
    scenario.now += 400;
    scenario.receive(server.created(), server.transcript("Hello there."), server.audio(100), server.audio(100));
    expect(scenario.told).not.toContain("bot-started-speaking");
    scenario.now += 100;
    scenario.plays("began", "item_a", 0, 200);
    scenario.receive(server.transcriptDone("Hello there."), server.audioDone(), server.done());
    expect(scenario.told).not.toContain("bot-stopped-speaking");
    scenario.plays("progress", "item_a", 120, 200);
    scenario.plays("drained", "item_a", 200);
    expect(scenario.told).toEqual([
      "user-started-speaking",
      "user-stopped-speaking",
      "bot-llm-started",
      "bot-llm-text",
      "bot-tts-started",
      "bot-tts-text",
      "bot-started-speaking",
      "metrics",
      "bot-output",
      "bot-transcription",
      "bot-tts-stopped",
      "bot-llm-stopped",
      "metrics",
      "bot-output",
      "bot-output",
      "bot-stopped-speaking",
    ]);
    expect(scenario.data("metrics")).toEqual([
      { ttfb: [{ processor: "openai-realtime", value: 0.5 }] },
      { processing: [{ processor: "openai-realtime", value: 0.1 }] },
    ]);
  });

  it("is played whole, item by item, 16-bit PCM", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(20), server.audio(40));
    expect(scenario.of("play").map(({ itemId, pcm }) => [itemId, pcm.byteLength])).toEqual([
      ["item_a", 960],
      ["item_a", 1920],
    ]);
  });

  it("goes on speaking through an underrun, and stops when the last is played", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(50));
    scenario.plays("began", "item_a", 0, 50);
    scenario.plays("drained", "item_a", 50);
    expect(scenario.told).not.toContain("bot-stopped-speaking");
    scenario.receive(server.audio(50), server.audioDone());
    expect(scenario.told).not.toContain("bot-stopped-speaking");
    scenario.plays("drained", "item_a", 100);
    expect(scenario.told.filter((type) => type === "bot-stopped-speaking")).toHaveLength(1);
  });

  it("stops with the service's word when everything had been played before it", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(50));
    scenario.plays("began", "item_a", 0, 50);
    scenario.plays("drained", "item_a", 50);
    scenario.receive(server.audioDone());
    expect(scenario.told.at(-1)).toBe("bot-stopped-speaking");
  });

  it("is not taken in by a drained report that crossed with more audio", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(50));
    scenario.plays("began", "item_a", 0, 50);
    scenario.receive(server.audio(50), server.audioDone());
    scenario.plays("drained", "item_a", 50, 50);
    expect(scenario.told).not.toContain("bot-stopped-speaking");
  });

  it("ends its audio with the response where the service does not say so", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(50));
    scenario.plays("began", "item_a", 0, 50);
    scenario.plays("drained", "item_a", 50);
    scenario.receive(server.done());
    expect(scenario.told.slice(-4)).toEqual(["bot-tts-stopped", "bot-llm-stopped", "metrics", "bot-stopped-speaking"]);
  });

  it("speaks two items in a row without stopping between, also when the player tells only of the second", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(50, "resp_1", "item_a"), server.audioDone("resp_1", "item_a"));
    scenario.receive(server.audio(50, "resp_1", "item_b"), server.audioDone("resp_1", "item_b"), server.done());
    scenario.plays("began", "item_a", 0, 50);
    scenario.plays("drained", "item_b", 50);
    expect(scenario.told.filter((type) => type.includes("bot-st"))).toEqual([
      "bot-started-speaking",
      "bot-stopped-speaking",
    ]);
  });

  it("takes reports at the player's own rate", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(50), server.audioDone());
    const item = { itemId: "item_a", playedSamples: 2400, receivedSamples: 2400, sampleRate: 48_000 };
    scenario.effects.push(...scenario.conversation.playback({ type: "drained", item }));
    expect(scenario.told.at(-1)).toBe("bot-stopped-speaking");
  });

  it("ignores reports of what it did not queue, and of a blocked output", () => {
    const scenario = Scenario.ready();
    expect(scenario.plays("began", "ghost", 0)).toEqual([]);
    expect(scenario.conversation.playback({ type: "blocked" })).toEqual([]);
  });

  it("begins a response that was never announced", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.audio(20), server.done());
    expect(scenario.told).toEqual([
      "bot-llm-started",
      "bot-tts-started",
      "bot-tts-stopped",
      "bot-llm-stopped",
      "metrics",
    ]);
  });

  it("understands the beta names of the same events", () => {
    const scenario = Scenario.ready({ dialect: "beta" });
    const beta = (event: { type: string }) => ({ ...event, type: event.type.replace("output_", "") });
    scenario.receive(server.created(), beta(server.transcript("Hi.")), beta(server.audio(20)));
    scenario.receive(beta(server.transcriptDone("Hi.")), beta(server.audioDone()), server.done());
    scenario.plays("drained", "item_a", 20);
    expect(scenario.told).toEqual([
      ...["bot-llm-started", "bot-llm-text", "bot-tts-started", "bot-tts-text", "bot-output", "bot-transcription"],
      ...[
        "bot-tts-stopped",
        "bot-llm-stopped",
        "metrics",
        "bot-started-speaking",
        "bot-output",
        "bot-stopped-speaking",
      ],
    ]);
    const text = Scenario.ready({ dialect: "beta" });
    text.receive(server.created(), beta(server.text("Hi.")), beta(server.textDone("Hi.")));
    expect(text.data("bot-llm-text")).toEqual([{ text: "Hi." }]);
  });
});

describe("bot-output", () => {
  const outputs = (scenario: Scenario) =>
    scenario.data("bot-output").map((data) => {
      const { text, segment_id, will_be_spoken, spoken_status, spoken_progress } = data as Record<string, unknown> & {
        spoken_progress?: { accumulated_text: string; remaining_text: string };
      };
      if (spoken_progress !== undefined) {
        expect(spoken_progress.accumulated_text + spoken_progress.remaining_text).toBe(text);
      }
      return [segment_id, will_be_spoken, spoken_status, spoken_progress?.accumulated_text ?? text];
    });

  it("follows the playback, sentence by sentence", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.transcript("One two. Thr"), server.transcript("ee four."));
    scenario.receive(
      server.transcriptDone("One two. Three four."),
      server.audio(2000),
      server.audioDone(),
      server.done(),
    );
    scenario.plays("began", "item_a", 0, 2000);
    for (const at of [400, 1000, 1500, 1900]) scenario.plays("progress", "item_a", at, 2000);
    scenario.plays("drained", "item_a", 2000);
    expect(outputs(scenario)).toEqual([
      [1, true, "new", "One two."],
      [2, true, "new", "Three four."],
      [1, true, "in-progress", "One"],
      [1, true, "completed", "One two."],
      [2, true, "in-progress", "Three"],
      [2, true, "completed", "Three four."],
    ]);
    expect(scenario.data("bot-transcription")).toEqual([{ text: "One two." }, { text: "Three four." }]);
  });

  it("counts its segments through the session", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.text("A."), server.textDone("A."), server.done());
    scenario.receive(server.created("resp_2"), server.text("B.", "resp_2", "item_b"), server.done("resp_2"));
    expect(outputs(scenario)).toEqual([
      [1, false, "new", "A."],
      [2, false, "new", "B."],
    ]);
  });

  it("completes a transcript that comes after the last sample", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.transcript("Late"), server.audio(100), server.audioDone());
    scenario.plays("drained", "item_a", 100);
    scenario.receive(server.transcriptDone("Late words."), server.done());
    expect(outputs(scenario)).toEqual([
      [1, true, "new", "Late words."],
      [1, true, "completed", "Late words."],
    ]);
  });

  it("ends honestly when cut: what was heard is in-progress, what was not reached stays new", () => {
    const scenario = Scenario.ready();
    scenario.receive(
      server.created(),
      server.transcript("Alpha beta gamma. Delta."),
      server.transcriptDone("Alpha beta gamma. Delta."),
    );
    scenario.receive(server.audio(2400), server.audioDone(), server.done());
    scenario.plays("began", "item_a", 0, 2400);
    scenario.receive(server.started);
    scenario.cut(played("item_a", 1100, 2400));
    scenario.plays("progress", "item_a", 2000, 2400);
    expect(outputs(scenario)).toEqual([
      [1, true, "new", "Alpha beta gamma."],
      [2, true, "new", "Delta."],
      [1, true, "in-progress", "Alpha beta"],
    ]);
  });
});

describe("a response in text", () => {
  it("has no voice: text, its first delta is the first byte, will not be spoken", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "hi", options: { audio_response: false } });
    scenario.now += 250;
    scenario.receive(
      server.created(),
      server.text("Hel"),
      server.text("lo."),
      server.textDone("Hello."),
      server.done(),
    );
    expect(scenario.told).toEqual([
      ...["bot-llm-started", "metrics", "bot-llm-text", "bot-llm-text", "bot-output", "bot-transcription"],
      ...["bot-llm-stopped", "metrics"],
    ]);
    expect(scenario.data("metrics")[0]).toEqual({ ttfb: [{ processor: "openai-realtime", value: 0.25 }] });
    expect(scenario.data("bot-output")).toEqual([
      { text: "Hello.", aggregated_by: "sentence", segment_id: 1, will_be_spoken: false, spoken_status: "new" },
    ]);
  });
});

describe("responses that do not complete", () => {
  it.each([
    [
      "failed",
      { error: { type: "server_error", code: "server_error", message: "Try ek_the_secret later" } },
      "Try [redacted] later",
    ],
    ["failed", null, "no reason"],
    ["incomplete", { reason: "max_output_tokens" }, "limit of output tokens"],
    ["incomplete", { reason: "content_filter" }, "content filter"],
  ])("%s with %j is reported, and the session goes on", (status, status_details, words) => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.done("resp_1", { status, status_details }));
    expect(scenario.of("report")).toHaveLength(1);
    expect(scenario.of("report")[0]?.error).toBeInstanceOf(ServiceError);
    expect(scenario.of("report")[0]?.error.message).toContain(words);
    expect(scenario.told.slice(0, 2)).toEqual(["bot-llm-started", "bot-llm-stopped"]);
    expect(scenario.of("fault")).toHaveLength(0);
  });

  it("does not end the session, even when the quota is spent: it says what to do", () => {
    const scenario = Scenario.ready();
    const error = { type: "insufficient_quota", code: "insufficient_quota", message: "You exceeded your quota" };
    scenario.receive(server.created(), server.done("resp_1", { status: "failed", status_details: { error } }));
    expect(scenario.of("fault")).toHaveLength(0);
    expect(scenario.of("report")[0]?.error).toMatchObject({
      serviceCode: "insufficient_quota",
      message: expect.stringContaining("billing") as string,
    });
  });

  it("is not told to have begun where it was never announced, and made nothing", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.done("resp_1", { status: "failed" }));
    expect(scenario.told).toEqual([]);
    expect(scenario.of("report")).toHaveLength(1);
  });

  it("says nothing of a cancelled one", () => {
    const scenario = Scenario.ready();
    scenario.receive(
      server.created(),
      server.done("resp_1", { status: "cancelled", status_details: { reason: "turn_detected" } }),
    );
    expect(scenario.of("report")).toHaveLength(0);
    expect(scenario.told).toEqual(["bot-llm-started", "bot-llm-stopped"]);
  });
});

describe("responses that are never done", () => {
  const endless = (count: number): Scenario => {
    const scenario = Scenario.ready();
    for (let index = 0; index < count; index += 1) scenario.receive(server.created(`r${index}`));
    return scenario;
  };

  it("are taken for over, the oldest first, where there are more than 64", () => {
    const scenario = endless(1_000);
    const count = (type: string) => scenario.told.filter((told) => told === type).length;
    expect([count("bot-llm-started"), count("bot-llm-stopped")]).toEqual([1_000, 936]);
    expect(new Set(scenario.of("report").map(({ error }) => error.message))).toEqual(
      new Set(["More than 64 responses are made at once: the oldest are taken for over."]),
    );
    scenario.forget();
    scenario.receive(server.text("late", "r935"), server.text("in time", "r936"));
    expect(scenario.data("bot-llm-text")).toEqual([{ text: "in time" }]);
    scenario.interrupt();
    expect(scenario.sentTypes.filter((type) => type === "response.cancel")).toHaveLength(64);
  });

  it("are nobody's trouble up to 64", () => {
    const scenario = endless(64);
    expect(scenario.of("report")).toEqual([]);
    expect(scenario.told).not.toContain("bot-llm-stopped");
  });
});

describe("the end of a session", () => {
  it("closes whatever was said to have started, once", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.callAdded("c1", "f"), server.audio(100));
    scenario.plays("began", "item_a", 0, 100);
    scenario.receive(server.started);
    scenario.forget();
    const other = Scenario.ready();
    other.receive(server.created(), server.callAdded("c1", "f"), server.audio(100));
    other.plays("began", "item_a", 0, 100);
    other.forget();
    other.end();
    other.end();
    expect(other.told).toEqual([
      "bot-stopped-speaking",
      "bot-tts-stopped",
      "bot-llm-stopped",
      "llm-function-call-stopped",
    ]);
    scenario.end();
    expect(scenario.told).toEqual(["user-stopped-speaking", "bot-llm-stopped", "llm-function-call-stopped"]);
  });
});
