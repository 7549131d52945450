import type { Fault } from "../src/contracts/fault.js";

/** Characters of a cause that are kept. */
const LONGEST = 300;
/** What a credential, or an address with one, is written in: neither a chart's context nor an inspector may hold it. */
const LONG_RUN = /\S{12,}/g;
const withoutSecrets = (said: string): string =>
  said.replace(LONG_RUN, (run) => (/[\d=?@/+~]/.test(run) ? "[redacted]" : run));

/**
 * The fault of code that crashed, with its cause.
 * @param event XState's report of an actor that threw; the cause is not named where it is none.
 */
export function crashFault(what: string, event?: object): Fault {
  const cause = event !== undefined && "error" in event ? event.error : undefined;
  const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : typeof cause === "string" ? cause : "";
  const message = said === "" ? `${what}.` : `${what}: ${withoutSecrets(said).slice(0, LONGEST)}`;
  return { id: 0, code: "internal-error", message, retryable: false };
}
