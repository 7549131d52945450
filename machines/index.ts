export { linkMachine } from "./link.machine.js";
export type { LinkContext, LinkEvent, LinkInput, LinkOutcome, WireCommand } from "./link.machine.js";
export { microphoneMachine } from "./microphone.machine.js";
export type { CaptureCommand, CaptureInput, MicrophoneDevice, MicrophoneEvent } from "./microphone.machine.js";
export { speakerMachine } from "./speaker.machine.js";
export type { SpeakerEvent } from "./speaker.machine.js";
export { transportMachine } from "./transport.machine.js";
export type { RtviTag, TransportContext, TransportEvent, TransportFact, TransportInput } from "./transport.types.js";
