import type { RTVIMessage } from "@pipecat-ai/client-js";
import { ConnectionLostError, RequestRejectedError, RequestTimeoutError, ServiceError } from "../errors.js";
import { ANSWERS, type ServiceRequestType } from "./responder/protocol.js";
import { isRecord, stringAt } from "../util/records.js";

/** Requests that may wait at once. */
const MOST_WAITING = 256;

interface Waiting {
  readonly type: ServiceRequestType;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
  readonly resolve: (answer: RTVIMessage) => void;
  readonly reject: (error: Error) => void;
}

/** Requests on their way, by id: each settles with its answer, with an error, or when its time is up. */
export class PendingRequests {
  readonly #waiting = new Map<string, Waiting>();
  /** Why nothing is asked any more. */
  #end: Error | undefined;

  /**
   * The answer to a request.
   * @param timeout How long to wait for it, in ms; undefined: as long as it takes.
   * @param send Sends the request; what it throws is the request's end.
   */
  ask(
    request: RTVIMessage,
    type: ServiceRequestType,
    timeout: number | undefined,
    send: () => void,
  ): Promise<RTVIMessage> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (this.#waiting.size >= MOST_WAITING) {
      return Promise.reject(new ServiceError(`More than ${MOST_WAITING} requests wait for an answer.`));
    }
    return new Promise((resolve, reject) => {
      const overdue = (): void => {
        this.#take(request.id)?.reject(
          new RequestTimeoutError(`The server did not answer ${type} within ${timeout} ms.`, { retryable: true }),
        );
      };
      const timer = timeout === undefined ? undefined : setTimeout(overdue, timeout);
      this.#waiting.set(request.id, { type, timer, resolve, reject });
      try {
        send();
      } catch (error) {
        this.#take(request.id)?.reject(error instanceof Error ? error : new ServiceError(String(error)));
      }
    });
  }

  /** A message of the server. Settles the request that it answers; without one nothing happens. */
  answered(message: RTVIMessage): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    const refused = message.type === "error-response";
    if (!refused && message.type !== ANSWERS[waiting.type]) return;
    this.#take(message.id);
    if (refused) waiting.reject(rejection(message, waiting.type));
    else waiting.resolve(message);
  }

  /** Nothing is asked any more, and nothing answered. */
  end(error: Error): void {
    this.#end = error;
    this.rejectAll(error);
  }

  /** What waits will not be answered any more. */
  rejectAll(error: Error): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    return waiting;
  }
}

/** Errors by which the transport itself answers a request that the server never will. */
const UNSENT = new Set<string | undefined>(["ConnectionLostError", "NotReadyError"]);

function rejection({ data }: RTVIMessage, type: ServiceRequestType): RequestRejectedError | ConnectionLostError {
  const record = isRecord(data) ? data : {};
  const said = stringAt(record, "error") ?? stringAt(record, "message");
  if (said !== undefined && UNSENT.has(stringAt(record, "name"))) return new ConnectionLostError(said, { cause: data });
  return new RequestRejectedError(said ?? `The server refused ${type} without a reason.`, { cause: data });
}
