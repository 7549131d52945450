import { ServiceError } from "../../../errors.js";
import type { FieldReader } from "../../../util/field-reader.js";
import { errorWords, tellsError, wordsOf } from "../../../util/error-words.js";
import type { JsonRecord } from "../../../util/records.js";
import { MOST_ENTRIES } from "../events.js";
import { SERVICE } from "../names.js";

/** Outcomes that are as they should be, or say nothing. */
const WELL = new Set([
  "TURN_COMPLETE_REASON_UNSPECIFIED",
  // The service waits for the rest of what the user says.
  "NEED_MORE_INPUT",
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "OUTCOME_UNSPECIFIED",
  "OUTCOME_OK",
  "URL_RETRIEVAL_STATUS_UNSPECIFIED",
  "URL_RETRIEVAL_STATUS_SUCCESS",
]);

/** Outcomes of which the service says nothing else: news for the app, and the session goes on. */
export class Outcomes {
  /** @param redact Makes the service's words safe to show. */
  constructor(private readonly redact: (text: string) => string) {}

  /** An error that the service, or a gateway before it, sends as a message. */
  failure(message: JsonRecord): ServiceError[] {
    if (!tellsError(message)) return [];
    const { message: said = "no reason given", code, type } = errorWords(message);
    const serviceCode = code ?? type;
    const known = serviceCode !== undefined && { serviceCode: this.redact(serviceCode) };
    return [new ServiceError(`${SERVICE} reported an error: ${this.redact(said)}`, { ...known })];
  }

  /** Why a turn is over, in the words of this API or of its other methods, whatever shape they have. */
  turn(content: FieldReader): ServiceError[] {
    return ["turnCompleteReason", "finishReason"].flatMap((key) => {
      const reason = content.any(key);
      return reason === undefined || reason === null || reason === 0
        ? []
        : this.#news("ended its turn", wordsOf(reason).message);
    });
  }

  /** How code came out that the model had run. @throws ProtocolError */
  code(result: FieldReader | undefined): ServiceError[] {
    return this.#news("ran code, and it failed", result?.optionalName("outcome"));
  }

  /** Whether pages could be read that the model was given. @throws ProtocolError */
  pages(metadata: FieldReader): ServiceError[] {
    return metadata
      .list("urlMetadata", MOST_ENTRIES)
      .flatMap((page) => this.#news("could not read a page", page.optionalName("urlRetrievalStatus")));
  }

  #news(what: string, outcome: string | undefined): ServiceError[] {
    if (outcome === undefined || WELL.has(outcome)) return [];
    const serviceCode = this.redact(outcome);
    return [new ServiceError(`${SERVICE} ${what}: ${serviceCode}.`, { serviceCode })];
  }
}
