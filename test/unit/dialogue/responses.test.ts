import { describe, expect, it } from "vitest";
import { EffectSink } from "../../../src/dialogue/effects.js";
import { Responses } from "../../../src/dialogue/responses.js";
import { runningTurns } from "../../../packages/testkit/src/models/running-turns.js";

function make() {
  const sink = new EffectSink(runningTurns());
  const responses = new Responses(sink, "any", () => 0);
  const told = (): string[] =>
    sink.take().flatMap((effect) => {
      if (effect.type === "report") return [effect.error.message];
      return effect.type === "deliver" ? [effect.message.type] : [];
    });
  return { responses, told };
}

describe("Responses", () => {
  it("starts a response once, and none that is over", () => {
    const { responses, told } = make();
    responses.created("r1", "conversation");
    responses.created("r1", "conversation");
    responses.done("r1", true);
    responses.created("r1", "conversation");
    expect(told()).toEqual(["bot-llm-started", "bot-llm-stopped", "metrics"]);
  });

  it("names the oldest beyond 64 at once, and none before", () => {
    const { responses, told } = make();
    for (let n = 1; n <= 64; n += 1) expect(responses.created(`r${n}`, "conversation")).toBeUndefined();
    told();
    expect(responses.created("r65", "conversation")).toBe("r1");
    expect(told()).toEqual([
      "bot-llm-started",
      "More than 64 responses are made at once: the oldest are taken for over.",
    ]);
  });

  it("starts and stops a voice once, and stops none that is silent", () => {
    const { responses, told } = make();
    responses.voiceStarted("unknown");
    responses.voiceStopped("unknown");
    responses.created("r1", "conversation");
    responses.voiceStopped("r1");
    for (let time = 0; time < 2; time += 1) responses.voiceStarted("r1");
    for (let time = 0; time < 2; time += 1) responses.voiceStopped("r1");
    expect(told()).toEqual(["bot-llm-started", "bot-tts-started", "bot-tts-stopped"]);
  });

  it("interrupts those of the conversation, and no aside", () => {
    const { responses } = make();
    responses.created("r1", "conversation");
    responses.created("r2", "aside");
    responses.interruptAll();
    expect([responses.isInterrupted("r1"), responses.isInterrupted("r2")]).toEqual([true, false]);
  });

  it("are made once, with metrics where they are complete", () => {
    const { responses, told } = make();
    responses.made("unknown", true);
    for (const [id, complete] of [
      ["r1", true],
      ["r2", false],
    ] as const) {
      responses.created(id, "conversation");
      for (let time = 0; time < 2; time += 1) responses.made(id, complete);
      responses.done(id, complete);
    }
    expect(told()).toEqual(["bot-llm-started", "bot-llm-stopped", "metrics", "bot-llm-started", "bot-llm-stopped"]);
  });
});
