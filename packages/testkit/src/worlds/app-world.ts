import { RTVIMessage, type DeviceError, type PipecatClientOptions, type TransportState } from "@pipecat-ai/client-js";
import type { DeviceSource } from "../../../../src/actors/watches.js";
import type { Recovery } from "../../../../src/contracts/continuity.js";
import { NotReadyError } from "../../../../src/errors.js";
import type { TransportOptions } from "../../../../src/options.js";
import type { VoiceTransport } from "../../../../src/transport/voice-transport.js";
import { rtviStateOf } from "../../../../src/transport/rtvi-state.js";
import { ManualClock, ScriptedMediaManager } from "../../../../src/testing/index.js";
import { AGES, CountingTarget, drain, PROBE, READY_TIMEOUT, ScriptedNetwork, SILENCE, silent } from "./surroundings.js";

/** A plain assertion: thousands of runs make millions of them. */
export function claim(holds: boolean, what: string, seen?: unknown): void {
  if (!holds) throw new Error(`Broken: ${what}${seen === undefined ? "" : `, but ${JSON.stringify(seen)}`}`);
}

/** What the app is told of a bot, in this order. */
const VISIT = ["joined", "connected", "left", "disconnected"];

/** What an app does inside one of its callbacks. */
export type Reaction = (world: AppWorld) => void;

/** A transport whose media, network and time are scripted, and what an app does with it and sees of it. */
export abstract class AppWorld<T extends VoiceTransport = VoiceTransport> {
  readonly clock = new ManualClock();
  readonly network = new ScriptedNetwork();
  readonly devices = new CountingTarget();
  readonly media = new ScriptedMediaManager();
  readonly transport: T;
  readonly announced: TransportState[] = ["disconnected"];
  readonly log: string[] = [];
  readonly errors: RTVIMessage[] = [];
  readonly deviceErrors: DeviceError[] = [];
  /** Messages of the app that were refused through `onMessageError`. */
  readonly refusals: RTVIMessage[] = [];
  readonly recoveries: Recovery[] = [];
  /** How the bot came and went. */
  readonly presence: string[] = [];
  /** What callbacks do, once each, by the callback's name or the announced state. */
  readonly reactions = new Map<string, Reaction>();
  readonly promises: { name: string; outcome: "pending" | "resolved" | Error }[] = [];
  /** Messages that were taken from the app. */
  readonly accepted: RTVIMessage[] = [];
  /** What was seen to be wrong inside a callback, where a throw would change nothing. */
  protected readonly breaches: string[] = [];
  #messages = 0;

  /** @param make Makes the transport, with these options. */
  constructor(
    enableMic: boolean,
    options: TransportOptions,
    make: (options: TransportOptions, media: ScriptedMediaManager) => T,
  ) {
    const all: TransportOptions = {
      clock: this.clock,
      network: this.network,
      random: () => 0.5,
      reconnect: { base: 100, cap: 1_000, attempts: 3, minUptime: 2_000 },
      timeouts: { connect: 2_000, ready: READY_TIMEOUT, disconnect: 500, silence: SILENCE, probe: PROBE },
      audio: { mediaDevices: this.devices as DeviceSource as MediaDevices },
      logger: silent,
      preRoll: 100,
      onRecovered: (recovery) => {
        this.recoveries.push(recovery);
        this.called("onRecovered");
      },
      ...options,
    };
    this.transport = make(all, this.media);
    const callbacks: PipecatClientOptions["callbacks"] = {
      onTransportStateChanged: (state) => {
        // The getter and the callback agree, here of all places.
        if (this.transport.state !== state) this.breaches.push(`${state} was announced in ${this.transport.state}`);
        this.announced.push(state);
        this.stateAnnounced(state);
        this.called(state);
      },
      onConnected: () => this.called("onConnected"),
      onDisconnected: () => this.called("onDisconnected"),
      onBotReady: () => this.called("onBotReady"),
      onParticipantJoined: () => this.presence.push("joined"),
      onBotConnected: () => this.presence.push("connected"),
      onParticipantLeft: () => this.presence.push("left"),
      onBotDisconnected: () => this.presence.push("disconnected"),
      onBotStartedSpeaking: () => this.called("onBotStartedSpeaking"),
      onBotStoppedSpeaking: () => this.called("onBotStoppedSpeaking"),
      onMicUpdated: () => this.called("onMicUpdated"),
      onDeviceError: (error) => {
        this.deviceErrors.push(error);
        this.called("onDeviceError");
      },
      onError: (message) => {
        this.errors.push(message);
        this.called("onError");
        // As the client does.
        if ((message.data as { fatal: boolean }).fatal) this.disconnect();
      },
    };
    const clientOptions: PipecatClientOptions = { transport: this.transport, enableMic, callbacks };
    this.transport.initialize(clientOptions, (message) => {
      if (message.type === "error-response") this.refusals.push(message);
      this.told(message);
      this.called(message.type);
    });
  }

  /** Connections that belong to the session now. */
  protected abstract get wires(): number;
  /** The connection is lost: in a way that another attempt may mend, or for good. */
  abstract lose(retryable: boolean): void;
  protected stateAnnounced(_state: TransportState): void {}
  protected told(_message: RTVIMessage): void {}

  /** Everything that is ready to happen, happens. */
  async settle(): Promise<void> {
    await drain();
  }

  protected called(name: string): void {
    this.log.push(name);
    const reaction = this.reactions.get(name);
    this.reactions.delete(name);
    reaction?.(this);
  }

  /** A message of the app, numbered in its content and its id; one that the transport throws for is not accepted. */
  send(type = "send-text", data: object = {}): void {
    this.#messages += 1;
    const content = `text ${this.#messages}`;
    const message = new RTVIMessage(type, { content, ...data }, content);
    try {
      this.transport.sendMessage(message);
      this.accepted.push(message);
    } catch (error) {
      const isTyped = error instanceof NotReadyError;
      if (!isTyped) this.breaches.push(`a message is refused with a typed error, but ${String(error)}`);
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
    this.#track("connect", connect);
  }

  disconnect(): void {
    this.#track("disconnect", () => this.transport.disconnect());
  }

  initDevices(): void {
    this.#track("initDevices", () => this.transport.initDevices());
  }

  sendReadyMessage(): void {
    this.#track("sendReadyMessage", () => this.transport.sendReadyMessage());
  }

  #track(name: string, call: () => Promise<void>): void {
    const entry: (typeof this.promises)[number] = { name, outcome: "pending" };
    this.promises.push(entry);
    call().then(
      () => {
        entry.outcome = "resolved";
      },
      (error: unknown) => {
        entry.outcome = error instanceof Error ? error : new Error(`not an Error: ${String(error)}`);
      },
    );
  }

  /** Microphone audio. */
  say(pcm = new ArrayBuffer(16)): void {
    this.media.say(pcm);
  }

  /** What holds at every moment, whether promises have been drained or not. */
  checkInvariants(): void {
    const { transport, wires } = this;
    const snapshot = transport.actor.getSnapshot();
    claim(this.breaches.length === 0, "what callbacks see is right", this.breaches);
    claim(snapshot.status === "active", "the actor is alive");
    claim(transport.state === this.announced.at(-1), "the getter says what was announced last", transport.state);
    claim(transport.state === rtviStateOf(snapshot), "the getter says what the chart says", transport.state);
    claim(wires <= 1, "there are never two wires", wires);
    const inTurns = this.presence.every((what, index) => what === VISIT[index % VISIT.length]);
    claim(inTurns, "a bot comes and goes once", this.presence);
    // A Pipecat bot says itself when it is there.
    const isThere = this.presence.length === 0 || this.presence.at(-1) === "connected";
    if (transport.state === "ready") claim(isThere, "the bot is there", this.presence);
    for (const { attempts, gapMs } of this.recoveries) {
      claim(attempts >= 1 && gapMs >= 0, "a recovery took a dial and some time", [attempts, gapMs]);
    }
    if (snapshot.matches({ lifecycle: "idle" })) {
      claim(wires === 0, "there is no wire while idle", transport.state);
      // A microphone that was lost and came back has to prove itself.
      const proofs = snapshot.children.microphone?.getSnapshot().context.isAnother === true ? 1 : 0;
      claim(this.clock.pending <= proofs, "no timer runs while idle", this.clock.pending);
    }
    if (transport.state === "disconnected" || transport.state === "error") this.checkNothingHeld();
  }

  checkNothingHeld(): void {
    const { microphone, speaker } = this.media;
    claim(this.wires === 0, "no wire is left");
    claim(this.presence.length % VISIT.length === 0, "the bot is gone", this.presence);
    claim(microphone.held === 0, "no microphone is held");
    claim(!speaker.isOpen, "no speaker is open");
    claim(speaker.queue.length === 0, "no audio waits to be played");
  }

  /** `disconnect()`, and then all the time in the world. */
  async release(): Promise<void> {
    this.reactions.clear();
    this.disconnect();
    for (let past = 0; past < AGES; past += AGES / 4) {
      await this.settle();
      this.clock.advance(AGES / 4);
    }
    await this.settle();
  }

  /** What holds once it is released. */
  checkSettled(): void {
    claim(this.transport.state === "disconnected", "it is disconnected", this.transport.state);
    this.checkInvariants();
    this.checkNothingHeld();
    claim(this.clock.pending === 0, "no timer is left");
    claim(this.network.listeners === 0, "no network listener is left");
    claim(this.devices.listeners === 0, "no device listener is left");
    const pending = this.promises.filter(({ outcome }) => outcome === "pending").map(({ name }) => name);
    claim(pending.length === 0, "every promise has settled", pending);
  }
}
