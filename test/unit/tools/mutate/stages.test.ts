import { describe, expect, it } from "vitest";
import { stagesOf } from "../../../../tools/mutate/stages.js";

const every = [
  "test/graph/connection.test.ts",
  "test/graph/charts.test.ts",
  "test/graph/paths.test.ts",
  "test/unit/actors/connection.test.ts",
  "test/unit/policy/backoff.test.ts",
  "test/properties/orderings.test.ts",
  "test/unit/providers/gemini/setup.test.ts",
  "test/unit/providers/gemini/live-rig.ts",
  "test/unit/providers/gemini/local-service.test.ts",
  "test/browser/session.test.ts",
];

const stages = (file: string): readonly (readonly [string, readonly string[]])[] =>
  stagesOf(file, every).map(({ name, tests }) => [name, tests]);

describe("stagesOf", () => {
  it("asks what is near first, then what is assembled, then the services, and nothing twice", () => {
    expect(stages("src/policy/backoff.ts")).toEqual([
      ["near", ["test/unit/policy/backoff.test.ts"]],
      [
        "assembled",
        [
          "test/graph/connection.test.ts",
          "test/graph/paths.test.ts",
          "test/unit/actors/connection.test.ts",
          "test/properties/orderings.test.ts",
        ],
      ],
      ["services", ["test/unit/providers/gemini/setup.test.ts"]],
    ]);
  });

  it("asks the tests of the folder above where a folder has none of its own, and not those that wait for a service", () => {
    expect(stages("src/providers/gemini/services/table.ts")[0]).toEqual([
      "near",
      ["test/unit/providers/gemini/setup.test.ts"],
    ]);
  });

  it("leaves the tests of another chart for later", () => {
    expect(stages("machines/speaker.machine.ts").slice(0, 2)).toEqual([
      ["near", ["test/graph/paths.test.ts"]],
      [
        "assembled",
        ["test/graph/connection.test.ts", "test/unit/actors/connection.test.ts", "test/properties/orderings.test.ts"],
      ],
    ]);
  });

  it("does not ask whether a drawing is stale", () => {
    expect(stages("machines/connection.machine.ts")[0]).toEqual([
      "near",
      ["test/graph/connection.test.ts", "test/graph/paths.test.ts"],
    ]);
  });
});
