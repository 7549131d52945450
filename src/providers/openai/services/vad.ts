import { InvalidOptionsError } from "../../../errors.js";
import type { ServiceOption } from "../../../rtvi/inference/service-table.js";
import { listed } from "../../../rtvi/inference/values.js";
import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../../rtvi/translate/records.js";
import { settingOf, withSetting, type OpenAIServiceSettings } from "./service-settings.js";

const SERVER_VAD = { type: "server_vad" };

/** Pipecat's names of turn detection's numbers; seconds there, ms here. */
const PARAMS: Readonly<Record<string, { readonly field: string; readonly factor: number; readonly most: number }>> = {
  stop_secs: { field: "silence_duration_ms", factor: 1000, most: 60 },
  prefix_secs: { field: "prefix_padding_ms", factor: 1000, most: 60 },
  confidence: { field: "threshold", factor: 1, most: 1 },
};

/** Whether the service finds the turns by itself; off is push to talk. */
export const enabled: ServiceOption<OpenAIServiceSettings> = {
  type: "bool",
  get: (settings) => settingOf(settings, "turn_detection") !== null,
  set: (settings, on) => withSetting(settings, "turn_detection", on === true ? SERVER_VAD : null),
};

/**
 * How loud and how long, in the shape of Pipecat's `VADParams`. Setting them means detection by loudness: semantic
 * detection has no such numbers.
 */
export const params: ServiceOption<OpenAIServiceSettings> = {
  type: "object",
  get: (settings) => {
    const detection = settingOf(settings, "turn_detection");
    if (detection === null || (isRecord(detection) && stringAt(detection, "type") !== "server_vad")) return undefined;
    return paramsOf(isRecord(detection) ? detection : {});
  },
  set: (settings, value) => {
    const before = settingOf(settings, "turn_detection");
    if (before === null) throw new InvalidOptionsError("vad.params needs turn detection: set vad.enabled first.");
    const given = isRecord(value) ? value : {};
    const { eagerness: _eagerness, ...kept } = isRecord(before) ? before : {};
    return withSetting(settings, "turn_detection", { ...kept, ...SERVER_VAD, ...detectionOf(given) });
  },
};

function paramsOf(detection: JsonRecord): JsonRecord {
  const known = Object.entries(PARAMS).flatMap(([name, { field, factor }]) => {
    const value = fieldOf(detection, field);
    return typeof value === "number" ? [[name, value / factor] as const] : [];
  });
  return Object.fromEntries(known);
}

function detectionOf(given: JsonRecord): JsonRecord {
  const fields = Object.entries(given).map(([name, value]) => {
    const param = Object.hasOwn(PARAMS, name) ? PARAMS[name] : undefined;
    if (param === undefined) {
      const known = listed(Object.keys(PARAMS));
      throw new InvalidOptionsError(`vad.params has no "${name.slice(0, 100)}" here. There are ${known}.`);
    }
    const { field, factor, most } = param;
    if (typeof value !== "number" || !(value >= 0 && value <= most)) {
      throw new InvalidOptionsError(`vad.params.${name} must be a number from 0 to ${most}.`);
    }
    return [field, factor === 1 ? value : Math.round(value * factor)];
  });
  return Object.fromEntries(fields) as JsonRecord;
}
