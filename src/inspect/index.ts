export { statelyInspector } from "./stately-inspector.js";
export type { SessionInspector, StatelyInspectorOptions } from "./stately-inspector.js";
