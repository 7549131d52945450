import { fieldOf, isRecord } from "../../util/records.js";

const SCHEDULINGS = ["SILENT", "WHEN_IDLE", "INTERRUPT"] as const;

/** A function's result, and what of it is not for the model: how it is taken, and whether more follows. */
export interface ScheduledResult {
  readonly output: unknown;
  readonly scheduling?: (typeof SCHEDULINGS)[number];
  readonly willContinue?: boolean;
}

/**
 * Takes the API's own fields out of a result: a function for which the model does not wait says with `scheduling` when it is to be
 * answered, and with `willContinue` that more results follow. Of any other function they are data like the rest.
 */
export function schedulingOf(result: unknown, isNonBlocking: boolean): ScheduledResult {
  if (!isNonBlocking || !isRecord(result)) return { output: result };
  const scheduling = SCHEDULINGS.find((known) => known === fieldOf(result, "scheduling"));
  const willContinue = fieldOf(result, "willContinue");
  const continues = typeof willContinue === "boolean";
  if (scheduling === undefined && !continues) return { output: result };
  const output = Object.fromEntries(
    Object.entries(result).filter(
      ([key]) => !(key === "scheduling" && scheduling !== undefined) && !(key === "willContinue" && continues),
    ),
  );
  return { output, ...(scheduling !== undefined && { scheduling }), ...(continues && { willContinue }) };
}
