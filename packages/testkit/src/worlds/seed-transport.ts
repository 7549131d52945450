import { RTVIMessage, RTVIMessageType } from "@pipecat-ai/client-js";
import type { RtviMachineError } from "../../../../src/errors.js";
import { RealTimeWebsocketTransport } from "../../../../src/compat/real-time-websocket-transport.js";

/** A subclass as Pipecat's documentation tells to write one; what its service does is up to the test. */
export class SeedTransport extends RealTimeWebsocketTransport {
  readonly calls: string[] = [];
  readonly heard: ArrayBuffer[] = [];
  connects: () => Promise<void> = () => Promise.resolve();
  disconnects: () => Promise<void> = () => Promise.resolve();
  sends: (message: RTVIMessage) => void = () => undefined;
  hears: (data: ArrayBuffer) => void = () => undefined;

  initializeLLM(): void {
    this.calls.push("initializeLLM");
  }

  attachLLMListeners(): void {
    this.calls.push("attachLLMListeners");
  }

  // Not async on purpose: a subclass may throw before it returns a promise.
  connectLLM(): Promise<void> {
    this.calls.push("connectLLM");
    return this.connects();
  }

  disconnectLLM(): Promise<void> {
    this.calls.push("disconnectLLM");
    return this.disconnects();
  }

  handleUserAudioStream(data: ArrayBuffer): void {
    // As Pipecat's own subclasses ask.
    if (this.state !== "ready") this.calls.push(`audio in ${this.state}`);
    this.heard.push(data);
    this.hears(data);
  }

  announces: () => Promise<void> = () => Promise.resolve();

  async sendReadyMessage(): Promise<void> {
    await this.announces();
    this.state = "ready";
    this._onMessage(new RTVIMessage(RTVIMessageType.BOT_READY, { version: "1.0.0" }));
  }

  sendMessage(message: RTVIMessage): void {
    this.calls.push(`sendMessage(${message.type})`);
    this.sends(message);
  }

  /** As a subclass does it that will not have a message. */
  refuses(message: RTVIMessage, error: Error): void {
    this.rejectMessage(message, error);
  }

  /** As a subclass does it whose service says that something went wrong. */
  reports(error: Error): void {
    this.reportError(error);
  }

  /** The key the subclass was given: it reads its options where Pipecat's class keeps them. */
  get key(): unknown {
    return this._service_options.api_key;
  }

  /** What Pipecat's class has not: a loss that may be mended. */
  loses(error: RtviMachineError): void {
    this.connectionLost(error);
  }

  attemptNumber(): number {
    return this.attempt.attempt;
  }

  get speaking(): boolean {
    return this._botIsSpeaking;
  }

  set speaking(speaks: boolean) {
    this._botIsSpeaking = speaks;
  }

  get clientWantsMic(): boolean | undefined {
    return this._options.enableMic;
  }
}
