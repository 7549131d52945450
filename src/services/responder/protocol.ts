/**
 * The messages of RTVI's services, as protocol 0.3 has them: what `@pipecat-ai/client-js` 0.3 sends and a Pipecat server
 * of that time answers. Note that a configuration says `service` where its description says `name`.
 */

/** What the value of an option, an argument or a result may be. */
export type ValueType = "bool" | "number" | "string" | "array" | "object";

/** An option and its value. */
export interface ConfigOption {
  name: string;
  value: unknown;
}

/** A service and the values of its options. */
export interface RTVIClientConfigOption {
  service: string;
  options: ConfigOption[];
}

/** Data of `config`. */
export interface ConfigData {
  config: RTVIClientConfigOption[];
}

/** An option, an argument and their type. */
export interface ValueDescription {
  name: string;
  type: ValueType;
}

/** A service and the options it has. */
export interface ServiceDescription {
  name: string;
  options: ValueDescription[];
}

/** Data of `config-available`. */
export interface ConfigAvailableData {
  config: ServiceDescription[];
}

/** An action of a service. */
export interface ActionDescription {
  service: string;
  action: string;
  arguments: ValueDescription[];
  result: ValueType;
}

/** Data of `actions-available`. */
export interface ActionsAvailableData {
  actions: ActionDescription[];
}

/** Data of `action`. */
export interface RTVIActionRequestData {
  service: string;
  action: string;
  arguments?: { name: string; value: unknown }[];
}

/** Data of `action-response`. */
export interface ActionResponseData {
  result: unknown;
}

/** Each request of the services, and the type of its answer. */
export const ANSWERS = {
  "get-config": "config",
  "update-config": "config",
  "describe-config": "config-available",
  "describe-actions": "actions-available",
  action: "action-response",
} as const;

/** The type of a request. */
export type ServiceRequestType = keyof typeof ANSWERS;

/** Whether a message's type is one of the services' requests. */
export function isServiceRequest(type: string): type is ServiceRequestType {
  return Object.hasOwn(ANSWERS, type);
}
