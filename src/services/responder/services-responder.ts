import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { Responder } from "../../contracts/provider.js";
import { InvalidOptionsError } from "../../errors.js";
import { jsonCopy } from "../../util/json.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../util/records.js";
import {
  ANSWERS,
  isServiceRequest,
  type ActionResponseData,
  type ActionsAvailableData,
  type ConfigAvailableData,
  type ConfigData,
  type RTVIClientConfigOption,
  type ServiceRequestType,
} from "./protocol.js";
import type { ServiceAction, ServiceDefinition, ServiceHost, ServiceTable } from "./service-table.js";
import { checkType, listed, sameValue } from "./values.js";

/** An answer to the app. */
export interface ServiceAnswer {
  readonly type: string;
  readonly data: unknown;
}

/**
 * What a server would answer to the messages of RTVI's services, where a transport has no server behind it: it describes
 * a provider's services, reads and changes their options, and runs their actions. Knows no connection; every call answers.
 */
export class ServicesResponder<S> implements Responder {
  /**
   * @param table The provider's services.
   * @param host Its settings.
   */
  constructor(
    private readonly table: ServiceTable<S>,
    private readonly host: ServiceHost<S>,
  ) {}

  /** The configuration in force. */
  get config(): RTVIClientConfigOption[] {
    const { settings } = this.host;
    return Object.entries(this.table).map(([service, { options }]) => ({
      service,
      options: Object.entries(options).flatMap(([name, option]) => {
        const value = option.get(settings);
        return value === undefined ? [] : [{ name, value }];
      }),
    }));
  }

  answers({ type }: RTVIMessage): boolean {
    return isServiceRequest(type);
  }

  /**
   * The answer to a message; undefined when it is none of the services' requests. As from a server, it is the app's to change.
   * @throws InvalidOptionsError naming what is unknown or wrong, and what is known; whatever an action throws. Then
   * nothing has been changed.
   */
  answer(message: RTVIMessage): ServiceAnswer | undefined {
    const { type } = message;
    if (!isServiceRequest(type)) return undefined;
    const data = jsonCopy(message.data);
    return { type: ANSWERS[type], data: jsonCopy(this.#dataFor(type, isRecord(data) ? data : {})) };
  }

  #dataFor(type: ServiceRequestType, data: JsonRecord): unknown {
    switch (type) {
      case "get-config":
        return { config: this.config } satisfies ConfigData;
      case "update-config":
        this.#update(data);
        return { config: this.config } satisfies ConfigData;
      case "describe-config":
        return this.#describeConfig();
      case "describe-actions":
        return this.#describeActions();
      case "action":
        return this.#act(data);
    }
  }

  /** All of it or nothing: the settings are put in force when every option was accepted. */
  #update(data: JsonRecord): void {
    const before = this.host.settings;
    let settings = before;
    for (const entry of entriesOf(data, "config")) {
      const name = nameOf(entry, "service", "config");
      const service = this.#service(name);
      for (const option of entriesOf(entry, "options")) settings = setOption(settings, name, service, option);
    }
    const interrupt = fieldOf(data, "interrupt") === true;
    if (settings !== before || interrupt) this.host.apply(settings, interrupt);
  }

  #describeConfig(): ConfigAvailableData {
    const config = Object.entries(this.table).map(([name, { options }]) => ({
      name,
      options: Object.entries(options).map(([option, { type }]) => ({ name: option, type })),
    }));
    return { config };
  }

  #describeActions(): ActionsAvailableData {
    const actions = Object.entries(this.table).flatMap(([service, definition]) =>
      Object.entries(definition.actions).map(([action, { arguments: args, result }]) => ({
        service,
        action,
        arguments: Object.entries(args).map(([name, { type }]) => ({ name, type })),
        result,
      })),
    );
    return { actions };
  }

  #act(data: JsonRecord): ActionResponseData {
    const name = nameOf(data, "service", "action");
    const { actions } = this.#service(name);
    const actionName = nameOf(data, "action", "action");
    const action = fieldOf(actions, actionName);
    if (action === undefined) throw unknown(`action ${name}:${actionName}`, `The actions of "${name}"`, actions);
    return { result: action.run(readArguments(action, `${name}:${actionName}`, data)) };
  }

  #service(name: string): ServiceDefinition<S> {
    const service = fieldOf(this.table, name);
    if (service === undefined) throw unknown(`service "${name}"`, "The services", this.table);
    return service;
  }
}

function setOption<S>(settings: S, service: string, { options }: ServiceDefinition<S>, entry: JsonRecord): S {
  const name = nameOf(entry, "name", `an option of ${service}`);
  const option = fieldOf(options, name);
  if (option === undefined) throw unknown(`option ${service}.${name}`, `The options of "${service}"`, options);
  const value = fieldOf(entry, "value");
  // An app that sends back the whole configuration changes only what it changed.
  if (sameValue(value, option.get(settings))) return settings;
  checkType(`${service}.${name}`, value, option.type);
  if (option.set === undefined) throw new InvalidOptionsError(`${service}.${name} can only be read.`);
  return option.set(settings, value);
}

function readArguments(action: ServiceAction, name: string, data: JsonRecord): Readonly<Record<string, unknown>> {
  const args = new Map<string, unknown>();
  for (const entry of fieldOf(data, "arguments") === undefined ? [] : entriesOf(data, "arguments")) {
    const argument = nameOf(entry, "name", `an argument of ${name}`);
    const known = fieldOf(action.arguments, argument);
    if (known === undefined) throw unknown(`argument "${argument}"`, `The arguments of ${name}`, action.arguments);
    const value = fieldOf(entry, "value");
    // An argument that was left empty is an argument that was not sent: JSON has no undefined.
    if (value === undefined || value === null) continue;
    checkType(`${name}.${argument}`, value, known.type);
    args.set(argument, value);
  }
  for (const [argument, { required }] of Object.entries(action.arguments)) {
    if (required === true && !args.has(argument)) throw new InvalidOptionsError(`${name}.${argument} is missing.`);
  }
  return Object.fromEntries(args);
}

function entriesOf(data: JsonRecord, key: string): readonly JsonRecord[] {
  const list = fieldOf(data, key);
  if (!Array.isArray(list) || !list.every(isRecord)) throw new InvalidOptionsError(`${key} must be a list of objects.`);
  return list;
}

function nameOf(entry: JsonRecord, key: string, where: string): string {
  const name = stringAt(entry, key);
  if (name === undefined) throw new InvalidOptionsError(`${where} needs a string \`${key}\`.`);
  return name.slice(0, 100);
}

function unknown(what: string, kind: string, known: object): InvalidOptionsError {
  return new InvalidOptionsError(`There is no ${what}. ${kind} are ${listed(Object.keys(known))}.`);
}
