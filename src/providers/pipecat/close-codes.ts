import {
  AuthenticationError,
  ConnectionFailedError,
  ConnectionLostError,
  ProtocolError,
  ServiceError,
  type ErrorFacts,
  type RtviMachineError,
} from "../../errors.js";
import { redactor } from "../../util/redact.js";

/** Makes the server's own words safe to show. */
export type Redact = (text: string) => string;

type ErrorClass = new (message: string, facts: ErrorFacts) => RtviMachineError;

interface Meaning {
  readonly says: string;
  readonly Error: ErrorClass;
  /** Whether a fresh connection may work. */
  readonly retryable: boolean;
}

const lost = (says: string, retryable: boolean): Meaning => ({ says, Error: ConnectionLostError, retryable });
const garbled: Meaning = {
  says: "The server did not understand what it was sent: do both ends use the same serializer?",
  Error: ProtocolError,
  retryable: false,
};
const unauthorized: Meaning = {
  says: "The server refused the connection: check `token`; one that a bot runner hands out works once, and for minutes only.",
  Error: AuthenticationError,
  retryable: false,
};

/** What Pipecat's servers, the frameworks beneath them and the proxies in front of them mean by a close code. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [1000, lost("The bot ended the session", false)],
  [1001, lost("The server is going away", true)],
  [1002, garbled],
  [1003, garbled],
  [1005, lost("The connection to the bot was closed", true)],
  [1006, lost("The connection to the bot was lost", true)],
  [1007, garbled],
  [1008, unauthorized],
  [1009, lost("The server refused a message as too large", false)],
  [1011, lost("The bot failed", true)],
  [1012, lost("The server restarts", true)],
  [1013, lost("The server is busy: a Pipecat WebSocket server takes one client at a time, and has one", true)],
  [1014, lost("The server behind a gateway cannot be reached", true)],
  [3000, unauthorized],
  [3003, unauthorized],
  [4001, unauthorized],
  [4003, unauthorized],
  [4401, unauthorized],
  [4403, unauthorized],
]);

/**
 * Why an open connection to the bot is gone.
 * @param reason The close reason; `redact` makes it safe to show.
 */
export function closeError(code: number, reason: string, redact: Redact): RtviMachineError {
  const said = redact(reason);
  const tail = said === "" ? `code ${code}` : `code ${code}: ${said}`;
  const meaning = MEANINGS.get(code);
  if (meaning !== undefined) {
    const { says, Error, retryable } = meaning;
    return new Error(`${says} (${tail}).`, { closeCode: code, reason: said, retryable });
  }
  const facts = { closeCode: code, reason: said, serviceCode: String(code) };
  if (code >= 4000 && code <= 4999) return new ServiceError(`The server ended the session (${tail}).`, facts);
  return new ConnectionLostError(`The connection to the bot was lost (${tail}).`, facts);
}

/**
 * Why a connection to the bot did not open. A browser shows a refused upgrade, which is how a wrong token is answered, and
 * an unreachable host alike: as code 1006 without a reason.
 */
export function connectError(code: number, reason: string, redact: Redact): RtviMachineError {
  const told = closeError(code, reason, redact);
  if (!(told instanceof ConnectionLostError)) return told;
  const said = redact(reason);
  const tail = said === "" ? `code ${code}` : `code ${code}: ${said}`;
  return new ConnectionFailedError(
    `The connection to the bot could not be opened (${tail}): \`wsUrl\` cannot be reached, or the server refused \`token\` or this page's origin.`,
    { closeCode: code, reason: said, retryable: told.retryable },
  );
}

/** Blanks `secrets`, and cuts at 123 bytes' worth of characters, the most that a close reason can have. */
export function closeReasonRedactor(secrets: readonly string[]): Redact {
  const redact = redactor(secrets);
  return (text) => redact(text).slice(0, 123);
}
