import { DeviceError, type DeviceErrorType } from "@pipecat-ai/client-js";
import { UnsupportedEnvironmentError } from "../errors.js";
import { asError } from "../util/reason.js";

/** Names of the exceptions of `getUserMedia` (Media Capture and Streams, §10.3), past ones included. */
const TYPES: ReadonlyMap<string, DeviceErrorType> = new Map([
  ["NotAllowedError", "permissions"],
  ["PermissionDeniedError", "permissions"],
  ["SecurityError", "permissions"],
  ["NotReadableError", "in-use"],
  ["TrackStartError", "in-use"],
  ["AbortError", "in-use"],
  ["NotFoundError", "not-found"],
  ["DevicesNotFoundError", "not-found"],
  ["OverconstrainedError", "constraints"],
  ["ConstraintNotSatisfiedError", "constraints"],
  ["TypeError", "constraints"],
]);

const ADVICE: Readonly<Record<DeviceErrorType, string>> = {
  permissions:
    "The microphone is not allowed: the user, the browser or the page's Permissions-Policy refuses it. " +
    "The user can change that at the icon beside the page's address.",
  "in-use": "The microphone cannot be read; another program may hold it.",
  "not-found": "No microphone was found.",
  constraints: "No microphone satisfies the request; the chosen device may be gone.",
  "undefined-mediadevices":
    "This page has no navigator.mediaDevices.getUserMedia: use a browser that has it (a web view may have to be told to allow it).",
  unknown: "The microphone failed.",
};

/** A property of an exception; OverconstrainedError is not an Error in every browser. */
function textOf(cause: unknown, key: "name" | "message"): string {
  if (typeof cause !== "object" || cause === null) return "";
  const value: unknown = Reflect.get(cause, key);
  return typeof value === "string" ? value : "";
}

/** The microphone's DeviceError for whatever `getUserMedia` threw; a DeviceError passes unchanged. */
export function toMicrophoneError(cause: unknown): DeviceError {
  if (cause instanceof DeviceError) return cause;
  const name = textOf(cause, "name");
  const type = TYPES.get(name) ?? "unknown";
  return microphoneError(type, `${ADVICE[type]} ${name} ${textOf(cause, "message")}`.trim(), cause);
}

/** A DeviceError of the microphone; without `message`, with the advice for its type. */
export function microphoneError(type: DeviceErrorType, message = ADVICE[type], cause?: unknown): DeviceError {
  return new DeviceError(["mic"], type, message, cause instanceof Error ? { sourceError: cause } : undefined);
}

/** The DeviceError for an output that could not be chosen. */
export function speakerError(cause: unknown): DeviceError {
  const details = cause instanceof Error ? { sourceError: cause } : undefined;
  return new DeviceError(["speaker"], "not-found", "The chosen speaker cannot be used.", details);
}

/**
 * The DeviceError for whatever kept a device from working; a DeviceError passes unchanged. What the page lacks is of the
 * type that client-js shows as `not-supported`, for want of a better name.
 */
export function toDeviceError(device: "mic" | "cam" | "speaker", cause: unknown): DeviceError {
  if (cause instanceof DeviceError) return cause;
  const sourceError = asError(cause);
  const type = cause instanceof UnsupportedEnvironmentError ? "undefined-mediadevices" : "unknown";
  return new DeviceError([device], type, sourceError.message, { sourceError });
}

/**
 * `mediaDevices` that can be asked for a microphone, or the error that says why there are none.
 * @throws DeviceError of type `undefined-mediadevices`.
 */
export function requireMediaDevices(mediaDevices: MediaDevices | undefined): MediaDevices {
  if (typeof mediaDevices?.getUserMedia === "function") return mediaDevices;
  if (!("isSecureContext" in globalThis) || globalThis.isSecureContext) throw microphoneError("undefined-mediadevices");
  throw microphoneError(
    "undefined-mediadevices",
    "Microphones need a secure context: serve the page over https or from localhost.",
  );
}
