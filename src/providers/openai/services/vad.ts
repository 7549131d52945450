import { InvalidOptionsError } from "../../../errors.js";
import type { ServiceOption } from "../../../services/responder/service-table.js";
import { readVadParams, shownVadParams, type VadParamMap } from "../../../services/responder/vad-params.js";
import { isRecord, stringAt } from "../../../util/records.js";
import { settingOf, withSetting, type OpenAIServiceSettings } from "./service-settings.js";

const SERVER_VAD = { type: "server_vad" };

/** Pipecat's names of turn detection's numbers; seconds there, ms here. */
const PARAMS: VadParamMap = {
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
    return shownVadParams(isRecord(detection) ? detection : {}, PARAMS);
  },
  set: (settings, value) => {
    const before = settingOf(settings, "turn_detection");
    if (before === null) throw new InvalidOptionsError("vad.params needs turn detection: set vad.enabled first.");
    const given = isRecord(value) ? value : {};
    const { eagerness: _eagerness, ...kept } = isRecord(before) ? before : {};
    return withSetting(settings, "turn_detection", { ...kept, ...SERVER_VAD, ...readVadParams(given, PARAMS) });
  },
};
