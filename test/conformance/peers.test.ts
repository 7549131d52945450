// @vitest-environment node
import { afterAll, beforeAll, describe, it } from "vitest";
import { readKnownGaps } from "../../packages/testkit/src/conformance/known-gaps.js";
import { PEERS_UNDER_TEST } from "../../packages/testkit/src/conformance/peers.js";
import { someTurns } from "../../packages/testkit/src/conformance/run-suite.js";
import { transportConformance } from "../../src/testing/index.js";

const gaps = readKnownGaps();
const theRunners = process.listeners("unhandledRejection");

/** A gap of theirs may be a rejection that nobody handles: the case fails, as it is declared to, and the run goes on. */
beforeAll(() => {
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", () => undefined);
});
afterAll(() => {
  process.removeAllListeners("unhandledRejection");
  for (const listener of theRunners) process.on("unhandledRejection", listener);
});

/** docs/conformance.md is written from these gaps: a peer that closes one fails here until they are found afresh. */
describe.each(PEERS_UNDER_TEST)("$name", ({ name, harness }) => {
  transportConformance(harness, { describe, it }, { patience: someTurns, knownGaps: gaps[name] ?? {} });
});
