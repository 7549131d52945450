import { vi } from "vitest";

/*
 * Runs before every test file: how long a test waits for something where it does not say, in ms. Vitest's second is short on a machine
 * that is busy with other things, and nothing is learnt from a test that gives up early.
 */
const PATIENCE = 10_000;

/** Files of one process share `vi`. */
const PATIENT = Symbol.for("rtvi-machine.tests.patient");
const shared = globalThis as { [PATIENT]?: true };

const patient = <Options extends { timeout?: number }>(options: number | Options | undefined): number | Options =>
  typeof options === "number" ? options : ({ timeout: PATIENCE, ...options } as Options);

if (shared[PATIENT] === undefined) {
  shared[PATIENT] = true;
  const { waitFor, waitUntil } = vi;
  vi.waitFor = (callback, options) => waitFor(callback, patient(options));
  vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));
}
