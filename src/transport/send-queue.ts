import { MessageTooLargeError, RTVIMessageType, type RTVIMessage } from "@pipecat-ai/client-js";
import { isRequest, notSentError, unconfirmedError } from "../dialogue/requests.js";
import { checkShape, errorResponse, sendingFault } from "./messages.js";
import { WaitingMessages } from "./waiting-messages.js";
import { asError } from "../util/reason.js";

const CLIENT_READY: string = RTVIMessageType.CLIENT_READY;

/** What sending needs of its transport. */
export interface SendQueuePorts {
  /** Bytes that a message may have. */
  maxMessageSize(): number;
  /** Whether a message can be sent, or be refused for good, now: no lost connection is being reconnected. */
  isThrough(): boolean;
  /** Whether a message is for the transport itself, whatever becomes of the connection. */
  isImmediate(message: RTVIMessage): boolean;
  /** Whether a message was taken for a connection that is yet to come, before all that waits. @throws where it is wrong. */
  takes(message: RTVIMessage): boolean;
  /** Sends a message now. @throws where it cannot be sent. */
  send(message: RTVIMessage): void;
  /** A message that had waited was refused. */
  undelivered?(message: RTVIMessage, error: unknown): void;
  /** Hands a message to the client. */
  deliver(message: RTVIMessage): void;
}

/**
 * Messages of the app on their way to the service. What comes while a lost connection is reconnected waits, and is sent in
 * its order when the session is ready, or is told to be refused when the session ends instead.
 */
export class SendQueue {
  readonly #waiting = new WaitingMessages();
  readonly #rejected = new WeakSet<RTVIMessage>();
  /** Sent once, and perhaps in vain. */
  readonly #lost = new WeakSet<RTVIMessage>();

  constructor(private readonly ports: SendQueuePorts) {}

  /**
   * Sends a message, or has it wait.
   * @throws InvalidOptionsError for what is no message; MessageTooLargeError, InvalidOptionsError or NotReadyError when it cannot wait, all but the first also through
   * `onMessageError`; otherwise what the transport throws. Of a `sendClientRequest` that throws, client-js rejects a second
   * promise that nobody can catch: there it goes to `onMessageError` alone.
   */
  send(message: RTVIMessage): void {
    const { ports } = this;
    checkShape(message);
    // What waits goes first, also when the connection is back in this very moment.
    const isImmediate = message.type === CLIENT_READY || ports.isImmediate(message);
    if (isImmediate || (ports.isThrough() && this.#waiting.isEmpty)) {
      ports.send(message);
      return;
    }
    const fault = sendingFault(message, ports.maxMessageSize());
    if (fault instanceof MessageTooLargeError) throw fault;
    try {
      if (fault !== undefined) throw fault;
      if (!ports.takes(message)) this.#waiting.put(message);
    } catch (error) {
      this.reject(message, asError(error));
      if (message.type !== "client-message") throw error;
    }
  }

  /**
   * A connection was lost before the service has confirmed that it heard these. They are sent again before all that waits,
   * but for requests: what they ask for might be done twice, and nobody would be told of it.
   */
  lost(messages: readonly RTVIMessage[]): void {
    for (const message of messages) this.#lost.add(message);
    this.#waiting.putBack(messages.filter(({ type }) => !isRequest(type)));
    const requests = messages.filter(({ type }) => isRequest(type));
    // Not at once: the state has not been announced to the app yet.
    queueMicrotask(() => {
      for (const request of requests) this.reject(request, unconfirmedError());
    });
  }

  /** The session is ready: sends what waits, as far as the connection lasts. */
  flush(): void {
    while (this.ports.isThrough()) {
      const message = this.#waiting.next();
      if (message === undefined) return;
      try {
        this.ports.send(message);
      } catch (error) {
        if (!this.#rejected.has(message)) this.reject(message, asError(error));
        this.ports.undelivered?.(message, error);
      }
    }
  }

  /** The session has ended: nothing waits any more. */
  end(): void {
    for (let message = this.#waiting.next(); message !== undefined; message = this.#waiting.next()) {
      this.reject(message, this.#lost.has(message) ? unconfirmedError() : notSentError());
    }
  }

  /** Answers a message with an error: `onMessageError`. */
  reject(message: RTVIMessage, error: Error): void {
    this.#rejected.add(message);
    this.ports.deliver(errorResponse(message, error));
  }
}
