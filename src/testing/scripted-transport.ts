import { RTVI_PROTOCOL_VERSION, RTVIMessageType, type RTVIMessage } from "@pipecat-ai/client-js";
import type { Continuity } from "../contracts/continuity.js";
import type { Expects } from "../contracts/connection.js";
import { ConnectionFailedError, ConnectionLostError } from "../errors.js";
import type { TransportOptions } from "../options.js";
import { RealTimeWebsocketTransport, type LLMServiceOptions } from "../transport/real-time-websocket-transport.js";
import { ScriptedMediaManager } from "./scripted-media.js";

/** How the scripted service behaves when it is connected; change it at any time. */
export interface ServiceScript {
  /** `"hang"` leaves the attempt open until `opened()` or `refused()`. */
  connect: "open" | "refuse" | "hang";
  /** Whether it says that it is ready as soon as it is open. */
  ready: "at once" | "never";
  /** Whether `disconnectLLM()` returns. */
  close: "answer" | "hang";
  /** What becomes of the conversation when it is reconnected. */
  continuity: Continuity;
  /** Whether it gives a sign of life when it is asked for one; `"cannot"`: it cannot be asked. */
  probe: "answer" | "silent" | "cannot";
}

/** A transport whose service is a script: for tests of the lifecycle, of apps, and of what this library promises. */
export class ScriptedTransport extends RealTimeWebsocketTransport {
  readonly script: ServiceScript = {
    connect: "open",
    ready: "at once",
    close: "answer",
    continuity: "fresh",
    probe: "answer",
  };
  readonly media: ScriptedMediaManager;
  /** Connections open or opening now: never more than one, none outside a session. */
  connections = 0;
  /** The most connections there ever were at one time. */
  mostConnections = 0;
  attempts = 0;
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
    this.attempts += 1;
    if (this.script.connect === "refuse") throw new ConnectionFailedError("refused by the script", { retryable: true });
    this.connections += 1;
    this.mostConnections = Math.max(this.mostConnections, this.connections);
    if (this.script.connect === "hang") {
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
    this.connections = 0;
    this.#settle?.refuse(new ConnectionFailedError("hung up"));
    this.#settle = undefined;
    return this.script.close === "hang" ? new Promise(() => undefined) : Promise.resolve();
  }

  /** A hanging attempt opens. */
  opened(): void {
    this.#settle?.open();
    this.#settle = undefined;
  }

  /** A hanging attempt is refused. */
  refused(): void {
    if (this.#settle !== undefined) this.connections = 0;
    this.#settle?.refuse(new ConnectionFailedError("refused by the script", { retryable: true }));
    this.#settle = undefined;
  }

  /** The open connection is lost. */
  dropped(retryable = true): void {
    this.connections = 0;
    this.connectionLost(new ConnectionLostError("dropped by the script", { retryable }));
  }

  /** The service says that it is ready. */
  said(): void {
    if (this.script.continuity !== "fresh") this.conversationKept(this.script.continuity);
    this.serviceReady();
  }

  /** The service says that it will end the connection within so many ms. */
  expiring(withinMs: number): void {
    this.connectionExpiring(withinMs);
  }

  /** The service owes something, or nothing any more. */
  owes(expects: Expects): void {
    this.expects(expects);
  }

  /** The service says something. */
  speaks(): void {
    this.messageReceived();
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
