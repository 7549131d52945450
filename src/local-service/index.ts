export { startLocalService, type LiveSession, type LocalService } from "./service.js";
export type { LoggedEvent } from "./event-log.js";
export type { FaultKnobs } from "./faults.js";
export type { JsonObject } from "./json.js";
export type { LocalServiceOptions, ScriptedCall, ScriptedTurn, VadDefaults } from "./options.js";
