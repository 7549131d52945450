import type { RTVIMessage } from "@pipecat-ai/client-js";
import type {
  ActionResponseData,
  ActionsAvailableData,
  ConfigAvailableData,
  ConfigData,
} from "./responder/protocol.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../util/records.js";

/** An answer as it came over the connection. */
export interface ServiceReply<Data> extends RTVIMessage {
  data: Data;
}

/** What `updateConfig()` resolves to: the whole configuration. */
export type RTVIConfigResponse = ServiceReply<ConfigData>;
/** What `describeConfig()` resolves to. */
export type RTVIConfigAvailableResponse = ServiceReply<ConfigAvailableData>;
/** What `describeActions()` resolves to. */
export type RTVIActionsAvailableResponse = ServiceReply<ActionsAvailableData>;
/** What `action()` resolves to. */
export type RTVIActionResponse = ServiceReply<ActionResponseData>;

/** Whether a message is of the type, and has the shape, of a configuration. */
export function isConfig(message: RTVIMessage): message is RTVIConfigResponse {
  return message.type === "config" && isConfigData(message.data);
}

/** Whether data holds a configuration; a 0.3 server's `bot-ready` does, too. */
export function isConfigData(data: unknown): data is ConfigData {
  return hasList(data, "config", (entry) => stringAt(entry, "service") !== undefined && hasNamed(entry, "options"));
}

export function isConfigAvailable(message: RTVIMessage): message is RTVIConfigAvailableResponse {
  return hasList(message.data, "config", (entry) => isNamed(entry) && hasNamed(entry, "options"));
}

export function isActionsAvailable(message: RTVIMessage): message is RTVIActionsAvailableResponse {
  return hasList(
    message.data,
    "actions",
    (entry) => stringAt(entry, "service") !== undefined && stringAt(entry, "action") !== undefined,
  );
}

export function isActionResponse(message: RTVIMessage): message is RTVIActionResponse {
  return isRecord(message.data) && Object.hasOwn(message.data, "result");
}

function hasList(data: unknown, key: string, fits: (entry: JsonRecord) => boolean): boolean {
  if (!isRecord(data)) return false;
  const list = fieldOf(data, key);
  return Array.isArray(list) && list.every((entry) => isRecord(entry) && fits(entry));
}

function hasNamed(entry: JsonRecord, key: string): boolean {
  return hasList(entry, key, isNamed);
}

function isNamed(entry: JsonRecord): boolean {
  return stringAt(entry, "name") !== undefined;
}
