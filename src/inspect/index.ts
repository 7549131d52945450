export { flightRecorder } from "./flight-recorder.js";
export type { FlightRecorder, FlightRecorderOptions } from "./flight-recorder.js";
export { liveInspector } from "./live-inspector.js";
export type { LiveInspector, LiveInspectorOptions } from "./live-inspector.js";
export { readRecording } from "./recording/read-recording.js";
export type {
  ActorEntry,
  ActorState,
  Data,
  Entry,
  MessageEntry,
  RecordedEvent,
  Recording,
  StatisticsEntry,
  StepEntry,
  Surroundings,
} from "./recording/recording.js";
export { replayCommand } from "./recording/replay-command.js";
export type { CommandPorts } from "./recording/replay-command.js";
export { differenceWords, storyOf } from "./recording/story.js";
export { replay } from "./recording/replay.js";
export type { Charts, Difference, Replayed, ReplayOptions } from "./recording/replay.js";
export { statelyInspector } from "./stately-inspector.js";
export type { StatelyInspectorOptions, StatelyModule, StatelySessionInspector } from "./stately-inspector.js";
export { xstateInspector } from "./xstate-inspector.js";
export type { XStateInspector, XStateInspectorOptions } from "./xstate-inspector.js";
export type { LegacyServer, LegacySocket } from "./legacy/viewers.js";
export type {
  Inspector,
  MeasuredSession,
  Measuring,
  MessageOutline,
  SessionInspector,
  Statistics,
} from "../contracts/inspector.js";
