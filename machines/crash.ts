import type { Fault } from "../src/contracts/fault.js";

/** Characters of a cause that are kept. */
const LONGEST = 300;

/**
 * The fault of code that crashed, with its cause.
 * @param event XState's report of an actor that threw; the cause is not named where it is none.
 */
export function crashFault(what: string, event?: object): Fault {
  const cause = event !== undefined && "error" in event ? event.error : undefined;
  const said = cause instanceof Error ? `${cause.name}: ${cause.message}` : typeof cause === "string" ? cause : "";
  const message = said === "" ? `${what}.` : `${what}: ${said.slice(0, LONGEST)}`;
  return { id: 0, code: "internal-error", message, retryable: false };
}
