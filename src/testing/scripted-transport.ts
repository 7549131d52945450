import { RTVI_PROTOCOL_VERSION, RTVIMessageType, type RTVIMessage } from "@pipecat-ai/client-js";
import type { Conversation } from "../contracts/continuity.js";
import type { Due } from "../contracts/connection.js";
import { ConnectionFailedError, ConnectionLostError } from "../errors.js";
import type { TransportOptions } from "../options.js";
import { RealTimeWebsocketTransport, type LLMServiceOptions } from "../transport/real-time-websocket-transport.js";
import { ScriptedMediaManager } from "./scripted-media.js";

/** How the scripted service behaves when it is dialled; change it at any time. */
export interface ServiceScript {
  /** `"hang"` leaves the dial open until `opened()` or `refused()`. */
  dial: "open" | "refuse" | "hang";
  /** Whether it says that it is ready as soon as it is open. */
  ready: "at once" | "never";
  /** Whether `disconnectLLM()` returns. */
  goodbye: "answer" | "hang";
  /** What becomes of the conversation when it is dialled again. */
  conversation: Conversation;
  /** Whether it gives a sign of life when it is asked for one; `"cannot"`: it cannot be asked. */
  probe: "answer" | "silent" | "cannot";
}

/** A transport whose service is a script: for tests of the lifecycle, of apps, and of what this library promises. */
export class ScriptedTransport extends RealTimeWebsocketTransport {
  readonly script: ServiceScript = {
    dial: "open",
    ready: "at once",
    goodbye: "answer",
    conversation: "fresh",
    probe: "answer",
  };
  readonly media: ScriptedMediaManager;
  /** Wires open or opening now: never more than one, none outside a session. */
  wires = 0;
  /** The most wires there ever were at one time. */
  mostWires = 0;
  dials = 0;
  /** How often it was asked for a sign of life. */
  probes = 0;
  readonly sent: RTVIMessage[] = [];
  /** Bytes of microphone audio that reached the service. */
  audioBytes = 0;
  #settle: { open: () => void; refuse: (error: Error) => void } | undefined;

  constructor(
    options: TransportOptions = {},
    service_options: LLMServiceOptions = {},
    media = new ScriptedMediaManager(),
  ) {
    super(service_options, media, options);
    this.media = media;
  }

  initializeLLM(): void {
    // Nothing to set up.
  }

  attachLLMListeners(): void {
    // Nobody to listen to.
  }

  async connectLLM(): Promise<void> {
    const { signal } = this.attempt;
    this.dials += 1;
    if (this.script.dial === "refuse") throw new ConnectionFailedError("refused by the script", { retryable: true });
    this.wires += 1;
    this.mostWires = Math.max(this.mostWires, this.wires);
    if (this.script.dial === "hang") {
      await new Promise<void>((open, refuse) => {
        this.#settle = { open, refuse };
      });
    }
    if (this.script.ready === "at once") {
      queueMicrotask(() => {
        if (!signal.aborted) this.said();
      });
    }
  }

  disconnectLLM(): Promise<void> {
    this.wires = 0;
    this.#settle?.refuse(new ConnectionFailedError("hung up"));
    this.#settle = undefined;
    return this.script.goodbye === "hang" ? new Promise(() => undefined) : Promise.resolve();
  }

  /** A hanging dial opens. */
  opened(): void {
    this.#settle?.open();
    this.#settle = undefined;
  }

  /** A hanging dial is refused. */
  refused(): void {
    if (this.#settle !== undefined) this.wires = 0;
    this.#settle?.refuse(new ConnectionFailedError("refused by the script", { retryable: true }));
    this.#settle = undefined;
  }

  /** The open wire is lost. */
  dropped(retryable = true): void {
    this.wires = 0;
    this.connectionLost(new ConnectionLostError("dropped by the script", { retryable }));
  }

  /** The service says that it is ready. */
  said(): void {
    if (this.script.conversation !== "fresh") this.conversationKept(this.script.conversation);
    this.serviceReady();
  }

  /** The service says that it will end the wire within so many ms. */
  expiring(withinMs: number): void {
    this.connectionExpiring(withinMs);
  }

  /** The service owes something, or nothing any more. */
  owes(due: Due): void {
    this.answerDue(due);
  }

  /** The service says something. */
  speaks(): void {
    this.messageHeard();
  }

  override probeLLM(): boolean {
    if (this.script.probe === "cannot") return false;
    this.probes += 1;
    if (this.script.probe === "answer") queueMicrotask(() => this.speaks());
    return true;
  }

  /** Somebody speaks, or nobody does any more. */
  busy(isBusy: boolean): void {
    this.conversationBusy(isBusy);
  }

  handleUserAudioStream(data: ArrayBuffer): void {
    this.audioBytes += data.byteLength;
  }

  async sendReadyMessage(): Promise<void> {
    await this.whenReady();
    this.deliver(RTVIMessageType.BOT_READY, { version: RTVI_PROTOCOL_VERSION });
  }

  sendMessage(message: RTVIMessage): void {
    this.sent.push(message);
  }
}
