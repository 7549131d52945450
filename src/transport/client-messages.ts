import { MessageTooLargeError, RTVIMessage } from "@pipecat-ai/client-js";
import type { CallFailure, CallReference, Command, Effect, OutgoingMessage } from "../contracts/dialogue.js";
import type { Responder } from "../contracts/provider.js";
import type { TurnEdge, TurnFact } from "../contracts/turns.js";
import type { DialogueRunner } from "../dialogue/dialogue-runner.js";
import { InvalidOptionsError, NotReadyError } from "../errors.js";
import type { Logger } from "../log.js";
import { asError } from "../util/reason.js";
import type { CallbackQueue } from "./callback-queue.js";
import { callAnsweredBy, callMadeBy, failureOf } from "./function-calls.js";
import { sendingFault } from "./messages.js";
import { runSafely } from "./safe-callbacks.js";
import { SendQueue } from "./send-queue.js";

/** What the messages of a client need of its transport. */
export interface ClientMessagesPorts {
  readonly queue: CallbackQueue;
  readonly runner: DialogueRunner;
  readonly logger: Logger;
  /** What is done about a command while there is no connection, or "wait" for the next one. @throws what the session throws. */
  readonly commandOffline: (command: Command) => Effect[] | "wait";
  readonly responder: () => Responder | undefined;
  /** Whether a message can be sent, or be refused for good, now: no lost connection is being reconnected. */
  readonly isThrough: () => boolean;
  /** Bytes that a message may have. */
  readonly maxMessageSize: () => number;
  /** Hands a message out through the transport's own handler. */
  readonly handOut: (message: RTVIMessage) => void;
  readonly tell: (fact: TurnFact) => void;
  readonly report: (error: Error) => void;
}

/** What a subclass of Pipecat's base does itself; see `compat/interpose.ts`. */
export interface Interposed {
  /** Sends a message of the app now. */
  readonly sendMessage: (message: RTVIMessage) => void;
  /** Hands an edge of who speaks to the app. */
  readonly edge: (edge: TurnEdge["type"]) => void;
}

/** RTVI messages of one client: those it sends, with their answers, and those it is handed. */
export class ClientMessages {
  readonly #ports: ClientMessagesPorts;
  readonly #sending: SendQueue;
  #own: Interposed | undefined;
  #handler: (message: RTVIMessage) => void = () => undefined;
  /** The message that is being handed out. */
  #outgoing: RTVIMessage | undefined;

  constructor(ports: ClientMessagesPorts) {
    this.#ports = ports;
    this.#sending = new SendQueue({
      maxMessageSize: ports.maxMessageSize,
      isThrough: ports.isThrough,
      isImmediate: (message) => this.#isAnsweredHere(message) && message.type !== "action",
      takes: (message) => this.#takeOffline(message),
      deliver: (message) => this.#handOut(message),
      send: (message) => {
        if (this.#own === undefined) this.sendNow(message);
        else this.#own.sendMessage(message);
      },
      undelivered: (message, error) => this.#refused(message, error),
    });
  }

  /** Whether a subclass's own functions stand in the place of ours. */
  get isInterposed(): boolean {
    return this.#own !== undefined;
  }

  /** A subclass's own functions stand in the place of ours. */
  interpose(own: Interposed): void {
    this.#own = own;
  }

  /** Takes the client's handler, which does not throw. */
  handle(handler: (message: RTVIMessage) => void): void {
    this.#handler = handler;
  }

  /** A message of the app: sent, or kept while the connection is opened again. @throws as `SendQueue.send` */
  send(message: RTVIMessage): void {
    this.#ports.queue.enter(() => {
      try {
        this.#sending.send(message);
      } catch (error) {
        // The client reports what is thrown.
        this.#refused(message, error, { isReported: true });
        throw error;
      }
    });
  }

  /** The app does not answer a function call. */
  failCall(call: CallReference, failure: CallFailure): void {
    const { runner } = this.#ports;
    const command: Command = { type: "fail-call", call, failure };
    if (runner.isReady) runner.do((dialogue) => dialogue.command(command));
    else this.#offline(command);
  }

  /** The client's handler threw. Returns whether that was the handler of a function call, which has failed by it. */
  readonly threw = (message: RTVIMessage, error: unknown): boolean => {
    const callId = callMadeBy(message);
    const failure = failureOf(error);
    if (callId === undefined || failure === undefined) return false;
    this.#ports.queue.enter(() => this.failCall(callId, failure));
    return true;
  };

  /**
   * Sends a message of the app now.
   * @throws NotReadyError before the session is ready; MessageTooLargeError; UnsupportedFeatureError; InvalidOptionsError for a
   * field that is wrong; what the connection throws. All but the size of the message itself also through `onMessageError`. What is
   * wrong with a `client-message`, or with a message of RTVI's services, goes there alone: of a `sendClientRequest` that throws,
   * client-js rejects a second promise that nobody can catch.
   */
  sendNow(message: RTVIMessage): void {
    if (message.type === "client-ready") return;
    const fault = sendingFault(message, this.#ports.maxMessageSize());
    if (fault instanceof MessageTooLargeError) throw fault;
    const answersIt = this.#isAnsweredHere(message);
    try {
      if (fault !== undefined) throw fault;
      const answer = answersIt ? this.#ports.responder()?.answer(message) : undefined;
      if (answer !== undefined) this.deliver({ ...answer, id: message.id });
      else if (this.#takeOffline(message)) return;
      else this.#ports.runner.command([{ type: "message", message }], (error) => this.reject(message, error));
    } catch (error) {
      this.#sending.reject(message, asError(error));
      if (answersIt) return;
      if (message.type !== "client-message" || error instanceof NotReadyError) throw error;
    }
  }

  /** Answers a message of the app with an error: `onMessageError`. */
  reject(message: RTVIMessage, error: Error): void {
    this.#sending.reject(message, error);
    this.#refused(message, error);
  }

  /** The connection was lost before these were confirmed. */
  lost(messages: readonly RTVIMessage[]): void {
    this.#sending.lost(messages);
  }

  /** The session is ready: what waited is sent. */
  flush(): void {
    this.#sending.flush();
  }

  /** The session has ended: nothing waits any more. */
  end(): void {
    this.#sending.end();
  }

  /** Hands a server-to-client RTVI message to the client. */
  deliver({ type, data, id }: OutgoingMessage): void {
    this.#handOut(new RTVIMessage(type, data, id));
  }

  /** Hands an edge of who speaks to the client. */
  edge(type: TurnEdge["type"]): void {
    if (this.#own === undefined) this.deliver({ type });
    else this.#own.edge(type);
  }

  /** Whether a message that the transport's handler is given is one of ours: a subclass may hand out messages, too. */
  isOutgoing(message: RTVIMessage): boolean {
    return message === this.#outgoing;
  }

  /** The transport's handler was given a message: the client gets it. */
  pass(message: RTVIMessage): void {
    if (this.isOutgoing(message)) this.#handler(message);
    else this.#ports.queue.post(() => this.#handler(message));
  }

  /** What can be done of effects without a connection: the app is told. */
  carryOutOffline(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "deliver") this.deliver(effect.message);
      else if (effect.type === "reject") this.reject(effect.message, effect.error);
      else if (effect.type === "tell") this.#ports.tell(effect.fact);
      else if (effect.type === "report") this.#ports.report(effect.error);
    }
  }

  /** The result of a function that cannot be sent, now or later: the model would wait for it. */
  #refused(message: unknown, error: unknown, reported: Pick<CallFailure, "isReported"> = {}): void {
    const callId = callAnsweredBy(message);
    if (callId === undefined) return;
    if (!(error instanceof InvalidOptionsError) && !(error instanceof MessageTooLargeError)) return;
    this.failCall(callId, { what: `has a result that cannot be sent: ${error.message}`, cause: error, ...reported });
  }

  #isAnsweredHere(message: RTVIMessage): boolean {
    return this.#ports.responder()?.answers(message) === true;
  }

  /** A message while there is no connection that could take it; true if it is dealt with. @throws what the session throws. */
  #takeOffline(message: RTVIMessage): boolean {
    return !this.#ports.runner.isReady && this.#offline({ type: "message", message });
  }

  /** A command without a connection that could take it; false where it is to wait for one. @throws what the session throws. */
  #offline(command: Command): boolean {
    const effects = this.#ports.commandOffline(command);
    if (effects === "wait") return false;
    this.carryOutOffline(effects);
    return true;
  }

  #handOut(message: RTVIMessage): void {
    this.#ports.queue.post(() => {
      this.#outgoing = message;
      runSafely("The transport's handler of messages", this.#ports.logger, () => this.#ports.handOut(message));
      this.#outgoing = undefined;
    });
  }
}
