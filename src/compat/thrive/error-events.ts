import type { DeviceError } from "@pipecat-ai/client-js";
import { fieldOf, isRecord, type JsonRecord } from "../../util/records.js";
import type { RealtimeEvent } from "./documented-events.js";

const EXPLAINED_BY = new Set(["error", "response.done", "conversation.item.input_audio_transcription.failed"]);

/**
 * What goes wrong on this side of the connection, as an `error` event in the shape of the service's own.
 * @param data The data of an RTVI `error` message.
 */
export function errorEvent(data: unknown): RealtimeEvent & { readonly error: JsonRecord } {
  const { error: message, message: _message, ...facts } = isRecord(data) ? data : {};
  return { type: "error", error: { type: "transport_error", message, fatal: false, ...facts } };
}

/** A refused or lost device; the session goes on without it. `code` is client-js's, e.g. "permissions". */
export function deviceErrorEvent({ type, devices, message }: DeviceError): RealtimeEvent {
  return { type: "error", error: { type: "device_error", code: type, message, devices, fatal: false } };
}

/**
 * Whether the app has just heard the same from the service itself. The end of the session it must hear in any case.
 * @param last The type of the last event that was handed on.
 */
export function wasTold({ error }: { readonly error: JsonRecord }, last: string | undefined): boolean {
  const code = fieldOf(error, "code");
  if (fieldOf(error, "fatal") === true || (code !== "service-error" && code !== "unauthorized")) return false;
  return last !== undefined && EXPLAINED_BY.has(last) && fieldOf(error, "closeCode") === undefined;
}
