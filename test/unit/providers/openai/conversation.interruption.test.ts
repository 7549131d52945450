import { describe, expect, it } from "vitest";
import { played, Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";

const truncate = (audio_end_ms: number, item_id = "item_a") => ({
  type: "conversation.item.truncate",
  item_id,
  content_index: 0,
  audio_end_ms,
});

const interruptingOff = { audio: { input: { turn_detection: { type: "server_vad", interrupt_response: false } } } };

/** A bot that has been heard for 300 of 1000 ms. */
function speaking(session: object = {}): Scenario {
  const scenario = Scenario.ready({}, session);
  scenario.receive(server.created(), server.transcript("A long story."), server.audio(1000));
  scenario.plays("began", "item_a", 0, 1000);
  scenario.plays("progress", "item_a", 300, 1000);
  scenario.forget();
  return scenario;
}

describe("barge-in", () => {
  it("silences first, then tells, then truncates by what was really played", () => {
    const scenario = speaking();
    scenario.receive(server.started);
    expect(scenario.effects[0]).toEqual({ type: "flush" });
    expect(scenario.told).toEqual(["user-started-speaking", "bot-tts-stopped", "bot-stopped-speaking"]);
    expect(scenario.sent).toEqual([]);
    scenario.cut(played("item_a", 412.7, 1000));
    expect(scenario.sent).toEqual([truncate(412)]);
    scenario.receive(server.done("resp_1", { status: "cancelled" }));
    expect(scenario.told.filter((type) => type.endsWith("-stopped") || type === "bot-stopped-speaking")).toEqual([
      "bot-tts-stopped",
      "bot-stopped-speaking",
      "bot-llm-stopped",
    ]);
  });

  it("cancels the response itself where the service will not", () => {
    const scenario = speaking(interruptingOff);
    scenario.receive(server.started);
    expect(scenario.sent).toEqual([{ type: "response.cancel", response_id: "resp_1" }]);
    scenario.receive(server.started);
    expect(scenario.sent).toHaveLength(1);
  });

  it("never truncates at 0, nor what was played whole, nor beyond what came", () => {
    const queued = Scenario.ready();
    queued.receive(server.created(), server.audio(500), server.started);
    expect(queued.of("flush")).toHaveLength(1);
    queued.cut(played("item_a", 0, 500));
    expect(queued.sent).toEqual([]);
    queued.cut();
    expect(queued.sent).toEqual([]);

    const whole = speaking();
    whole.receive(server.audioDone(), server.done(), server.started);
    whole.cut(played("item_a", 1000));
    expect(whole.sent).toEqual([]);

    const beyond = speaking();
    beyond.receive(server.started);
    beyond.cut(played("item_a", 1500, 1000));
    expect(beyond.sent).toEqual([truncate(1000)]);
  });

  it("says nothing of less than a millisecond", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(500), server.started);
    scenario.cut({ itemId: "item_a", playedSamples: 23, receivedSamples: 12_000, sampleRate: 24_000 });
    expect(scenario.sent).toEqual([]);
  });

  it("truncates each item that was heard in part, and none twice", () => {
    const scenario = speaking();
    scenario.receive(server.audio(800, "resp_1", "item_b"), server.started);
    scenario.cut(played("item_a", 1000), played("item_b", 100, 800));
    scenario.cut(played("item_a", 1000), played("item_b", 100, 800));
    // The service had not ended item_a: more of it may exist than came.
    expect(scenario.sent).toEqual([truncate(1000), truncate(100, "item_b")]);
  });

  it("falls back on the last progress when the player cannot say", () => {
    const scenario = speaking();
    scenario.receive(server.started);
    scenario.cut();
    expect(scenario.sent).toEqual([truncate(300)]);
  });

  it("leaves an item alone that the service truncated by itself", () => {
    const scenario = speaking();
    scenario.receive(server.started, { type: "conversation.item.truncated", item_id: "item_a", audio_end_ms: 400 });
    scenario.cut(played("item_a", 400, 1000));
    expect(scenario.sent).toEqual([]);
  });

  it("drops what comes late of the interrupted response, and only of that", () => {
    const scenario = speaking();
    scenario.receive(server.started);
    scenario.cut(played("item_a", 300, 1000));
    scenario.forget();
    scenario.receive(
      server.audio(20),
      server.transcript(" More."),
      server.transcriptDone("A long story. More."),
      server.callArguments("c1", "{}", { name: "f" }),
      server.audioDone(),
      server.done("resp_1", { status: "cancelled" }),
      server.audio(20),
    );
    expect(scenario.of("play")).toHaveLength(0);
    expect(scenario.told).toEqual(["bot-llm-stopped"]);
    scenario.receive(server.stopped, server.created("resp_2"), server.audio(20, "resp_2", "item_b"));
    scenario.plays("began", "item_b", 0, 20);
    expect(scenario.of("play").map(({ itemId }) => itemId)).toEqual(["item_b"]);
    expect(scenario.told).toContain("bot-started-speaking");
  });

  it("cuts a finished response that is still being heard, and the next one in the making", () => {
    const scenario = speaking();
    scenario.receive(server.audioDone(), server.done(), server.created("resp_2"), server.started);
    scenario.cut(played("item_a", 300, 1000));
    scenario.forget();
    scenario.receive(server.audio(20, "resp_2", "item_b"));
    expect(scenario.of("play")).toHaveLength(0);
  });

  it("closes a response whose end was lost, once the service has nothing to cancel", () => {
    const scenario = speaking();
    scenario.interrupt();
    scenario.forget();
    scenario.receive(server.error({ code: "response_cancel_not_active" }));
    expect(scenario.told).toContain("bot-llm-stopped");
  });

  it("cancels no next response with one that was cancelled before it began, and failed", () => {
    const scenario = Scenario.ready();
    const ask = () => scenario.app("send-text", { content: "hi" });
    ask();
    scenario.interrupt();
    scenario.receive(server.done("resp_1", { status: "failed" }));
    ask();
    scenario.receive(server.created("resp_2"), server.audio(20, "resp_2", "item_b"));
    expect(scenario.of("play").map(({ itemId }) => itemId)).toEqual(["item_b"]);
  });

  it("touches nothing when the bot is silent", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.started);
    expect(scenario.of("flush")).toHaveLength(0);
    expect(scenario.sent).toEqual([]);
  });

  it("lets responses outside the conversation go on", () => {
    const scenario = Scenario.ready();
    scenario.receive(
      server.created("resp_x", { conversation_id: null }),
      server.started,
      server.text("aside", "resp_x"),
    );
    expect(scenario.data("bot-llm-text")).toEqual([{ text: "aside" }]);
  });

  it("keeps every started matched by one stopped, whatever the interleaving", () => {
    const events = [server.created(), server.transcript("Once."), server.audio(100), server.audioDone(), server.done()];
    for (let at = 0; at <= events.length; at += 1) {
      for (const began of [true, false]) {
        const scenario = Scenario.ready();
        events.forEach((event, index) => {
          if (index === at) scenario.receive(server.started);
          scenario.receive(event);
          if (event.type.endsWith("audio.delta") && began) scenario.plays("began", "item_a", 0, 100);
        });
        if (at === events.length) scenario.receive(server.started);
        scenario.cut(played("item_a", began ? 40 : 0, 100));
        scenario.receive(server.stopped);
        scenario.end();
        const count = (type: string) => scenario.told.filter((told) => told === type).length;
        expect(count("bot-started-speaking")).toBe(count("bot-stopped-speaking"));
        for (const family of ["bot-llm", "bot-tts"]) {
          expect(count(`${family}-started`), `${family} interrupted before event ${at}`).toBe(
            count(`${family}-stopped`),
          );
        }
      }
    }
  });

  it("remembers only so many interrupted responses", () => {
    const scenario = Scenario.ready();
    for (let index = 0; index < 500; index += 1) {
      const id = `resp_${index}`;
      scenario.receive(server.created(id), server.audio(20, id, `item_${index}`), server.started);
      scenario.cut();
      scenario.receive(server.stopped, server.done(id, { status: "cancelled" }));
      scenario.forget();
    }
    scenario.receive(server.audio(20, "resp_499", "item_499"));
    expect(scenario.of("play")).toHaveLength(0);
    expect(scenario.told).toEqual([]);
  });
});

describe("interrupt()", () => {
  it("goes the way of the voice, and cancels what is being made", () => {
    const scenario = speaking();
    scenario.interrupt();
    expect(scenario.effects[0]).toEqual({ type: "flush" });
    expect(scenario.sent).toEqual([{ type: "response.cancel", response_id: "resp_1" }]);
    expect(scenario.told).toEqual(["bot-tts-stopped", "bot-stopped-speaking"]);
    scenario.cut(played("item_a", 400, 1000));
    expect(scenario.sent.at(-1)).toEqual(truncate(400));
  });

  it("cancels nothing once the response is done, but still silences", () => {
    const scenario = speaking();
    scenario.receive(server.audioDone(), server.done());
    scenario.forget();
    scenario.interrupt();
    expect(scenario.of("flush")).toHaveLength(1);
    expect(scenario.sent).toEqual([]);
  });

  it("takes nothing away from what is still being counted, however often it comes", () => {
    const scenario = speaking();
    scenario.interrupt();
    scenario.interrupt();
    scenario.receive(server.started);
    expect(scenario.of("flush"), "it is silent").toHaveLength(1);
    scenario.receive(server.done("resp_1", { status: "cancelled" }));
    scenario.receive(server.created("resp_2"), server.audio(500, "resp_2", "item_b"));
    scenario.interrupt();
    expect(scenario.of("flush")).toHaveLength(2);
    scenario.forget();
    scenario.cut(played("item_a", 400, 1000));
    expect(scenario.sent).toEqual([truncate(400)]);
    scenario.cut(played("item_b", 100, 500));
    expect(scenario.sent).toEqual([truncate(400), { ...truncate(100), item_id: "item_b" }]);
  });

  it("does nothing when there is nothing to interrupt", () => {
    expect(Scenario.ready().interrupt()).toEqual([]);
  });

  it("catches a response that was asked for and has not begun", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "hi" });
    scenario.forget();
    scenario.interrupt();
    expect(scenario.sent).toEqual([{ type: "response.cancel" }]);
    scenario.receive(server.created(), server.audio(20));
    expect(scenario.of("play")).toHaveLength(0);
  });
});

describe("over WebRTC, where the service plays", () => {
  it("follows output_audio_buffer, ignores audio deltas, and sends no truncate", () => {
    const scenario = Scenario.ready({ playedBy: "service" });
    const buffer = (edge: string) => ({ type: `output_audio_buffer.${edge}`, response_id: "resp_1" });
    scenario.receive(server.started, server.stopped);
    scenario.now += 300;
    scenario.receive(server.created(), server.transcript("Hi."), server.audio(20), buffer("started"));
    scenario.receive(server.transcriptDone("Hi."), server.audioDone(), server.done());
    expect(scenario.told).not.toContain("bot-stopped-speaking");
    scenario.receive(buffer("stopped"));
    expect(scenario.of("play")).toHaveLength(0);
    expect(scenario.data("metrics")[0]).toEqual({ ttfb: [{ processor: "openai-realtime", value: 0.3 }] });
    expect(scenario.told.filter((type) => /^bot-(tts|started|stopped)/.test(type))).toEqual([
      "bot-tts-started",
      "bot-tts-text",
      "bot-started-speaking",
      "bot-tts-stopped",
      "bot-stopped-speaking",
    ]);
    expect(scenario.data("bot-output").at(-1)).toMatchObject({ spoken_status: "completed" });

    scenario.receive(server.created("resp_2"), buffer("started"));
    scenario.forget();
    scenario.receive(server.started, buffer("cleared"));
    expect(scenario.told).toEqual(["user-started-speaking", "bot-stopped-speaking"]);
    expect(scenario.sent).toEqual([]);
  });

  it("takes the end of one answer's sound for nothing of the next", () => {
    const s = Scenario.ready({ playedBy: "service", keeps: true });
    const buffer = (edge: string, response_id: string) => ({ type: `output_audio_buffer.${edge}`, response_id });
    s.receive(server.created("r1"), buffer("started", "r1"), server.transcript("Let me look. ", "r1", "i1"));
    s.receive(server.callDone("c1", "f", "{}", "r1"), server.done("r1"));
    s.app("llm-function-call-result", { function_name: "f", tool_call_id: "c1", arguments: {}, result: 1 });
    s.receive(server.created("r2"), server.transcript("It is sunny. ", "r2", "i2"));
    s.forget();
    s.receive(buffer("stopped", "r1"));
    expect(s.data("bot-output")).toMatchObject([{ text: "Let me look.", spoken_status: "completed" }]);
    s.end();
    expect(s.continued().sent.at(-1)).toEqual({ type: "response.create" });
  });

  it("clears the service's buffer when interrupted by hand", () => {
    const scenario = Scenario.ready({ playedBy: "service" });
    scenario.receive(server.created(), { type: "output_audio_buffer.started" });
    scenario.interrupt();
    expect(scenario.sentTypes).toEqual(["response.cancel", "output_audio_buffer.clear"]);
    expect(scenario.of("flush")).toHaveLength(0);
  });

  it("names no audio format", () => {
    const scenario = new Scenario({ playedBy: "service" });
    scenario.receive({ type: "session.created", session: { type: "realtime" } });
    expect(JSON.stringify(scenario.sent)).not.toContain("format");
  });
});
