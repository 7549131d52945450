import { RTVIMessage, type DeviceError, type PipecatClientOptions, type TransportState } from "@pipecat-ai/client-js";
import type { NetworkSource } from "../../src/actors/network.js";
import type { DeviceSource } from "../../src/actors/watches.js";
import type { Recovery } from "../../src/contracts/recovery.js";
import type { DialRequest, Wire, WireReports } from "../../src/contracts/wire.js";
import { NotReadyError, type RtviMachineError } from "../../src/errors.js";
import type { Logger } from "../../src/log.js";
import type { TransportOptions } from "../../src/options.js";
import { rtviStateOf } from "../../src/rtvi/rtvi-state.js";
import { ManualClock, ScriptedTransport } from "../../src/testing/index.js";

/** Everything that is ready to run, runs: promises are settled as far as they can be without time passing. */
export async function drain(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** An event target that counts its listeners. */
export class CountingTarget extends EventTarget {
  readonly #held = new Map<unknown, Set<string>>();

  get listeners(): number {
    return [...this.#held.values()].reduce((sum, { size }) => sum + size, 0);
  }

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    const [type, listener, options] = args;
    const signal = typeof options === "object" ? options.signal : undefined;
    const types = this.#held.get(listener) ?? new Set();
    if (signal?.aborted !== true) this.#held.set(listener, types.add(type));
    signal?.addEventListener("abort", () => types.delete(type));
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    const [type, listener] = args;
    this.#held.get(listener)?.delete(type);
    super.removeEventListener(...args);
  }
}

export class ScriptedNetwork extends CountingTarget implements NetworkSource {
  readonly navigator = { onLine: true };
  readonly document = { visibilityState: "visible" };

  show(visible: boolean): void {
    this.document.visibilityState = visible ? "visible" : "hidden";
    this.dispatchEvent(new Event("visibilitychange"));
  }

  turn(onLine: boolean): void {
    this.navigator.onLine = onLine;
    this.dispatchEvent(new Event(onLine ? "online" : "offline"));
  }
}

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const READY_TIMEOUT = 3_000;
/** How long a service may be silent that owes something, and how long it may take to give a sign of life. */
export const SILENCE = 4_000;
export const PROBE = 500;
/** Longer than all of a session's deadlines and waits together. */
export const AGES = 120_000;

/** A plain assertion: thousands of runs make millions of them. */
function claim(holds: boolean, what: string, seen?: unknown): void {
  if (!holds) throw new Error(`Broken: ${what}${seen === undefined ? "" : `, but ${JSON.stringify(seen)}`}`);
}

/** What an app does inside one of its callbacks. */
export type Reaction = (world: World) => void;

/** A scripted transport as it is, and what an app has seen of it. */
export class World {
  readonly clock = new ManualClock();
  readonly network = new ScriptedNetwork();
  readonly devices = new CountingTarget();
  readonly transport: AuditedTransport;
  readonly announced: TransportState[] = ["disconnected"];
  readonly log: string[] = [];
  readonly errors: RTVIMessage[] = [];
  readonly deviceErrors: DeviceError[] = [];
  /** Messages of the app that were refused through `onMessageError`. */
  readonly refusals: RTVIMessage[] = [];
  readonly recoveries: Recovery[] = [];
  /** What callbacks do, once each, by the callback's name or the announced state. */
  readonly reactions = new Map<string, Reaction>();
  readonly promises: { name: string; outcome: "pending" | "resolved" | Error }[] = [];
  /** Messages that were taken from the app. */
  readonly accepted: RTVIMessage[] = [];
  #messages = 0;
  depth = 0;

  constructor(enableMic = true, options: TransportOptions = {}) {
    this.transport = new AuditedTransport({
      clock: this.clock,
      network: this.network,
      random: () => 0.5,
      reconnect: { base: 100, cap: 1_000, attempts: 3, minUptime: 2_000 },
      timeouts: { dial: 2_000, ready: READY_TIMEOUT, disconnect: 500, silence: SILENCE, probe: PROBE },
      audio: { mediaDevices: this.devices as DeviceSource as MediaDevices },
      logger: silent,
      preRoll: 100,
      onRecovered: (recovery) => {
        this.recoveries.push(recovery);
        this.#called("onRecovered");
      },
      ...options,
    });
    const callbacks: PipecatClientOptions["callbacks"] = {
      onTransportStateChanged: (state) => {
        // The getter and the callback agree, here of all places.
        claim(this.transport.state === state, "the getter and the callback agree", [this.transport.state, state]);
        this.announced.push(state);
        this.#called(state);
      },
      onConnected: () => this.#called("onConnected"),
      onDisconnected: () => this.#called("onDisconnected"),
      onBotReady: () => this.#called("onBotReady"),
      onBotStartedSpeaking: () => this.#called("onBotStartedSpeaking"),
      onBotStoppedSpeaking: () => this.#called("onBotStoppedSpeaking"),
      onMicUpdated: () => this.#called("onMicUpdated"),
      onDeviceError: (error) => {
        this.deviceErrors.push(error);
        this.#called("onDeviceError");
      },
      onError: (message) => {
        this.errors.push(message);
        this.#called("onError");
        // As the client does.
        if ((message.data as { fatal: boolean }).fatal) this.disconnect();
      },
    };
    const clientOptions: PipecatClientOptions = { transport: this.transport, enableMic, callbacks };
    this.transport.initialize(clientOptions, (message) => {
      if (message.type === "error-response") this.refusals.push(message);
      this.#called(message.type);
    });
  }

  #called(name: string): void {
    this.log.push(name);
    const reaction = this.reactions.get(name);
    this.reactions.delete(name);
    this.depth += 1;
    try {
      reaction?.(this);
    } finally {
      this.depth -= 1;
    }
  }

  /** A message of the app, numbered; one that the transport throws for is not accepted. */
  send(): void {
    this.#messages += 1;
    const message = new RTVIMessage("send-text", { content: "text" }, `message ${this.#messages}`);
    try {
      this.transport.sendMessage(message);
      this.accepted.push(message);
    } catch (error) {
      claim(error instanceof NotReadyError, "a message is refused with a typed error", String(error));
    }
  }

  /** As the client does it. */
  connect(): void {
    const connect = async (): Promise<void> => {
      try {
        await this.transport.connect();
        await this.transport.sendReadyMessage();
      } catch (error) {
        this.disconnect();
        throw error;
      }
    };
    this.#track("connect", connect());
  }

  disconnect(): void {
    this.#track("disconnect", this.transport.disconnect());
  }

  initDevices(): void {
    this.#track("initDevices", this.transport.initDevices());
  }

  sendReadyMessage(): void {
    this.#track("sendReadyMessage", this.transport.sendReadyMessage());
  }

  #track(name: string, promise: Promise<void>): void {
    const entry: (typeof this.promises)[number] = { name, outcome: "pending" };
    this.promises.push(entry);
    promise.then(
      () => {
        entry.outcome = "resolved";
      },
      (error: unknown) => {
        entry.outcome = error instanceof Error ? error : new Error(`not an Error: ${String(error)}`);
      },
    );
  }

  /** Microphone audio, marked with the session it was spoken in. */
  say(): void {
    const pcm = new Int32Array(4).fill(this.transport.sessions);
    this.transport.media.say(pcm.buffer);
  }

  /** What holds at every moment, whether promises have been drained or not. */
  checkInvariants(): void {
    const { transport } = this;
    const snapshot = transport.actor.getSnapshot();
    claim(snapshot.status === "active", "the actor is alive");
    claim(transport.state === this.announced.at(-1), "the getter says what was announced last", transport.state);
    claim(transport.state === rtviStateOf(snapshot), "the getter says what the chart says", transport.state);
    claim(transport.mostWires <= 1, "there are never two wires");
    const live = transport.liveAttempts;
    claim(live <= 1, "one attempt is live at most", live);
    if (snapshot.matches("idle")) claim(live === 0, "no attempt is live while idle", live);
    for (const { attempts, gapMs } of this.recoveries) {
      claim(attempts >= 1 && gapMs >= 0, "a recovery took a dial and some time", [attempts, gapMs]);
    }
    claim(transport.crossed.length === 0, "audio stays in its session", transport.crossed);
    if (snapshot.matches("idle")) claim(transport.wires === 0, "there is no wire while idle", transport.state);
    if (transport.state === "disconnected" || transport.state === "error") this.checkNothingHeld();
  }

  checkNothingHeld(): void {
    const { media } = this.transport;
    claim(this.transport.wires === 0, "no wire is left");
    claim(media.microphone.held === 0, "no microphone is held");
    claim(!media.speaker.isOpen, "no speaker is open");
    claim(media.speaker.queue.length === 0, "no audio waits to be played");
  }

  /** `disconnect()`, and then all the time in the world. */
  async release(): Promise<void> {
    this.reactions.clear();
    this.disconnect();
    for (let past = 0; past < AGES; past += AGES / 4) {
      await drain();
      this.clock.advance(AGES / 4);
    }
    await drain();
  }

  /** What holds once it is released. */
  checkSettled(): void {
    claim(this.transport.state === "disconnected", "it is disconnected", this.transport.state);
    this.checkInvariants();
    this.checkNothingHeld();
    this.checkUplinkShut();
    claim(this.clock.pending === 0, "no timer is left");
    claim(this.network.listeners === 0, "no network listener is left");
    claim(this.devices.listeners === 0, "no device listener is left");
    const pending = this.promises.filter(({ outcome }) => outcome === "pending").map(({ name }) => name);
    claim(pending.length === 0, "every promise has settled", pending);
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
    const { microphone } = this.transport.media;
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
  /** What was asked of the service at each dial. */
  readonly requests: DialRequest[] = [];

  /** Attempts that nobody has given up. */
  get liveAttempts(): number {
    return this.requests.filter(({ signal }) => !signal.aborted).length;
  }

  /** The model that was in force at each dial. */
  readonly models: unknown[] = [];

  /** What the service makes of a message, instead of taking it. */
  sends: ((message: RTVIMessage) => void) | undefined;

  override sendMessage(message: RTVIMessage): void {
    this.sends?.(message);
    if (this.state === "ready" && this.wires === 0) this.crossed.push(`"${message.type}" without a wire`);
    super.sendMessage(message);
  }

  /** As a transport does it that will not have a message. */
  refuse(message: RTVIMessage, error: Error): void {
    this.rejectMessage(message, error);
  }

  /** The open wire is lost, in so many words. */
  loses(error: RtviMachineError): void {
    this.wires = 0;
    this.connectionLost(error);
  }

  protected override dial(request: DialRequest, reports: WireReports): Wire {
    this.requests.push(request);
    this.models.push(this._service_options.model);
    return super.dial(request, reports);
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
