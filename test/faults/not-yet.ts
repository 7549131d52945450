import type { SubjectName } from "./catalogue/fault.js";

/** Why an expectation does not hold yet. */
export interface NotYet {
  /** For the table: a clause. */
  readonly reason: string;
  /** Every problem that is seen must be one of these: nothing else may hide behind the reason. */
  readonly problems: RegExp;
}

const LOST = "a message that was taken was lost";

const UNWATCHED: NotYet = {
  reason: "a line that is open and dead is not noticed",
  problems: new RegExp(`^(did not continue|errors \\[\\]|a gap of|${LOST})`),
};

const UNSENT: NotYet = {
  reason: "a text that was taken while the line died is not sent again",
  problems: new RegExp(`^${LOST}$`),
};

/** Of transports that do not watch their line: nothing tells a service that has nothing to say from one that is gone. */
const UNTIL_THEY_WATCH: Readonly<Record<string, NotYet>> = {
  "half-open-service-gone": UNWATCHED,
  "black-hole-up": UNWATCHED,
  "black-hole-down": UNWATCHED,
};

/** Of a transport whose service begins anew after a loss. */
const FORGOTTEN: Readonly<Record<string, NotYet>> = {
  "silent-after-redial": UNSENT,
  reset: UNSENT,
  "reset-twice": UNSENT,
  "end-of-stream": UNSENT,
  "half-open-app-gone": UNSENT,
  "away-briefly": UNSENT,
  "hung-redial": UNSENT,
  terminated: UNSENT,
  "unavailable-for-a-while": UNSENT,
};

/**
 * Faults whose expectation does not hold yet. The table runs them like the others and insists that they do not hold, so
 * that an entry cannot outlive its reason.
 */
export const NOT_YET: Readonly<Record<SubjectName, Readonly<Record<string, NotYet>>>> = {
  "openai-websocket": {},
  gemini: {
    "black-hole-up": {
      reason: "without a ping, what vanishes on an open line is noticed only while something is owed",
      problems: new RegExp(`^(errors \\[\\]|${LOST})`),
    },
  },
  pipecat: { ...UNTIL_THEY_WATCH, ...FORGOTTEN },
};
