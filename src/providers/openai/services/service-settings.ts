import { fieldOf, recordAt, type JsonRecord } from "../../../util/records.js";

/** What the options of the services are about: the running session's settings, or the next one's. */
export interface OpenAIServiceSettings {
  readonly inSession: boolean;
  readonly model: string;
  readonly initialMessages: readonly unknown[];
  /** Session settings, in the names of `OpenAISessionConfig`. */
  readonly settings: JsonRecord;
}

/** One of the session settings. */
export function settingOf({ settings }: OpenAIServiceSettings, key: string): unknown {
  return fieldOf(settings, key);
}

/** Settings with one of the session settings replaced. */
export function withSetting(all: OpenAIServiceSettings, key: string, value: unknown): OpenAIServiceSettings {
  return { ...all, settings: { ...all.settings, [key]: value } };
}

/** One field of a session setting that is an object. */
export function fieldOfSetting({ settings }: OpenAIServiceSettings, key: string, field: string): unknown {
  return fieldOf(recordAt(settings, key), field);
}

/** Settings with one field of such an object replaced. */
export function withFieldOfSetting(
  all: OpenAIServiceSettings,
  key: string,
  field: string,
  value: unknown,
): OpenAIServiceSettings {
  return withSetting(all, key, { ...recordAt(all.settings, key), [field]: value });
}
