import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { CallFailure } from "../contracts/dialogue.js";
import { idAt, isRecord } from "../util/records.js";

const CALL = "llm-function-call";

/** The id of the call that client-js runs a handler for, on this message. */
export function callMadeBy(message: unknown): string | undefined {
  return callIn(message, [CALL, `${CALL}-in-progress`]);
}

/** The id of the call that the app answers with this message. */
export function callAnsweredBy(message: unknown): string | undefined {
  return callIn(message, [`${CALL}-result`]);
}

/** Whether a message is to answer a call, and would be without its result: JSON leaves functions and symbols out. */
export function lacksResult(message: unknown): boolean {
  if (callAnsweredBy(message) === undefined || !isRecord(message) || !isRecord(message.data)) return false;
  return ["function", "symbol"].includes(typeof message.data.result);
}

function callIn(message: unknown, types: readonly string[]): string | undefined {
  if (!isRecord(message) || !types.includes(String(message.type)) || !isRecord(message.data)) return undefined;
  return idAt(message.data, "tool_call_id");
}

/** V8 keeps ten frames of a stack; a handler may throw from deeper. */
const FRAMES = 200;

/** Has the client handle a message; an error of a function's handler tells where it comes from, however deep that is. */
export function withWholeStack(handler: (message: RTVIMessage) => void): (message: RTVIMessage) => void {
  const limits = Error as { stackTraceLimit?: number };
  return (message) => {
    const before = limits.stackTraceLimit;
    if (before === undefined || callMadeBy(message) === undefined) {
      handler(message);
      return;
    }
    limits.stackTraceLimit = Math.max(before, FRAMES);
    try {
      handler(message);
    } finally {
      limits.stackTraceLimit = before;
    }
  };
}

/** The method of client-js in which the handlers of functions run; other callbacks of the same message run outside of it. */
const RUNS_HANDLERS = "_maybeTriggerFunctionCallCallback";

/**
 * What became of a function, where an error comes out of its handler. Undefined for an error of another callback, and for
 * what has no stack to tell: the deadline of the call ends those.
 */
export function failureOf(error: unknown): CallFailure | undefined {
  if (!isRecord(error) || typeof error.stack !== "string" || !error.stack.includes(RUNS_HANDLERS)) return undefined;
  const said = String(error.message);
  // client-js awaits the promise that it expects.
  if (error instanceof TypeError && /\bthen\b/.test(said)) {
    return { what: "has a handler that returned no promise: declare it async", cause: error };
  }
  return { what: `has a handler that threw: ${said}`, cause: error };
}
