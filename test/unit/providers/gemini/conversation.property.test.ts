import fc from "fast-check";
import { damagedJson } from "../../../../packages/testkit/src/util/damaged.js";
import { describe, expect, it } from "vitest";
import { played, Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

type Step = (scenario: Scenario) => void;

const ms = fc.integer({ min: 0, max: 300 });
const call = fc.constantFrom("c1", "c2", "c3");
const flag = fc.boolean();

/** Anything that the service, the player or the app may do, in any order, sense or nonsense. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ n: ms, interrupted: flag, generationComplete: flag, turnComplete: flag }).map(
    ({ n, ...flags }): Step =>
      (s) =>
        void s.receive({ serverContent: { ...server.audio(n).serverContent, ...flags } }),
  ),
  ms.map(
    (n): Step =>
      (s) =>
        void s.receive(server.audio(n, 16_000)),
  ),
  fc
    .constantFrom(
      server.generated,
      server.complete,
      server.interrupted,
      server.said("Word. "),
      server.text("Word. "),
      server.heard("word"),
      { voiceActivity: { voiceActivityType: "ACTIVITY_START" } },
      { voiceActivity: { voiceActivityType: "ACTIVITY_END" } },
    )
    .map(
      (message): Step =>
        (s) =>
          void s.receive(message),
    ),
  call.map(
    (c): Step =>
      (s) =>
        void s.receive(server.call(c)),
  ),
  call.map(
    (c): Step =>
      (s) =>
        void s.receive(server.cancel(c)),
  ),
  call.map(
    (c): Step =>
      (s) =>
        void s.app("llm-function-call-result", { tool_call_id: c, result: 0 }),
  ),
  fc.tuple(fc.constantFrom("began", "progress", "drained"), fc.integer({ min: 1, max: 6 }), ms).map(
    ([type, turn, n]): Step =>
      (s) =>
        void s.plays(type, `turn_${turn}`, n),
  ),
  fc.tuple(fc.integer({ min: 1, max: 6 }), ms).map(
    ([turn, n]): Step =>
      (s) =>
        void s.cut(played(`turn_${turn}`, n)),
  ),
  fc.constant<Step>((s) => void s.interrupt()),
  fc.constant<Step>((s) => void s.app("send-text", { content: "hi" })),
  flag.map(
    (on): Step =>
      (s) =>
        void s.microphone(on),
  ),
  fc.json().map(
    (text): Step =>
      (s) =>
        void s.raw(text),
  ),
);

describe("a conversation, whatever happens", () => {
  it.each([{ manual: false }, { manual: true }])("keeps its promises (%j)", (setup) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const scenario = Scenario.ready(setup);
        for (const run of steps) run(scenario);
        scenario.end();
        const count = (type: string) => scenario.told.filter((told) => told === type).length;
        for (const family of ["bot-llm", "bot-tts", "llm-function-call"]) {
          expect(count(`${family}-stopped`), family).toBe(count(`${family}-started`));
        }
        for (const who of ["bot", "user"]) {
          expect(count(`${who}-stopped-speaking`), who).toBe(count(`${who}-started-speaking`));
        }
        expect(scenario.of("fault")).toEqual([]);
        for (const message of scenario.sent) expect(Object.keys(message)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  it("plays nothing of a turn after it was interrupted", () => {
    fc.assert(
      fc.property(fc.array(ms, { maxLength: 10 }), flag, (pieces, byService) => {
        const s = Scenario.ready();
        s.receive(server.audio(100));
        if (byService) s.receive(server.interrupted, server.complete);
        else s.interrupt();
        s.forget();
        for (const n of pieces) s.receive(server.audio(n));
        expect(s.of("play").filter(({ itemId }) => itemId === "turn_1")).toEqual([]);
      }),
    );
  });
});

const damaged = damagedJson([
  server.audio(20),
  server.heard("a"),
  server.said("b"),
  server.call("c1", "f", { a: 1 }),
  server.cancel("c1"),
  server.interrupted,
  { ...server.complete, usageMetadata: { totalTokenCount: 1 } },
  { goAway: { timeLeft: "1s" } },
  { sessionResumptionUpdate: { newHandle: "h", resumable: true } },
  { setupComplete: {} },
]);

describe("thousands of broken messages", () => {
  it("never throw, never play half a sample, and leave the session usable", () => {
    fc.assert(
      fc.property(fc.array(damaged, { minLength: 20, maxLength: 40 }), (messages) => {
        const s = Scenario.ready();
        for (const message of messages) s.raw(message);
        for (const { pcm } of s.of("play")) expect(pcm.byteLength % 2).toBe(0);
        for (const { error } of s.of("report")) expect(error).toMatchObject({ code: "protocol-error" });
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        s.receive(server.complete);
        s.forget();
        s.receive(server.audio(20), server.complete);
        expect(Object.values(s.bytes)).toEqual([960]);
      }),
      { numRuns: 200, seed: 20_260 },
    );
  });
});
