import { RTVIMessageType } from "@pipecat-ai/client-js";
import { ConnectionLostError, NotReadyError } from "../errors.js";

/** What these ask for must not happen twice, and an answer to them is waited for. */
const REQUESTS = new Set<string>([RTVIMessageType.CLIENT_MESSAGE, "action"]);

/** Whether a message of the app, by its type, is one that is never sent twice, and rejected instead. */
export function isRequest(type: string): boolean {
  return REQUESTS.has(type);
}

/** Why a message of the app is rejected of which only the service knows whether it has arrived. */
export function unconfirmedError(): ConnectionLostError {
  return new ConnectionLostError(
    "The connection was lost before the message was confirmed: it may have arrived, or not.",
  );
}

/** Why a message of the app is rejected that waited for a connection which never came. */
export function notSentError(): NotReadyError {
  return new NotReadyError("The session ended before the connection was back: it was not sent.");
}
