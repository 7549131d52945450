import type { SubjectName } from "./catalogue/fault.js";

const UNNOTICED = "a line that is open and dead is not noticed";
const UNSENT = "a text that was taken while the line died is not sent again";
const UNANSWERED = "an answer that never comes or never ends holds back the next one";

/**
 * Faults whose expectation does not hold yet, with the reason. The table runs them like the others and insists that they
 * do not hold, so that an entry cannot outlive its reason.
 */
export const NOT_YET: Readonly<Record<SubjectName, Readonly<Record<string, string>>>> = {
  "openai-websocket": {
    "half-open-service-gone": UNNOTICED,
    "black-hole-up": UNNOTICED,
    "black-hole-down": UNNOTICED,
    reset: UNSENT,
    "reset-twice": UNSENT,
    "end-of-stream": UNSENT,
    "half-open-app-gone": UNSENT,
    "away-briefly": UNSENT,
    "hung-redial": UNSENT,
    terminated: UNSENT,
    "unavailable-for-a-while": UNSENT,
    "never-answered": UNANSWERED,
    "answer-without-end-or-cancel": UNANSWERED,
  },
};
