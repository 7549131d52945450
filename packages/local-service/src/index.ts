export { startLocalService, type LocalService } from "./service.js";
export type { EventFacts, LoggedEvent } from "./event-log.js";
export type { FaultKnobs } from "./faults.js";
export type { JsonObject } from "./json.js";
export type { LiveSession, Protocol, SessionView } from "./live-session.js";
export type { LocalServiceOptions, PipecatServiceOptions, ScriptedCall, ScriptedTurn, VadDefaults } from "./options.js";
export { allowedOrigins } from "./allow-list.js";
export { corsHeaders } from "./http.js";
export {
  judgeRequest,
  readOrigins,
  requestFacts,
  type RequestFacts,
  type RequestRules,
  type RequestVerdict,
} from "./request-policy.js";
