import { attemptCases } from "./conformance/attempt-cases.js";
import { suiteOf } from "./conformance/bench.js";
import { callbackCases } from "./conformance/callback-cases.js";
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
 * Assertions are plain exceptions. The client's log level is set to none.
 *
 * ```ts
 * import { describe, it } from "vitest";
 * import { transportConformance } from "rtvi-machine/testing";
 *
 * transportConformance(() => myHarness(), { describe, it });
 * ```
 *
 * @param createHarness makes a fresh transport, with hands on its service, its microphone and its time.
 * @param runner `describe` and `it` of the test runner.
 */
export function transportConformance(createHarness: HarnessFactory, runner: ConformanceRunner): void {
  const suite = suiteOf(createHarness, runner);
  connectCases(suite);
  deviceCases(suite);
  disconnectCases(suite);
  failureCases(suite);
  startCases(suite);
  attemptCases(suite);
  sharingCases(suite);
  callbackCases(suite);
}
