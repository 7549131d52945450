import { describe, expect, it, vi } from "vitest";
import { EffectSink } from "../../../src/dialogue/effects.js";
import { ToolCalls, type ToolAnswer } from "../../../src/dialogue/tool-calls.js";
import { runningTurns, watchedTurns } from "../../../packages/testkit/src/models/running-turns.js";
import { redactor } from "../../../src/util/redact.js";

function connection(proceed: () => void): ToolCalls {
  return new ToolCalls(new EffectSink(runningTurns()), {
    service: "A service",
    redact: redactor([]),
    answer: () => "",
    proceed,
  });
}

describe("function calls: calls that outlive their connections", () => {
  it("are kept apart, where each service gives its responses the same ids", () => {
    const proceed = vi.fn();
    let calls = connection(proceed);
    for (const callId of ["c1", "c2", "c3"]) {
      calls.complete("r1", callId, "f", "{}");
      calls.suspend();
      const next = connection(proceed);
      expect(next.adopt(calls)).toContain(callId);
      calls = next;
    }
    for (const [index, callId] of ["c1", "c2", "c3"].entries()) {
      expect(calls.result(callId, 0)).toBe(true);
      expect(proceed).toHaveBeenCalledTimes(index + 1);
    }
  });
});

/** The calls of one connection, and what becomes of them. */
function make() {
  const { turns, facts } = watchedTurns();
  const sink = new EffectSink(turns);
  const answers: [callId: string, answer: ToolAnswer][] = [];
  const proceed = vi.fn<() => void>();
  const calls = new ToolCalls(sink, {
    service: "Acme",
    redact: redactor([]),
    answer: (callId, _name, answer) => {
      answers.push([callId, answer]);
      return "";
    },
    proceed,
  });
  /** What the app was told since, and what was reported. */
  const told = (): unknown[] =>
    sink.take().flatMap((effect): unknown[] => {
      if (effect.type === "report") return [effect.error.message];
      if (effect.type !== "deliver") return [];
      const { type, data } = effect.message;
      return [[type.replace("llm-function-call-", ""), data]];
    });
  return { calls, turns, facts, answers, proceed, told };
}

const STARTED = ["started", { function_name: "f" }];
const inProgress = (id: string, args: object = {}) => [
  "in-progress",
  { tool_call_id: id, function_name: "f", arguments: args },
];
const stopped = (id: string, fields: object) => ["stopped", { tool_call_id: id, function_name: "f", ...fields }];

describe("function calls: from the model's wish to the app's result", () => {
  it("are started, in progress and stopped once, however often each is told", () => {
    const { calls, answers, proceed, told } = make();
    for (let time = 0; time < 2; time += 1) calls.announced("r1", "c1", "f");
    for (let time = 0; time < 2; time += 1) calls.complete("r1", "c1", "f", '{"a":1}');
    expect(calls.result("c1", "fine")).toBe(true);
    expect(calls.result("c1", "again")).toBe(false);
    expect(told()).toEqual([STARTED, inProgress("c1", { a: 1 }), stopped("c1", { cancelled: false, result: "fine" })]);
    expect(answers).toEqual([["c1", { result: "fine" }]]);
    for (let time = 0; time < 2; time += 1) calls.responseDone("r1", false);
    expect(proceed).toHaveBeenCalledTimes(1);
  });

  it("wait for what is missing of them: their id, their arguments, their name", () => {
    const { calls, told } = make();
    calls.complete("r1", undefined, "f", "{}");
    calls.complete("r1", "c1", "f", undefined);
    expect(told()).toEqual([]);
    calls.complete("r1", "c1", undefined, "{}");
    expect(told()).toEqual([["started", {}]]);
    expect(calls.pending).toBe(false);
    calls.complete("r1", "c1", "f", "{}");
    expect(told()).toEqual([inProgress("c1")]);
  });

  it("have no arguments where the model writes none", () => {
    const { calls, told } = make();
    calls.complete("r1", "c1", "f", " ");
    expect(told()).toEqual([STARTED, inProgress("c1")]);
  });

  it.each([
    ["has no name", "", "{}", "Acme called a function without naming it.", "The call names no function."],
    [
      "has arguments that are no object",
      "f",
      "[]",
      "Acme called f with arguments that are not a JSON object.",
      "The arguments are not a valid JSON object.",
    ],
  ])("are refused before the app hears more, where one %s", (_what, name, json, said, error) => {
    const { calls, answers, told } = make();
    calls.complete("r1", "c1", name, json);
    const fields = { tool_call_id: "c1", function_name: name, cancelled: true };
    expect(told()).toEqual([["started", { function_name: name }], said, ["stopped", fields]]);
    expect(answers).toEqual([["c1", { error }]]);
    expect(calls.pending).toBe(false);
  });

  it("are refused beyond 256 at once, each of them once", () => {
    const { calls, answers, told } = make();
    for (let n = 1; n <= 256; n += 1) calls.complete("r1", `c${n}`, "f", "{}");
    told();
    calls.announced("r1", "c257", "f");
    expect(told()).toEqual([]);
    for (let time = 0; time < 2; time += 1) calls.complete("r1", "c257", "f", "{}");
    expect(told()).toEqual(["Acme has more than 256 function calls open; the rest are refused."]);
    expect(answers).toEqual([["c257", { error: "Too many calls are open." }]]);
  });

  it("are open to the app's results, its own answers and its failures while they wait, and no longer", () => {
    const { calls, answers, told } = make();
    const failure = { what: "has no handler." };
    calls.announced("r1", "c1", "f");
    told();
    for (const id of ["c1", "unknown"]) {
      expect(calls.result(id, 0)).toBe(false);
      expect(calls.answered(id, "0")).toBe(false);
      expect(calls.fail(id, failure)).toBe(false);
    }
    expect(calls.cancelled("unknown")).toBe(false);
    expect([told(), answers]).toEqual([[], []]);
    calls.complete("r1", "c1", "f", "{}");
    told();
    expect(calls.fail("c1", failure)).toBe(true);
    expect(told()).toEqual(["The function `f` has no handler.", stopped("c1", { cancelled: true })]);
    expect(calls.cancelled("c1")).toBe(false);
    expect(told()).toEqual([]);
  });

  it("fail without a word where the app hears of it otherwise", () => {
    const { calls, told } = make();
    calls.complete("r1", "c1", "f", "{}");
    told();
    calls.fail("c1", { what: "threw.", isReported: true });
    expect(told()).toEqual([stopped("c1", { cancelled: true })]);
  });

  it("keep the turns waiting from the first to the last result", () => {
    const { calls, turns, facts } = make();
    for (const id of ["c1", "c2"]) calls.complete("r1", id, "f", "{}");
    calls.result("c1", 0);
    expect(turns.is("tools.pending")).toBe(true);
    calls.result("c2", 0);
    expect(turns.is("tools.pending")).toBe(false);
    expect(facts.filter((type) => type.startsWith("tools."))).toEqual(["tools.called", "tools.settled"]);
  });
});

describe("function calls: the continuation", () => {
  it("is asked for once, after the last result and the end of the response", () => {
    const { calls, proceed } = make();
    for (const id of ["c1", "c2"]) calls.complete("r1", id, "f", "{}");
    calls.result("c1", 0);
    calls.responseDone("r1", false);
    expect(proceed).not.toHaveBeenCalled();
    calls.result("c2", 0);
    expect(proceed).toHaveBeenCalledTimes(1);
    calls.complete("r2", "c3", "f", "{}");
    calls.result("c3", 0);
    expect(proceed).toHaveBeenCalledTimes(1);
    calls.responseDone("r2", false);
    expect(proceed).toHaveBeenCalledTimes(2);
  });

  it("is not asked for after an interruption, whenever the result comes", () => {
    const { calls, proceed } = make();
    for (const id of ["c1", "c2"]) calls.complete("r1", id, "f", "{}");
    calls.result("c1", 0);
    calls.responseDone("r1", true);
    calls.result("c2", 0);
    expect(proceed).not.toHaveBeenCalled();
  });

  it("is the app's to ask for where it answered last, in the service's own language", () => {
    const { calls, proceed } = make();
    calls.complete("r1", "c1", "f", "{}");
    calls.responseDone("r1", false);
    expect(calls.answered("c1", "0")).toBe(true);
    expect(proceed).not.toHaveBeenCalled();
  });

  it("is not asked for where the response made no call to the end", () => {
    const { calls, proceed, told } = make();
    calls.responseDone("r0", false);
    calls.announced("r1", "c1", "f");
    calls.responseDone("r1", false);
    expect(told()).toEqual([STARTED, stopped("c1", { cancelled: true })]);
    expect(proceed).not.toHaveBeenCalled();
  });
});
