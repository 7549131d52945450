import type { SubjectName } from "./catalogue/fault.js";

/** Why an expectation does not hold yet. */
export interface NotYet {
  /** For the table: a clause. */
  readonly reason: string;
  /** Every problem that is seen must be one of these: nothing else may hide behind the reason. */
  readonly problems: RegExp;
}

const LOST = "a message that was taken was lost";

/**
 * Faults whose expectation does not hold yet. The table runs them like the others and insists that they do not hold, so
 * that an entry cannot outlive its reason.
 */
export const NOT_YET: Readonly<Record<SubjectName, Readonly<Record<string, NotYet>>>> = {
  "openai-websocket": {},
  gemini: {},
  pipecat: {},
};
