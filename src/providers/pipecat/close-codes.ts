import {
  AuthenticationError,
  ConnectionLostError,
  ProtocolError,
  ServiceError,
  type ErrorFacts,
  type RtviMachineError,
} from "../../errors.js";
import {
  closeOf,
  failedToOpen,
  isPrivateClose,
  isRetryableClose,
  isUnauthorizedClose,
} from "../../policy/close-codes.js";
import { redactor } from "../../util/redact.js";

/** Makes the server's own words safe to show. */
export type Redact = (text: string) => string;

type ErrorClass = new (message: string, facts: ErrorFacts & { readonly serviceCode: string }) => RtviMachineError;

interface Meaning {
  readonly says: string;
  readonly Error: ErrorClass;
}

const lost = (says: string): Meaning => ({ says, Error: ConnectionLostError });
const garbled: Meaning = {
  says: "The server did not understand what it was sent: do both ends use the same serializer?",
  Error: ProtocolError,
};
const unauthorized: Meaning = {
  says: "The server refused the connection: check `token`; one that a bot runner hands out works once, and for minutes only.",
  Error: AuthenticationError,
};

/** What Pipecat's servers, the frameworks beneath them and the proxies in front of them mean by a close code. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [1000, lost("The bot ended the session")],
  [1001, lost("The server is going away")],
  [1002, garbled],
  [1003, garbled],
  [1005, lost("The connection to the bot was closed")],
  [1007, garbled],
  [1008, unauthorized],
  [1009, lost("The server refused a message as too large")],
  [1011, lost("The bot failed")],
  [1012, lost("The server restarts")],
  [1013, lost("The server is busy: a Pipecat WebSocket server takes one client at a time, and has one")],
  [1014, lost("The server behind a gateway cannot be reached")],
]);

function meaningOf(code: number): Meaning {
  if (isUnauthorizedClose(code)) return unauthorized;
  const ended = { says: "The server ended the session", Error: ServiceError };
  return MEANINGS.get(code) ?? (isPrivateClose(code) ? ended : lost("The connection to the bot was lost"));
}

/**
 * Why an open connection to the bot is gone.
 * @param reason The close reason; `redact` makes it safe to show.
 */
export function closeError(code: number, reason: string, redact: Redact): RtviMachineError {
  const said = redact(reason);
  const { says, Error } = meaningOf(code);
  const facts = { closeCode: code, reason: said, retryable: isRetryableClose(code), serviceCode: String(code) };
  return new Error(`${says} (${closeOf(code, said)}).`, facts);
}

/** Why a connection to the bot did not open. */
export function connectError(code: number, reason: string, redact: Redact): RtviMachineError {
  const advice = "`wsUrl` cannot be reached, or the server refused `token` or this page's origin.";
  return failedToOpen(closeError(code, reason, redact), "the bot", advice);
}

/** Blanks `secrets`, and cuts at 123 bytes' worth of characters, the most that a close reason can have. */
export function closeReasonRedactor(secrets: readonly string[]): Redact {
  const redact = redactor(secrets);
  return (text) => redact(text).slice(0, 123);
}
