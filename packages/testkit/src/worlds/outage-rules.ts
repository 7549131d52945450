import type { DeviceError, TransportState } from "@pipecat-ai/client-js";
import type { ActorRefFrom, SnapshotFrom } from "xstate";
import type { connectionMachine, transportMachine } from "../../../../machines/index.js";
import type { MicrophonePort } from "../../../../src/contracts/microphone.js";
import type { TransportOptions } from "../../../../src/options.js";
import type { ScriptedTransport } from "../../../../src/testing/index.js";
import { claim, type AppWorld } from "./app-world.js";

type World = AppWorld<ScriptedTransport> & { readonly isCrashing: boolean; readonly hasPolicy: boolean };

/** How many reconnects in a row a world's session makes, and how many one makes by itself. */
const ATTEMPTS = { world: 3, usual: 50 };
/** Longer than any wait of a world between two attempts, in ms. */
const LONGEST_WAIT = 2_000;
/** More attempts at one moment go on for ever. */
const MOST_AT_ONCE = 20;
/** Within so many ms a session is back that waits when its page wakes: half of what clients are spread over. */
const SOON = 250;
/** A connection that has lasted so long, and was ready, has proven itself. */
const MIN_UPTIME = 2_000;

/**
 * What a session has to make of an outage: when it attempts what, how often, and what becomes of what is said meanwhile. Beside
 * `SessionRules`, and as those without asking its charts what is to be.
 */
export class OutageRules {
  readonly #world: World;
  readonly #most: number;
  readonly #retriesInitial: boolean;
  readonly #breaches: string[] = [];
  #connection: ActorRefFrom<typeof connectionMachine> | undefined;
  #opened: "never" | "once" = "never";
  #attemptAt = -1;
  #atOnce = 0;
  #openAt: number | undefined;
  #wasReady = false;
  /** Attempts in a row for which the service may be blamed. */
  #row = 0;
  /** The next attempt says nothing about the service: there was no network, or the connection is changed on purpose. */
  #next: "counts" | "is free" | "is planned" = "counts";
  #onlineAt = -1;
  #wokeAt: number | undefined;
  /** Since when there is a network, and no attempt. */
  #idleSince: number | undefined;
  #restedAt = 0;
  /** Bytes of sound that the service had when something was said in an outage. */
  #heardBefore: number | undefined;
  /** How often the microphone was asked for when a device arrived, and whether it is the one that is missed. */
  #arrival: { readonly asks: number; readonly isMissed: boolean } | undefined;
  #asks = 0;
  #chosen = "";
  #standIn = false;
  #isLosing = false;
  /** Opens an output, as long as the world has one; and whether one that has failed is tried again. */
  readonly #openOutput: World["media"]["speaker"]["open"];
  #output: "as it is" | "is asked for" = "as it is";

  constructor(world: World, { reconnect }: TransportOptions) {
    this.#world = world;
    const own = typeof reconnect === "object" ? reconnect : undefined;
    this.#most = own === undefined ? ATTEMPTS.world : (own.attempts ?? ATTEMPTS.usual);
    this.#retriesInitial = own?.initial === true;
    this.#openOutput = world.media.speaker.open;
    this.#followService();
    this.#followNetwork();
    this.#followMicrophone();
  }

  always(): void {
    claim(this.#breaches.length === 0, "an outage keeps its rules", this.#breaches);
  }

  /** What holds once everything that was ready to happen has happened. */
  atRest(): void {
    this.always();
    if (this.#world.isCrashing) return;
    const { connection, microphone } = this.#snapshot.children;
    this.#connection = connection ?? this.#connection;
    this.#returns();
    this.#restedAt = this.#world.clock.now;
    this.#devices(microphone?.getSnapshot().context.device ?? null);
    const { service, state } = this.#world.transport;
    if (state === "disconnecting")
      claim(service.current?.isOpen !== true, "whoever disconnects has the connection closed in order");
    if (state !== "ready" || service.current?.isReady !== true) return;
    if (this.#heardBefore !== undefined)
      claim(service.audioBytes > this.#heardBefore, "what is said in an outage is heard after it");
    this.#heardBefore = undefined;
    const fates = new Set([...service.sent, ...this.#world.refusals].map(({ id }) => id));
    const waiting = this.#world.accepted.filter(({ id }) => !fates.has(id)).map(({ id }) => id);
    claim(waiting.length === 0, "no message waits while the session is ready", waiting);
  }

  announced(before: TransportState, state: TransportState): void {
    if (state === "connected") {
      this.#opened = "once";
      this.#openAt = this.#world.clock.now;
    }
    if (state === "ready") this.#wasReady = true;
    if (state !== "error" && state !== "disconnected") return;
    this.#heardBefore = undefined;
    this.#idleSince = undefined;
    this.#wokeAt = undefined;
    const { microphone, speaker } = this.#world.media;
    if (state === "error") {
      this.#demand(microphone.held === 0 && !speaker.isOpen, "a session that has failed holds no device");
    }
    this.#outcome(before, state);
    this.#connection = undefined;
  }

  /** Microphone audio is on its way. */
  said(): void {
    const { transport, media } = this.#world;
    const { held, streaming, muted } = media.microphone;
    if (transport.state !== "connecting" || !this.#wasReady || held === 0 || !streaming || muted) return;
    this.#heardBefore ??= transport.service.audioBytes;
  }

  get #snapshot(): SnapshotFrom<typeof transportMachine> {
    return this.#world.transport.actor.getSnapshot();
  }

  #isLive(): boolean {
    return this.#snapshot.matches({ lifecycle: { session: "live" } });
  }

  #demand(holds: boolean, what: string): void {
    if (!holds && !this.#world.isCrashing) this.#breaches.push(what);
  }

  /** With a network, what is lost is attempted again, and at once when the page wakes up. */
  #returns(): void {
    const { transport, network, clock } = this.#world;
    if (!this.#isLive() || transport.service.current !== undefined || !network.navigator.onLine) {
      this.#idleSince = undefined;
      if (transport.service.current !== undefined) this.#wokeAt = undefined;
      return;
    }
    // Attempts that no promise has time for are not seen here.
    const wasAway = clock.now - this.#restedAt > LONGEST_WAIT;
    this.#idleSince = wasAway ? clock.now : (this.#idleSince ?? clock.now);
    if (this.#world.hasPolicy) return;
    claim(clock.now - this.#idleSince <= LONGEST_WAIT, "what is lost is attempted again in time");
    if (this.#wokeAt !== undefined)
      claim(clock.now - this.#wokeAt <= SOON, "a page that wakes up attempts soon what is lost");
  }

  #devices(device: { readonly deviceId: string } | null): void {
    const { microphone, speaker } = this.#world.media;
    const arrival = this.#arrival;
    this.#arrival = undefined;
    if (arrival !== undefined) {
      const isAsked = this.#asks > arrival.asks;
      if (arrival.isMissed) claim(isAsked, "the chosen microphone is taken when it is back");
      else claim(!isAsked, "a microphone that works is not given up for another");
    }
    if (this.#output === "is asked for" && this.#isLive())
      claim(speaker.isOpen, "a microphone that comes brings back the output");
    this.#output = "as it is";
    if (microphone.held === 0) claim(device === null, "the session knows that it holds no microphone");
  }

  /** How a session's connection ended: as the app wished, because no other helps, or because enough were tried. */
  #outcome(before: TransportState, state: TransportState): void {
    const snapshot = this.#connection?.getSnapshot();
    if (snapshot?.status !== "done") return;
    const { outcome, fault } = snapshot.output;
    if (before === "disconnecting" || state === "disconnected") {
      this.#demand(outcome === "closed", "a connection that the app gave up is closed");
      return;
    }
    const isHopeless = fault?.retryable !== true || (this.#opened === "never" && !this.#retriesInitial);
    this.#demand(
      outcome === (isHopeless ? "refused" : "exhausted"),
      "a session is refused where no attempt helps, and exhausted where enough were made",
    );
  }

  #followService(): void {
    const { transport, clock, network } = this.#world;
    const { service } = transport;
    const { attempt } = service.watch;
    service.watch.attempt = (request) => {
      attempt?.(request);
      this.#connection = this.#snapshot.children.connection ?? this.#connection;
      const { now } = clock;
      const hasProven = this.#wasReady && this.#openAt !== undefined && now - this.#openAt >= MIN_UPTIME;
      if (request.attempt === 1) {
        this.#opened = "never";
        this.#row = 1;
      } else {
        this.#demand(
          this.#opened === "once" || this.#retriesInitial,
          "a session that was never connected is not attempted again, unless the app wants that",
        );
        if (hasProven) this.#row = 1;
        else if (this.#next === "counts") this.#row += 1;
        // A change that is due begins when there is a network again: the connection that it replaces is there.
        const isPlanned = this.#next === "is planned" && network.navigator.onLine;
        if (!this.#world.hasPolicy && !isPlanned) {
          this.#demand(now > this.#attemptAt, "an attempt that failed is made again after a while");
          this.#demand(now > this.#onlineAt, "a network that is back is given a while");
        }
        this.#demand(
          this.#world.hasPolicy || this.#row <= this.#most + 1,
          "a session whose reconnects fail is given up",
        );
      }
      this.#next = network.navigator.onLine ? "counts" : "is free";
      this.#atOnce = now === this.#attemptAt ? this.#atOnce + 1 : 0;
      // A chart that never gives up would let no time pass.
      if (this.#atOnce > MOST_AT_ONCE) service.script.connect = "hang";
      this.#attemptAt = now;
      this.#openAt = undefined;
      this.#wasReady = false;
      this.#wokeAt = undefined;
    };
    const { perform } = service;
    service.perform = (...effects) => {
      if (effects.some(({ type }) => type === "change-connection")) this.#next = "is planned";
      perform.call(service, ...effects);
    };
  }

  #followNetwork(): void {
    const { network, clock } = this.#world;
    const { turn, show } = network;
    network.turn = (onLine) => {
      if (this.#next !== "is planned") this.#next = "is free";
      if (onLine) this.#onlineAt = clock.now;
      turn.call(network, onLine);
    };
    network.show = (isVisible) => {
      const { service } = this.#world.transport;
      if (isVisible && this.#idleSince !== undefined && service.current === undefined) this.#wokeAt ??= clock.now;
      show.call(network, isVisible);
    };
  }

  #followMicrophone(): void {
    const { media, transport, devices } = this.#world;
    const { microphone } = media;
    const port: MicrophonePort = microphone;
    const { open } = microphone;
    microphone.open = async (request, reports) => {
      this.#asks += 1;
      this.#arrival = undefined;
      if (request.deviceId === this.#chosen) this.#standIn = false;
      else if (this.#isLosing) this.#standIn = true;
      const lost = (error: DeviceError): void => {
        this.#isLosing = true;
        reports.lost(error);
        this.#isLosing = false;
      };
      const device = await open.call(microphone, request, { ...reports, lost });
      this.#output = this.#isLive() && media.speaker.open === this.#openOutput ? "is asked for" : "as it is";
      return device;
    };
    const { updateMic, initDevices } = transport;
    transport.initDevices = () => {
      const asks = this.#asks;
      // An answer may be on its way.
      const isAsked = this.#snapshot.children.microphone?.getSnapshot().matches({ open: { held: "acquiring" } });
      const isMissing = this.#isLive() && isAsked !== true && microphone.held === 0;
      const answered = initDevices.call(transport);
      if (isMissing) this.#demand(this.#asks > asks, "whoever asks for devices that are missing has them asked for");
      return answered;
    };
    transport.updateMic = (id) => {
      this.#chosen = id;
      this.#standIn = false;
      this.#arrival = undefined;
      return updateMic.call(transport, id);
    };
    const { dispatchEvent } = devices;
    devices.dispatchEvent = (event) => {
      // A port that follows goes back to it by itself.
      const [asks, isMissed] = [this.#asks, this.#standIn && port.preferred === undefined];
      const isLive = this.#isLive();
      const told = dispatchEvent.call(devices, event);
      if (isLive && microphone.held > 0) {
        void media.getAllMics().then((all) => {
          this.#arrival = { asks, isMissed: isMissed && all.some(({ deviceId }) => deviceId === this.#chosen) };
        });
      }
      return told;
    };
  }
}
