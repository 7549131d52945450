import { AuthenticationError, ServiceError, type RtviMachineError } from "../../errors.js";
import { purposeOf } from "./effects.js";
import type { ErrorDetails, Outcome } from "./events.js";
import { fieldOf } from "../../util/records.js";

interface Fatal {
  /** What a person should read. */
  readonly advice: string;
  readonly retryable?: true;
  readonly auth?: true;
}

/** The errors that end a session, by their codes. */
const FATAL: Readonly<Record<string, Fatal>> = {
  session_expired: {
    advice: "The OpenAI session reached its maximum duration; a new session is needed.",
    retryable: true,
  },
  beta_api_shape_disabled: {
    advice: 'OpenAI no longer accepts the beta dialect: leave `dialect` at "ga", and beta keys out of `session`.',
  },
  invalid_api_key: {
    advice: "OpenAI refused the credential: check `api_key`, or mint a new client secret.",
    auth: true,
  },
  model_not_found: { advice: "OpenAI does not offer this `model` to this key." },
  insufficient_quota: { advice: "The OpenAI account has no quota left: check its plan and billing." },
  billing_hard_limit_reached: { advice: "The OpenAI account has reached its billing limit." },
  account_deactivated: { advice: "The OpenAI account is deactivated.", auth: true },
};

/** What may be over by the next attempt. */
const TRANSIENT = ["server_error", "rate_limit_exceeded"];

const REFUSED: Fatal = { advice: "OpenAI refused the credential: check `api_key`.", auth: true };

/** What a person should read of an error that ends the session; undefined for any other. */
function fatalOf({ code = "", type }: ErrorDetails): Fatal | undefined {
  const known = fieldOf(FATAL, code);
  return type === "authentication_error" ? { ...REFUSED, ...known } : known;
}

/** What an error event means for the conversation. */
export type ErrorMeaning =
  /** The session is over. */
  | "fatal"
  /** A race that nobody has to hear of: what was to be cancelled had just ended by itself. */
  | "not-cancelled"
  /** The same for what was to be truncated, cleared or deleted, and for a question that was answered by it. */
  | "too-late"
  /** A response was refused because another is being made. */
  | "busy"
  /** A response was refused for another reason. */
  | "not-created"
  | "other";

/** Reads an error by its code, and by what our own event that caused it was for. */
export function meaningOf(details: ErrorDetails): ErrorMeaning {
  if (fatalOf(details) !== undefined) return "fatal";
  const purpose = purposeOf(details.eventId);
  if (purpose === "cancel" || details.code === "response_cancel_not_active") return "not-cancelled";
  if (purpose === "truncate" || purpose === "clear" || purpose === "delete" || purpose === "probe") return "too-late";
  if (details.code === "conversation_already_has_active_response") return "busy";
  return purpose === "create" ? "not-created" : "other";
}

/**
 * The service's error as one of ours.
 * @param redact Makes its words safe to show.
 * @param isEnd Whether the session ends by it: another may do better where the service alone is to blame.
 */
export function serviceError(details: ErrorDetails, redact: (text: string) => string, isEnd = false): RtviMachineError {
  const said = redact(details.message);
  const serviceCode = redact(details.code ?? details.type ?? "unknown");
  const fatal = fatalOf(details);
  if (fatal !== undefined) {
    const told = `${fatal.advice} (${said})`;
    return fatal.auth === true
      ? new AuthenticationError(told, { reason: serviceCode })
      : new ServiceError(told, { serviceCode, retryable: fatal.retryable === true });
  }
  const retryable = isEnd && TRANSIENT.some((name) => name === details.type || name === details.code);
  return new ServiceError(`OpenAI reported an error: ${said}`, { serviceCode, retryable });
}

/** Statuses that say nothing of a failure. */
const WELL = new Set<string | undefined>([undefined, "completed", "in_progress", "cancelled"]);

/** Why a response that is done was not completed; undefined when nothing is wrong with it. */
export function responseError(response: Outcome, redact: (text: string) => string): RtviMachineError | undefined {
  const { status, error } = response;
  if (status === "incomplete") return incomplete(response, redact);
  if (error !== undefined) return serviceError(error, redact);
  if (WELL.has(status)) return undefined;
  const ended =
    status === "failed" ? "could not make a response" : `ended a response with the status ${redact(status ?? "")}`;
  const why = response.reason === undefined ? " and gave no reason." : `: ${redact(response.reason)}`;
  return new ServiceError(`OpenAI ${ended}${why}`, { serviceCode: "response_failed" });
}

function incomplete({ reason: given, error }: Outcome, redact: (text: string) => string): RtviMachineError {
  const reason = redact(given ?? error?.message ?? "unknown");
  const why =
    reason === "max_output_tokens"
      ? "it reached the limit of output tokens"
      : reason === "content_filter"
        ? "the content filter stopped it"
        : reason;
  const serviceCode = given === undefined ? redact(error?.code ?? "response_incomplete") : reason;
  return new ServiceError(`OpenAI's response is incomplete: ${why}.`, { serviceCode });
}
