import { afterAll, describe, expect, it } from "vitest";
import { CALL_FAULTS } from "../../packages/testkit/src/faults/calls/catalogue/index.js";
import { DIFFERENCES, expectationOf } from "../../packages/testkit/src/faults/catalogue/differences.js";
import type { Expectation, Fault } from "../../packages/testkit/src/faults/catalogue/fault.js";
import { FAULTS } from "../../packages/testkit/src/faults/catalogue/index.js";
import { SUBJECTS, type Subject } from "../../packages/testkit/src/faults/subjects.js";
import { problemsOf } from "../../packages/testkit/src/faults/run/play-fault.js";
import { runFault } from "../../packages/testkit/src/faults/run/run-fault.js";
import { RESULTS, resultOf, writeResults, type FaultResult } from "../../packages/testkit/src/faults/results.js";

const results: FaultResult[] = [];

afterAll(() => writeResults(RESULTS, results));

/** Strikes once. A machine that stands still makes a gap, too: one that is the transport's comes again. */
async function judge(fault: Fault, subject: Subject, expected: Expectation): Promise<FaultResult> {
  const once = async (): Promise<FaultResult> => {
    const report = await runFault(fault, subject);
    return resultOf(report, problemsOf(report, expected));
  };
  const result = await once();
  return result.problems.length === 1 && result.problems[0]?.startsWith("a gap of") === true ? once() : result;
}

describe.each(SUBJECTS)("$title", { concurrent: true }, (subject) => {
  const faults = FAULTS.flatMap((fault) => {
    const expected = expectationOf(fault, subject.name);
    return expected === undefined ? [] : [{ fault, expected, name: fault.name }];
  });
  it.each(faults)("$name", async ({ fault, expected }) => {
    const result = await judge(fault, subject, expected);
    results.push(result);
    expect(result.problems, JSON.stringify(result)).toEqual([]);
  });
});

it("fault table: names every fault once, and lists as different only faults that exist", () => {
  const names = FAULTS.map(({ name }) => name);
  const callNames = CALL_FAULTS.map(({ name }) => name);
  for (const each of [names, callNames]) {
    expect(new Set(each).size).toBe(each.length);
    expect(each.length).toBeGreaterThanOrEqual(40);
  }
  expect(
    Object.values(DIFFERENCES)
      .flatMap((entries) => Object.keys(entries))
      .filter((name) => !names.includes(name) && !callNames.includes(name)),
  ).toEqual([]);
});
