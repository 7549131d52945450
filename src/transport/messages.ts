import { MessageTooLargeError, messageSizeWithinLimit, RTVIMessage, RTVIMessageType } from "@pipecat-ai/client-js";
import { InvalidOptionsError, ServiceError, isRtviMachineError, type RtviMachineError } from "../errors.js";
import { lacksResult } from "./function-calls.js";
import { isRecord } from "../util/records.js";

/** An RTVI `error` message: what `onError` receives. Carries `error` and, for older apps, `message`. */
export function errorMessage(error: Error, fatal: boolean): RTVIMessage {
  const { message, name } = error;
  const facts = isRtviMachineError(error) ? factsOf(error) : {};
  return new RTVIMessage(RTVIMessageType.ERROR, { error: message, message, fatal, name, ...facts });
}

/** What is known of it besides. */
function factsOf(error: RtviMachineError): object {
  const { code, status, closeCode, reason, retryAfterMs } = error;
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined;
  const facts = Object.entries({ code, status, closeCode, reason, retryAfterMs, serviceCode });
  return Object.fromEntries(facts.filter(([, fact]) => fact !== undefined));
}

/** An RTVI `error-response` to a message of the app: what `onMessageError` receives. Keeps the message's id. */
export function errorResponse(request: RTVIMessage, error: Error): RTVIMessage {
  return new RTVIMessage(
    RTVIMessageType.ERROR_RESPONSE,
    { error: error.message, msgType: request.type, name: error.name, fatal: false },
    request.id,
  );
}

/** @throws InvalidOptionsError for what is no RTVI message, whatever an app without types hands in. */
export function checkShape(message: unknown): void {
  if (isRecord(message) && typeof message.type === "string") return;
  throw new InvalidOptionsError("A message must be an object with a string `type`.");
}

/**
 * Why a message cannot be sent at all; undefined when it can.
 * @param limit in bytes.
 */
export function sendingFault(
  message: RTVIMessage,
  limit: number,
): InvalidOptionsError | MessageTooLargeError | undefined {
  if (lacksResult(message)) {
    return new InvalidOptionsError("llm-function-call-result.result is what JSON cannot hold.");
  }
  try {
    if (messageSizeWithinLimit(message, limit)) return undefined;
  } catch (cause) {
    return new InvalidOptionsError(`The message "${message.type}" cannot be written as JSON.`, { cause });
  }
  return new MessageTooLargeError(`The message is larger than ${limit} bytes.`);
}
