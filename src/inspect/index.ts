export { statelyInspector } from "./stately-inspector.js";
export type { StatelyInspectorOptions, StatelyModule, StatelySessionInspector } from "./stately-inspector.js";
export type { Inspector, MessageOutline, SessionInspector } from "../contracts/inspector.js";
