import { mkdir, writeFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { DIFFERENCES, expectationOf } from "./catalogue/differences.js";
import { FAULTS } from "./catalogue/index.js";
import { SUBJECTS } from "./subjects.js";
import { problemsOf, runFault } from "./support/run-fault.js";
import { RESULTS, resultOf, type FaultResult } from "./results.js";

const results: FaultResult[] = [];

afterAll(async () => {
  await mkdir(new URL(".", RESULTS), { recursive: true });
  await writeFile(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
});

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

it("names every fault once, and lists as different only faults that exist", () => {
  const names = FAULTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(40);
  expect(
    Object.values(DIFFERENCES)
      .flatMap((entries) => Object.keys(entries))
      .filter((name) => !names.includes(name)),
  ).toEqual([]);
});
