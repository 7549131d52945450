import type { RTVIMessage, TransportState } from "@pipecat-ai/client-js";
import type { AnyActorRef } from "xstate";
import type { Attempt } from "../../../../src/contracts/connection.js";
import type { TransportOptions } from "../../../../src/options.js";
import { ScriptedTransport, type ScriptedMediaManager } from "../../../../src/testing/index.js";
import { AppWorld, claim } from "./app-world.js";
import { OutageRules } from "./outage-rules.js";
import { SessionRules } from "./session-rules.js";
import { PROBE, SILENCE } from "./surroundings.js";

/** Whose chart invokes an actor. */
const CHART_OF = {
  connection: "transport",
  turns: "transport",
  attempt: "connection",
  network: "connection",
  retry: "connection",
  capture: "microphone",
  playback: "speaker",
} as const;

export { AGES, CountingTarget, drain, PROBE, READY_TIMEOUT, ScriptedNetwork, SILENCE, silent } from "./surroundings.js";

/** A session whose service is a script. */
export class World extends AppWorld<AuditedTransport> {
  /** Some of the code around the session throws: what it makes of that is its own affair. */
  isCrashing = false;
  /** Whether the app decides itself how often a session reconnects. */
  readonly hasPolicy: boolean;
  readonly #rules: SessionRules;
  readonly #outages: OutageRules;

  constructor(enableMic = true, options: TransportOptions = {}) {
    super(enableMic, options, (all, media) => new AuditedTransport(all, media));
    this.hasPolicy = typeof options.reconnect === "object" && options.reconnect.policy !== undefined;
    this.#rules = new SessionRules(this, enableMic);
    this.#outages = new OutageRules(this, options);
  }

  protected override stateAnnounced(state: TransportState): void {
    const before = this.announced.at(-2) ?? state;
    this.#rules.announced(before, state);
    this.#outages.announced(before, state);
  }

  protected override told(message: RTVIMessage): void {
    this.#rules.told(message);
  }

  override async settle(): Promise<void> {
    await super.settle();
    this.#rules.atRest();
    this.#outages.atRest();
  }

  protected get wires(): number {
    return this.transport.service.connections;
  }

  lose(retryable: boolean): void {
    this.transport.service.dropped(retryable);
  }

  /** The library's own code throws in an actor; its chart, or the root, hears of it. */
  crash(actor: keyof typeof CHART_OF): void {
    this.#rules.crashed(actor);
    this.transport.crash(actor);
  }

  /** Microphone audio, marked with the session it was spoken in. */
  override say(): void {
    this.#outages.said();
    super.say(new Int32Array(4).fill(this.transport.sessions).buffer);
  }

  override checkInvariants(): void {
    super.checkInvariants();
    this.#rules.always();
    this.#outages.always();
    const { transport } = this;
    claim(transport.service.mostConnections <= 1, "there were never two wires");
    const live = transport.liveAttempts;
    claim(live <= 1, "one attempt is live at most", live);
    if (transport.actor.getSnapshot().matches({ lifecycle: "idle" }))
      claim(live === 0, "no attempt is live while idle", live);
    claim(transport.crossed.length === 0, "audio stays in its session", transport.crossed);
  }

  /** Whatever happened before: the next session comes to ready, carries audio, and does not trust a service that owes and is silent. */
  async checkConnectsAgain(): Promise<void> {
    const { transport, clock, media } = this;
    Object.assign(transport.script, { connect: "open", ready: "at once", close: "answer" });
    media.microphone.script = "grant";
    transport.enableMic(true);
    this.network.turn(true);

    // Each attempt that was cancelled, and never went on, refuses the one connect() that is taken for its own.
    let connecting = transport.connect();
    for (const each of transport.actor.getSnapshot().context.older) {
      if (each.why === "cancelled") connecting = connecting.catch(() => transport.connect());
    }
    await this.settle();
    await Promise.race([connecting, Promise.reject(new Error("Broken: connect() is answered"))]);
    await transport.sendReadyMessage();
    await this.settle();
    claim(transport.state === "ready", "the next session comes to ready", transport.state);
    claim(media.microphone.held === 1, "the next session holds the microphone", media.microphone.held);
    const before = transport.service.audioBytes;
    this.say();
    claim(transport.service.audioBytes > before, "the next session carries audio");
    this.checkInvariants();

    const { attempts } = transport.service;
    transport.service.current?.setExpects("reply");
    for (let past = 0; past <= 2 * SILENCE + PROBE; past += PROBE) {
      clock.advance(PROBE);
      await this.settle();
    }
    claim(transport.service.attempts > attempts, "a connection whose service owes and is silent is replaced", attempts);
  }

  override checkSettled(): void {
    super.checkSettled();
    this.checkUplinkShut();
    this.checkMessages();
  }

  /** Each message that was taken was sent once, or refused once, and what was sent was sent in its order. */
  private checkMessages(): void {
    const sent = this.transport.service.sent.map(({ id }) => id);
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
    const before = this.transport.service.audioBytes;
    Object.assign(microphone, { held: 1, streaming: true, muted: false });
    this.say();
    Object.assign(microphone, { held: 0, streaming: false });
    claim(this.transport.service.audioBytes === before, "the uplink is shut");
  }
}

/** Watches that audio reaches its own session alone. */
export class AuditedTransport extends ScriptedTransport {
  sessions = 0;
  readonly crossed: string[] = [];
  /** What was asked of the service at each attempt. */
  readonly requests: Attempt[] = [];
  /** The connection parameters that were in force at each attempt. */
  readonly models: unknown[] = [];
  /** What the service makes of a message, instead of taking it. */
  sends: ((message: RTVIMessage) => void) | undefined;

  constructor(options: TransportOptions, media: ScriptedMediaManager) {
    super(options, undefined, media);
    this.service.watch = {
      attempt: (request) => {
        this.requests.push(request);
        this.models.push((this.service.params as { readonly model?: unknown } | undefined)?.model);
        if (request.attempt === 1) this.sessions += 1;
      },
      message: (message) => {
        this.sends?.(message);
        if (this.state === "ready" && this.service.connections === 0) {
          this.crossed.push(`"${message.type}" without a connection`);
        }
      },
      audio: (data) => {
        const [session] = new Int32Array(data);
        if (session !== this.sessions) this.crossed.push(`session ${session} in ${this.sessions}`);
        if (this.state !== "ready") this.crossed.push(`audio in ${this.state}`);
      },
    };
  }

  /** As XState tells of an actor that threw. */
  crash(actor: keyof typeof CHART_OF): void {
    const { children } = this.actor.getSnapshot();
    const chart = CHART_OF[actor];
    const parent: AnyActorRef | undefined = chart === "transport" ? this.actor : children[chart];
    const event = { type: `xstate.error.actor.${actor}`, actorId: actor, error: new Error("scripted crash") };
    this._core.enter(() => parent?.send(event));
  }

  /** Attempts that nobody has given up. */
  get liveAttempts(): number {
    return this.requests.filter(({ signal }) => !signal.aborted).length;
  }
}
