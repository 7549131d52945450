import { describe, it } from "vitest";
import { scriptedHarness, transportConformance } from "../../src/testing/index.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";

describe.each(["fresh", "resumed", "replayed"] as const)("whose service finds the conversation %s", (continuity) => {
  transportConformance(() => scriptedHarness({ logger: silent }, continuity), { describe, it });
});
