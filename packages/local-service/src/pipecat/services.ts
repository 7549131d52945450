import type { VadSettings } from "../audio/vad.js";
import { isJsonObject, objectOr, stringOr, type JsonObject } from "../json.js";
import type { VadDefaults } from "../options.js";
import { isMessages } from "./chat-context.js";
import type { ModelNames } from "./metrics.js";
import { ClientMistake } from "./mistake.js";

/** Types of options, arguments and results, as services describe them. */
export type ValueType = "bool" | "number" | "string" | "array" | "object";

/** What a value of the right type must be besides. */
interface Rule {
  readonly holds: (value: unknown) => boolean;
  readonly says: string;
}

interface Option {
  readonly type: ValueType;
  readonly initial: unknown;
  readonly rule?: Rule;
}

/** An object whose fields are options of the same service. */
interface Group {
  readonly type: "object";
  readonly fields: readonly string[];
}

/** Whether a value has the type that a description promises. */
export function isOfType(value: unknown, type: ValueType): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isJsonObject(value);
  return typeof value === (type === "bool" ? "boolean" : type);
}

function from(min: number, max: number): Rule {
  const holds = (value: unknown): boolean => typeof value === "number" && value >= min && value <= max;
  return { holds, says: `${min} to ${max}` };
}

function options({ threshold, silenceDurationMs }: Required<VadDefaults>): Record<string, Record<string, Option>> {
  return {
    vad: {
      confidence: { type: "number", initial: threshold, rule: from(0, 1) },
      // Of Pipecat's detector; ours has no use for these two.
      start_secs: { type: "number", initial: 0.2, rule: from(0, 60) },
      min_volume: { type: "number", initial: 0.6, rule: from(0, 1) },
      stop_secs: { type: "number", initial: silenceDurationMs / 1000, rule: from(0.02, 60) },
    },
    stt: {
      model: { type: "string", initial: "local" },
      interim_results: { type: "bool", initial: true },
    },
    llm: {
      model: { type: "string", initial: "local" },
      initial_messages: { type: "array", initial: [], rule: { holds: isMessages, says: "messages with a role" } },
      run_on_config: { type: "bool", initial: false },
    },
    tts: {
      model: { type: "string", initial: "local" },
      voice: { type: "string", initial: "recorded" },
    },
  };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `params`, by which Pipecat's servers take what their detector listens for. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, Group>>>> = {
  vad: { params: { type: "object", fields: ["confidence", "start_secs", "stop_secs", "min_volume"] } },
};

function groupsOf(service: string): Readonly<Record<string, Group>> {
  return (Object.hasOwn(GROUPS, service) ? GROUPS[service] : undefined) ?? {};
}

/** The services behind a session and their options, as RTVI 0.3 lets a client read and change them. */
export class ServiceConfig {
  readonly #options: Readonly<Record<string, Readonly<Record<string, Option>>>>;
  readonly #values = new Map<string, unknown>();
  readonly #prefixMs: number;

  constructor(vad: Required<VadDefaults>) {
    this.#options = options(vad);
    this.#prefixMs = vad.prefixPaddingMs;
    for (const [service, entries] of Object.entries(this.#options)) {
      for (const [name, { initial }] of Object.entries(entries)) this.#values.set(`${service}:${name}`, initial);
    }
  }

  /** Every service with every option: the `config` of a `config` message. */
  get config(): readonly JsonObject[] {
    return Object.entries(this.#options).map(([service, entries]) => {
      const valueOf = (name: string): unknown => this.#values.get(`${service}:${name}`);
      const values = Object.keys(entries).map((name) => ({ name, value: valueOf(name) }));
      const groups = Object.entries(groupsOf(service)).map(([name, { fields }]) => {
        return { name, value: Object.fromEntries(fields.map((field) => [field, valueOf(field)])) };
      });
      return { service, options: [...values, ...groups] };
    });
  }

  /** What can be set: the `config` of `config-available`, where a service goes by `name`. */
  get description(): readonly JsonObject[] {
    return Object.entries(this.#options).map(([name, entries]) => {
      const all = [...Object.entries(entries), ...Object.entries(groupsOf(name))];
      return { name, options: all.map(([option, { type }]) => ({ name: option, type })) };
    });
  }

  get vad(): VadSettings {
    const stopSecs = Number(this.#values.get("vad:stop_secs"));
    const threshold = Number(this.#values.get("vad:confidence"));
    return { threshold, silenceMs: stopSecs * 1000, prefixMs: this.#prefixMs };
  }

  get models(): ModelNames {
    return { llm: String(this.#values.get("llm:model")), tts: String(this.#values.get("tts:model")) };
  }

  get sendsInterim(): boolean {
    return this.#values.get("stt:interim_results") === true;
  }

  get runsOnConfig(): boolean {
    return this.#values.get("llm:run_on_config") === true;
  }

  /** Messages that an update brought along. */
  get initialMessages(): readonly JsonObject[] {
    const messages = this.#values.get("llm:initial_messages");
    return isMessages(messages) ? messages : [];
  }

  /**
   * Sets options in the order in which they come, and returns their names as `service:option`.
   * @throws ClientMistake at the first that is unknown or wrong; those before it stay set, as with Pipecat's server.
   */
  update(config: unknown): ReadonlySet<string> {
    const changed = new Set<string>();
    for (const entry of list(config).map(objectOr)) {
      const service = stringOr(entry.service) ?? "";
      const known = Object.hasOwn(this.#options, service) ? this.#options[service] : undefined;
      if (!known) throw new ClientMistake(`Service ${service} not registered`);
      for (const { name, value } of list(entry.options).map(objectOr)) {
        const settings = spread(service, String(name), value);
        for (const [each, fresh] of settings) check(known, `${service}:${each}`, each, fresh);
        for (const [each, fresh] of settings) {
          this.#values.set(`${service}:${each}`, fresh);
          changed.add(`${service}:${each}`);
        }
      }
    }
    return changed;
  }
}

/** An option as it was given, or the fields of a group, each as an option of its own. */
function spread(service: string, name: string, value: unknown): readonly (readonly [string, unknown])[] {
  const groups = groupsOf(service);
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (!group) return [[name, value]];
  const key = `${service}:${name}`;
  if (!isJsonObject(value)) throw new ClientMistake(`Option ${key} must be of type object`);
  const unknown = Object.keys(value).find((field) => !group.fields.includes(field));
  if (unknown !== undefined) throw new ClientMistake(`Option ${key} has no ${unknown}: ${group.fields.join(", ")}`);
  return Object.entries(value);
}

function check(known: Readonly<Record<string, Option>>, key: string, name: string, value: unknown): void {
  const option = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!option) throw new ClientMistake(`Option ${key} not registered`);
  if (!isOfType(value, option.type)) throw new ClientMistake(`Option ${key} must be of type ${option.type}`);
  if (option.rule?.holds(value) === false) throw new ClientMistake(`Option ${key} must be ${option.rule.says}`);
}
