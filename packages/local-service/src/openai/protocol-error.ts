import type { JsonObject } from "../json.js";

/** What OpenAI says about a mistake. */
export interface ProtocolErrorFacts {
  readonly code: string | null;
  readonly message: string;
  /** The key that is wrong, as a path from the event. */
  readonly param?: string;
  /** Default `invalid_request_error`. */
  readonly type?: string;
}

/** A client's mistake, on its way to becoming an `error` event or an HTTP error. The session goes on. */
export class ProtocolMistake extends Error {
  readonly facts: ProtocolErrorFacts;

  constructor(facts: ProtocolErrorFacts) {
    super(facts.message);
    this.name = "ProtocolMistake";
    this.facts = facts;
  }
}

/** The body of an HTTP error. */
export function errorBody(facts: ProtocolErrorFacts): JsonObject {
  return {
    error: {
      message: facts.message,
      type: facts.type ?? "invalid_request_error",
      param: facts.param ?? null,
      code: facts.code,
    },
  };
}

/** The `error` event; `causedBy` is the `event_id` of the client's event. */
export function errorEvent(facts: ProtocolErrorFacts, causedBy?: string): JsonObject & { readonly type: "error" } {
  return {
    type: "error",
    error: {
      type: facts.type ?? "invalid_request_error",
      code: facts.code,
      message: facts.message,
      param: facts.param ?? null,
      event_id: causedBy ?? null,
    },
  };
}

/** A key that the protocol does not have, or no longer has. */
export function unknownParameter(path: string): ProtocolMistake {
  return new ProtocolMistake({ code: "unknown_parameter", message: `Unknown parameter: '${path}'.`, param: path });
}

/** A key that must be there. */
export function missingParameter(path: string): ProtocolMistake {
  return new ProtocolMistake({
    code: "missing_required_parameter",
    message: `Missing required parameter: '${path}'.`,
    param: path,
  });
}

/** A value of the right type that is not allowed. */
export function invalidValue(path: string, message: string): ProtocolMistake {
  return new ProtocolMistake({ code: "invalid_value", message, param: path });
}
