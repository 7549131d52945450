export { connectionMachine } from "./connection.machine.js";
export type { AttemptCommand, ConnectionInput } from "./connection.machine.js";
export { microphoneMachine } from "./microphone.machine.js";
export type { CaptureCommand, CaptureInput } from "./microphone.machine.js";
export { speakerMachine } from "./speaker.machine.js";
export { transportMachine } from "./transport.machine.js";
export type {
  CallVerdict,
  RefusedCall,
  RtviTag,
  TransportContext,
  TransportEvent,
  TransportFact,
} from "./transport.machine.js";
export type { Refusal } from "./older-attempts.js";
export { turnsMachine } from "./turns.machine.js";
