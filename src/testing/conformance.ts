import { attemptCases } from "./conformance/attempt-cases.js";
import { suiteOf, type ConformanceOptions } from "./conformance/bench.js";
import { callbackCases } from "./conformance/callback-cases.js";
import { same } from "./conformance/check.js";
import { connectCases } from "./conformance/connect-cases.js";
import { deviceCases } from "./conformance/device-cases.js";
import { disconnectCases } from "./conformance/disconnect-cases.js";
import { failureCases } from "./conformance/failure-cases.js";
import type { ConformanceRunner, HarnessFactory } from "./conformance/harness.js";
import { sharingCases } from "./conformance/sharing-cases.js";
import { startCases } from "./conformance/start-cases.js";

/**
 * Registers the conformance suite: the exact states and callbacks that an app sees of a transport through
 * `PipecatClient`, in every way a session may begin, fail and end. For transports of this library, and for any other
 * that wants to behave the same.
 *
 * Assertions are plain exceptions, and cases must not run beside each other: some stand in for the page's `fetch` and
 * permissions. The client's log level is set to none.
 *
 * ```ts
 * import { describe, it } from "vitest";
 * import { transportConformance } from "rtvi-machine/testing";
 *
 * transportConformance(() => myHarness(), { describe, it });
 * ```
 *
 * With Jest they are globals, and `node:test` exports both.
 *
 * @param createHarness makes a fresh transport, with hands on its service, its microphone and its time.
 * @param runner `describe` and `it` of the test runner.
 * @param options cases that the transport is known not to pass, and how long a promise may take.
 */
export function transportConformance(
  createHarness: HarnessFactory,
  runner: ConformanceRunner,
  options: ConformanceOptions = {},
): void {
  const suite = suiteOf(createHarness, runner, options);
  connectCases(suite);
  deviceCases(suite);
  disconnectCases(suite);
  failureCases(suite);
  startCases(suite);
  attemptCases(suite);
  sharingCases(suite);
  callbackCases(suite);
  const { knownGaps = {} } = options;
  if (Object.keys(knownGaps).length === 0) return;
  runner.describe("known gaps", () => {
    runner.it("are cases of the suite", () => {
      const unknown = Object.keys(knownGaps).filter((title) => !suite.titles.has(title));
      return Promise.resolve().then(() => same(unknown, [], "declared gaps that name no case"));
    });
  });
}
