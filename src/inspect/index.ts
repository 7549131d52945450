export { statelyInspector } from "./stately-inspector.js";
export type { StatelyInspectorOptions, StatelyModule, StatelySessionInspector } from "./stately-inspector.js";
export { xstateInspector } from "./xstate-inspector.js";
export type { XStateInspector, XStateInspectorOptions } from "./xstate-inspector.js";
export type { LegacyServer, LegacySocket } from "./legacy/viewers.js";
export type { Inspector, MessageOutline, SessionInspector } from "../contracts/inspector.js";
