import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { ConnectRequest, Connection, ConnectionReports } from "../../../../src/contracts/connection.js";
import type { RtviMachineError } from "../../../../src/errors.js";
import type { TransportOptions } from "../../../../src/options.js";
import { ScriptedTransport } from "../../../../src/testing/index.js";
import { AppWorld, claim } from "./app-world.js";

export { AGES, CountingTarget, drain, PROBE, READY_TIMEOUT, ScriptedNetwork, SILENCE, silent } from "./surroundings.js";

/** A session whose service is a script. */
export class World extends AppWorld<AuditedTransport> {
  constructor(enableMic = true, options: TransportOptions = {}) {
    super(enableMic, options, (all, media) => new AuditedTransport(all, {}, media));
  }

  protected get wires(): number {
    return this.transport.connections;
  }

  lose(retryable: boolean): void {
    this.transport.dropped(retryable);
  }

  /** Microphone audio, marked with the session it was spoken in. */
  override say(): void {
    super.say(new Int32Array(4).fill(this.transport.sessions).buffer);
  }

  override checkInvariants(): void {
    super.checkInvariants();
    const { transport } = this;
    claim(transport.mostConnections <= 1, "there were never two wires");
    const live = transport.liveAttempts;
    claim(live <= 1, "one attempt is live at most", live);
    if (transport.actor.getSnapshot().matches("idle")) claim(live === 0, "no attempt is live while idle", live);
    claim(transport.crossed.length === 0, "audio stays in its session", transport.crossed);
  }

  override checkSettled(): void {
    super.checkSettled();
    this.checkUplinkShut();
    this.checkMessages();
  }

  /** Each message that was taken was sent once, or refused once, and what was sent was sent in its order. */
  private checkMessages(): void {
    const sent = this.transport.sent.map(({ id }) => id);
    const refused = this.refusals.map(({ id }) => id);
    for (const { id } of this.accepted) {
      const fates = [...sent, ...refused].filter((each) => each === id).length;
      claim(fates === 1, "a message that was taken is sent or refused, once", [id, fates]);
    }
    const order = sent.filter((id) => this.accepted.some((message) => message.id === id));
    const inOrder = this.accepted.map(({ id }) => id).filter((id) => order.includes(id));
    claim(order.join() === inOrder.join(), "messages are sent in their order", order);
  }

  /** A manager that goes on delivering audio after it was told to stop reaches nobody. */
  private checkUplinkShut(): void {
    const { microphone } = this.media;
    const before = this.transport.audioBytes;
    Object.assign(microphone, { held: 1, streaming: true, muted: false });
    this.say();
    Object.assign(microphone, { held: 0, streaming: false });
    claim(this.transport.audioBytes === before, "the uplink is shut");
  }
}

/** Watches that audio reaches its own session alone. */
export class AuditedTransport extends ScriptedTransport {
  sessions = 0;
  readonly crossed: string[] = [];
  /** What was asked of the service at each attempt. */
  readonly requests: ConnectRequest[] = [];

  /** Attempts that nobody has given up. */
  get liveAttempts(): number {
    return this.requests.filter(({ signal }) => !signal.aborted).length;
  }

  /** The model that was in force at each attempt. */
  readonly models: unknown[] = [];

  /** What the service makes of a message, instead of taking it. */
  sends: ((message: RTVIMessage) => void) | undefined;

  override sendMessage(message: RTVIMessage): void {
    this.sends?.(message);
    if (this.state === "ready" && this.connections === 0) this.crossed.push(`"${message.type}" without a wire`);
    super.sendMessage(message);
  }

  /** As a transport does it that will not have a message. */
  refuse(message: RTVIMessage, error: Error): void {
    this.rejectMessage(message, error);
  }

  /** The open connection is lost, in so many words. */
  loses(error: RtviMachineError): void {
    this.connections = 0;
    this.connectionLost(error);
  }

  protected override openConnection(request: ConnectRequest, reports: ConnectionReports): Connection {
    this.requests.push(request);
    this.models.push(this._service_options.model);
    return super.openConnection(request, reports);
  }

  override async connectLLM(): Promise<void> {
    if (this.attempt.attempt === 1) this.sessions += 1;
    await super.connectLLM();
  }

  override handleUserAudioStream(data: ArrayBuffer): void {
    super.handleUserAudioStream(data);
    const [session] = new Int32Array(data);
    if (session !== this.sessions) this.crossed.push(`session ${session} in ${this.sessions}`);
    if (this.state !== "ready") this.crossed.push(`audio in ${this.state}`);
  }
}
