import { RTVIMessage, RTVIMessageType } from "@pipecat-ai/client-js";
import { RtviMachineError, ServiceError } from "../errors.js";

/** An RTVI `error` message: what `onError` receives. Carries `error` and, for older apps, `message`. */
export function errorMessage(error: Error, fatal: boolean): RTVIMessage {
  return new RTVIMessage(RTVIMessageType.ERROR, {
    error: error.message,
    message: error.message,
    fatal,
    name: error.name,
    ...(error instanceof RtviMachineError && {
      code: error.code,
      ...(error.status !== undefined && { status: error.status }),
      ...(error.closeCode !== undefined && { closeCode: error.closeCode }),
      ...(error.reason !== undefined && { reason: error.reason }),
      ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
      ...(error instanceof ServiceError && error.serviceCode !== undefined && { serviceCode: error.serviceCode }),
    }),
  });
}

/** An RTVI `error-response` to a message of the app: what `onMessageError` receives. Keeps the message's id. */
export function errorResponse(request: RTVIMessage, error: Error): RTVIMessage {
  return new RTVIMessage(
    RTVIMessageType.ERROR_RESPONSE,
    { error: error.message, msgType: request.type, name: error.name, fatal: false },
    request.id,
  );
}
