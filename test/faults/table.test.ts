import { afterAll, describe, expect, it } from "vitest";
import { CALL_FAULTS } from "../../packages/testkit/src/faults/calls/catalogue/index.js";
import { DIFFERENCES, expectationOf } from "../../packages/testkit/src/faults/catalogue/differences.js";
import { FAULTS } from "../../packages/testkit/src/faults/catalogue/index.js";
import { SUBJECTS } from "../../packages/testkit/src/faults/subjects.js";
import { problemsOf } from "../../packages/testkit/src/faults/run/play-fault.js";
import { runFault } from "../../packages/testkit/src/faults/run/run-fault.js";
import { RESULTS, resultOf, writeResults, type FaultResult } from "../../packages/testkit/src/faults/results.js";

const results: FaultResult[] = [];

afterAll(() => writeResults(RESULTS, results));

describe.each(SUBJECTS)("$title", { concurrent: true }, (subject) => {
  const faults = FAULTS.flatMap((fault) => {
    const expected = expectationOf(fault, subject.name);
    return expected === undefined ? [] : [{ fault, expected, name: fault.name }];
  });
  it.each(faults)("$name", async ({ fault, expected }) => {
    const report = await runFault(fault, subject);
    const problems = problemsOf(report, expected);
    results.push(resultOf(report, problems));
    expect(problems, JSON.stringify(report)).toEqual([]);
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
