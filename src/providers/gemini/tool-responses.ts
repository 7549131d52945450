import { resultText } from "../../dialogue/client-commands.js";
import { fieldOf, isRecord, stringAt } from "../../util/records.js";

/** The result of a function call in the service's own language, as an app sends it. */
export interface ToolResponse {
  /** A call without an id is answered by name. */
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly result: unknown;
  /** The same as a string. */
  readonly text: string;
  /** Whether the model is not to speak of it. */
  readonly isSilent: boolean;
}

/** The results in `functionResponses`, but for those which another is to follow. @throws InvalidOptionsError for what has no JSON. */
export function readResponses(functionResponses: unknown): ToolResponse[] {
  const list: unknown[] = Array.isArray(functionResponses) ? functionResponses : [functionResponses];
  return list.filter(isRecord).flatMap((response) => {
    if (fieldOf(response, "willContinue") === true) return [];
    const whole = fieldOf(response, "response");
    const output = isRecord(whole) ? fieldOf(whole, "output") : undefined;
    const result = output === undefined ? whole : output;
    return [
      {
        id: stringAt(response, "id"),
        name: stringAt(response, "name"),
        result,
        text: resultText(result),
        isSilent: fieldOf(response, "scheduling") === "SILENT",
      },
    ];
  });
}
