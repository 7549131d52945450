import { InvalidOptionsError } from "../../errors.js";
import type { ValueType } from "./protocol.js";

/** The arguments of an action, each of the type that the table gives it; those that were not sent are missing. */
export type ActionArguments = Readonly<Record<string, unknown>>;

/**
 * An option of a service, over the settings `S` of a provider: a plain value that is never changed, only replaced.
 * What an app may ask for is all here, so that a table can be tested without any session.
 */
export interface ServiceOption<S> {
  readonly type: ValueType;
  /** Its value in these settings; undefined where it has none, and is left out of the configuration. */
  readonly get: (settings: S) => unknown;
  /**
   * Settings with another value, which has the right type and is not the one in force. Without it the option can only
   * be read.
   * @throws InvalidOptionsError for a value that cannot be.
   */
  readonly set?: (settings: S, value: unknown) => S;
}

/** An argument of an action. */
export interface ActionArgument {
  readonly type: ValueType;
  readonly required?: boolean;
}

/** An action of a service. */
export interface ServiceAction {
  readonly arguments: Readonly<Record<string, ActionArgument>>;
  readonly result: ValueType;
  /** Does it; returns the result. @throws NotReadyError, InvalidOptionsError: then nothing has been done. */
  readonly run: (args: ActionArguments) => unknown;
}

/** What a service can be told. */
export interface ServiceDefinition<S> {
  readonly options: Readonly<Record<string, ServiceOption<S>>>;
  readonly actions: Readonly<Record<string, ServiceAction>>;
}

/** The services that a provider answers for, by name. */
export type ServiceTable<S> = Readonly<Record<string, ServiceDefinition<S>>>;

/** Where a services responder finds the settings and puts them. */
export interface ServiceHost<S> {
  /** The settings in force, or the next session's while there is none. Holds no credential. */
  readonly settings: S;
  /**
   * Puts changed settings in force. `interrupt`: the bot falls silent for it.
   * @throws InvalidOptionsError, UnsupportedFeatureError: then nothing has changed.
   */
  apply(next: S, interrupt: boolean): void;
}

/** What the settings of every direct service have. */
interface ModelSettings {
  readonly inSession: boolean;
  readonly model: string;
  readonly initialMessages: readonly unknown[];
}

/** The options of `llm` that mean the same with every direct service. `check` reads messages, and throws for what is none. */
export function modelOptions<S extends ModelSettings>(
  check: (value: unknown, name: string) => S["initialMessages"],
): Readonly<Record<"model" | "initial_messages", ServiceOption<S>>> {
  return {
    model: {
      type: "string",
      get: (all) => all.model,
      set: (all, value) => {
        if (all.inSession)
          throw new InvalidOptionsError("llm.model cannot change during a session: disconnect() first.");
        if (typeof value !== "string" || value === "") throw new InvalidOptionsError("llm.model must not be empty.");
        return { ...all, model: value };
      },
    },
    initial_messages: {
      type: "array",
      get: (all) => all.initialMessages,
      set: (all, value) => ({ ...all, initialMessages: check(value, "llm.initial_messages") }),
    },
  };
}
