import type { TransportActor } from "../compose.js";

function microphoneOf(actor: TransportActor) {
  return actor.getSnapshot().children.microphone?.getSnapshot();
}

/** Whether the microphone was refused, or is lost with nothing to take its place. */
export function isMicrophoneMissing(actor: TransportActor): boolean {
  const microphone = microphoneOf(actor);
  return microphone?.matches("failed") === true || microphone?.matches({ open: "lost" }) === true;
}

/** Whether a device is held now, muted or not. */
export function isMicrophoneHeld(actor: TransportActor): boolean {
  const microphone = microphoneOf(actor);
  return microphone?.matches({ open: "held" }) === true && microphone.context.device !== null;
}

/** Whether the app has muted the microphone. */
export function isMicrophoneMuted(actor: TransportActor): boolean {
  return microphoneOf(actor)?.context.muted === true;
}
