import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseItem } from "../../../../packages/local-service/src/openai/item-parse.js";
import { played, Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";

type Step = (scenario: Scenario) => void;

const RESPONSES = ["resp_1", "resp_2", "resp_3"];
const response = fc.constantFrom(...RESPONSES);
const item = fc.constantFrom("item_a", "item_b");
const call = fc.constantFrom("c1", "c2");
const ms = fc.integer({ min: 0, max: 400 });
const status = fc.constantFrom("completed", "cancelled", "failed", "incomplete");

/** Anything that the service, the player or the app may do, in any order, sense or nonsense. */
const step: fc.Arbitrary<Step> = fc.oneof(
  response.map(
    (id): Step =>
      (s) =>
        void s.receive(server.created(id)),
  ),
  fc.tuple(response, status).map(
    ([id, how]): Step =>
      (s) =>
        void s.receive(server.done(id, { status: how })),
  ),
  fc.tuple(ms, response, item).map(
    ([n, id, i]): Step =>
      (s) =>
        void s.receive(server.audio(n, id, i)),
  ),
  fc.tuple(response, item).map(
    ([id, i]): Step =>
      (s) =>
        void s.receive(server.audioDone(id, i)),
  ),
  fc.tuple(response, item).map(
    ([id, i]): Step =>
      (s) =>
        void s.receive(server.transcript("Word. ", id, i)),
  ),
  fc.tuple(response, call).map(
    ([id, c]): Step =>
      (s) =>
        void s.receive(server.callAdded(c, "f", id)),
  ),
  fc.tuple(response, call, fc.constantFrom("{}", "{")).map(
    ([id, c, json]): Step =>
      (s) =>
        void s.receive(server.callArguments(c, json, { name: "f" }, id)),
  ),
  fc.constant<Step>((s) => void s.receive(server.started)),
  fc.constant<Step>((s) => void s.receive(server.stopped, server.committed)),
  fc.tuple(fc.constantFrom("began", "progress", "drained"), item, ms).map(
    ([type, i, n]): Step =>
      (s) =>
        void s.plays(type, i, n),
  ),
  fc.tuple(item, ms).map(
    ([i, n]): Step =>
      (s) =>
        void s.cut(played(i, n)),
  ),
  fc.constant<Step>((s) => void s.interrupt()),
  fc.constant<Step>((s) => void s.app("send-text", { content: "hi" })),
  call.map(
    (c): Step =>
      (s) =>
        void s.app("llm-function-call-result", { tool_call_id: c, result: 0 }),
  ),
  fc.constant<Step>((s) => void s.receive(server.error({ code: "conversation_already_has_active_response" }))),
  fc.constant<Step>((s) => void s.receive(server.error({ code: "response_cancel_not_active" }))),
  fc.string().map(
    (text): Step =>
      (s) =>
        void s.raw(text),
  ),
  fc.json().map(
    (text): Step =>
      (s) =>
        void s.raw(text),
  ),
);

/** What a service would take: items of the right shape, a result for every call, and no result without one. */
function expectReplay(items: readonly Record<string, unknown>[]): void {
  const open = new Set<unknown>();
  for (const each of items) {
    expect(() => parseItem(each, "item", "audio/pcm")).not.toThrow();
    if (each.type === "function_call") open.add(each.call_id);
    if (each.type === "function_call_output") expect(open.has(each.call_id)).toBe(true);
  }
  const outputs = items.filter(({ type }) => type === "function_call_output").map(({ call_id }) => call_id);
  expect([...open].filter((callId) => !outputs.includes(callId))).toEqual([]);
}

describe("a conversation, whatever happens", () => {
  it("keeps its promises", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const scenario = Scenario.ready();
        for (const run of steps) run(scenario);
        scenario.end();

        const count = (type: string) => scenario.told.filter((told) => told === type).length;
        for (const family of ["bot-llm", "bot-tts", "llm-function-call"]) {
          expect(count(`${family}-stopped`), family).toBe(count(`${family}-started`));
        }
        for (const who of ["bot", "user"]) {
          expect(count(`${who}-stopped-speaking`), who).toBe(count(`${who}-started-speaking`));
        }
        const received = scenario.of("play").reduce((sum, { pcm }) => sum + pcm.byteLength / 48, 0);
        for (const event of scenario.sent) {
          if (event.type !== "conversation.item.truncate") continue;
          expect(Number.isInteger(event.audio_end_ms)).toBe(true);
          expect(event.audio_end_ms).toBeGreaterThan(0);
          expect(event.audio_end_ms).toBeLessThanOrEqual(received);
        }
        expect(scenario.of("fault")).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it("can be cut anywhere, any number of times, and told again", () => {
    const part = fc.array(step, { maxLength: 25 });
    const initialMessages = [{ role: "system", content: "Be brief." }];
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), (parts) => {
        let scenario = Scenario.ready({ keeps: true, initialMessages });
        const told: string[] = [];
        const ids: unknown[] = [];
        for (const [index, steps] of parts.entries()) {
          if (index > 0) {
            scenario = scenario.continued();
            const created = scenario.of("send").flatMap(({ event }) => event.item ?? []) as Record<string, unknown>[];
            ids.push(...created.map(({ id }) => id));
            expectReplay(created);
            expect(created.filter(({ role }) => role === "system")).toHaveLength(1);
            expect(scenario.sentTypes.filter((type) => type === "response.create").length).toBeLessThan(2);
          }
          for (const run of steps) run(scenario);
          const { items } = scenario.conversation.history;
          scenario.end();
          // What was known stays in its order; only what the end of the wire cut may change.
          const fixed = (list: typeof items) =>
            list.filter((each) => each.type === "message" && each.role !== "assistant");
          expect(fixed(scenario.conversation.history.items)).toEqual(fixed(items));
          told.push(...scenario.told);
        }
        scenario.forget();
        scenario.abandon();
        told.push(...scenario.told);
        const count = (type: string) => told.filter((each) => each === type).length;
        for (const family of ["bot-llm", "bot-tts", "llm-function-call"]) {
          expect(count(`${family}-stopped`), family).toBe(count(`${family}-started`));
        }
        for (const who of ["bot", "user"]) {
          expect(count(`${who}-stopped-speaking`), who).toBe(count(`${who}-started-speaking`));
        }
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 300 },
    );
  });

  it("plays nothing of a response after it was interrupted", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 30 }), (before, after) => {
        const scenario = Scenario.ready();
        scenario.receive(server.created("resp_cut"), server.audio(100, "resp_cut", "item_cut"));
        for (const run of before) run(scenario);
        scenario.interrupt();
        scenario.forget();
        for (const run of after) {
          run(scenario);
          scenario.receive(server.audio(20, "resp_cut", "item_cut"));
        }
        expect(scenario.of("play").filter(({ itemId }) => itemId === "item_cut")).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
