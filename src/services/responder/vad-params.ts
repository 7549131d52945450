import { InvalidOptionsError } from "../../errors.js";
import { fieldOf, type JsonRecord } from "../../util/records.js";
import { listed } from "./values.js";

/** One of turn detection's numbers. */
export interface VadParam {
  /** What the service calls it. */
  readonly field: string;
  /** What Pipecat's value is multiplied by: seconds there, ms in a service. */
  readonly factor: number;
  /** The highest value, in Pipecat's unit. */
  readonly most: number;
}

/** Turn detection's numbers, by their names in Pipecat's `VADParams`. */
export type VadParamMap = Readonly<Record<string, VadParam>>;

/** The service's numbers in Pipecat's names. */
export function shownVadParams(detection: JsonRecord, known: VadParamMap): JsonRecord {
  const shown = Object.entries(known).flatMap(([name, { field, factor }]) => {
    const value = fieldOf(detection, field);
    return typeof value === "number" ? [[name, value / factor] as const] : [];
  });
  return Object.fromEntries(shown);
}

/** Pipecat's numbers in the service's names. @throws InvalidOptionsError for those that the service has not. */
export function readVadParams(given: JsonRecord, known: VadParamMap): JsonRecord {
  const fields = Object.entries(given).map(([name, value]) => {
    const param = fieldOf(known, name);
    if (param === undefined) {
      throw new InvalidOptionsError(
        `vad.params has no "${name.slice(0, 100)}" here. There are ${listed(Object.keys(known))}.`,
      );
    }
    const { field, factor, most } = param;
    if (typeof value !== "number" || !(value >= 0 && value <= most)) {
      throw new InvalidOptionsError(`vad.params.${name} must be a number from 0 to ${most}.`);
    }
    return [field, factor === 1 ? value : Math.round(value * factor)] as const;
  });
  return Object.fromEntries(fields);
}
