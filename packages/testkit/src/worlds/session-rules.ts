import { DeviceError, type RTVIMessage, type TransportState } from "@pipecat-ai/client-js";
import type { AnyMachineSnapshot, SnapshotFrom, StateValue } from "xstate";
import type { transportMachine } from "../../../../machines/index.js";
import type { PlannedChange } from "../../../../src/contracts/continuity.js";
import type { MicrophonePort } from "../../../../src/contracts/microphone.js";
import type { OutputReport } from "../../../../src/contracts/speaker.js";
import type { ScriptedSpeaker } from "../../../../src/testing/scripted-media.js";
import { VoiceTransport } from "../../../../src/transport/voice-transport.js";
import type { ScriptedTransport } from "../../../../src/testing/index.js";
import { claim, type AppWorld } from "./app-world.js";

/** What the rules are held against. */
type World = AppWorld<ScriptedTransport> & { readonly isCrashing: boolean; readonly hasPolicy: boolean };

/** Which states an app may see after which: the order that RTVI has. */
const AFTER: Readonly<Record<string, readonly TransportState[]>> = {
  disconnected: ["initializing", "authenticating", "connecting"],
  initializing: ["initialized", "authenticating", "connecting", "disconnected"],
  initialized: ["initializing", "authenticating", "connecting", "disconnected"],
  authenticating: ["authenticated", "initializing", "connecting", "disconnected"],
  authenticated: ["authenticating", "initializing", "connecting", "disconnected"],
  connecting: ["connected", "authenticating", "disconnecting", "disconnected", "error"],
  connected: ["ready", "connecting", "disconnecting", "error"],
  ready: ["connecting", "disconnecting", "error"],
  disconnecting: ["disconnected", "error"],
  error: ["initializing", "authenticating", "connecting", "disconnected"],
};

/** How long a session may be in a state, in ms: the timeouts of a world. */
const LONGEST: Readonly<Record<string, number>> = { connected: 3_000, disconnecting: 500 };
/** An attempt that has not opened. */
const LONGEST_CONNECTING = 2_000;
/** A device that has worked for so long after a loss has nothing to do with it. */
const PROVEN = 20_000;
/** How long before its announced end a connection is changed, whatever is going on. */
const CHANGE_MARGIN = 1_000;

/** From when on a connection is to be changed, and at the latest; `deadline`: how long that was when it was said, in ms. */
interface Plan {
  readonly from: number;
  readonly latest: number;
  readonly deadline: number;
}

/** Attempts that must fail in a row before a session is given up. */
const FEWEST_ATTEMPTS = 3;
const MENDABLE = ["connection-lost", "connection-failed", "connect-timeout"];
/** How long a connection must last, with its service ready, to have proven itself. */
const MIN_UPTIME = 2_000;

type Output = "running" | "blocked" | "interrupted";

/**
 * What a session has to make of the world that it is in, said without its charts: the devices, the network and the service are asked
 * what is, and the transport what it makes of it.
 */
export class SessionRules {
  readonly #world: World;
  readonly #breaches: string[] = [];
  #wanted: boolean;
  #chosen = "";
  /** What the microphone was asked for, while it has not answered. */
  #asking = 0;
  #choice: "as chosen" | "lost since" = "as chosen";
  #output: Output = "running";
  #sound: "silent" | "speaking" = "silent";
  #stateSince = 0;
  #attemptSince = 0;
  #openSince: number | undefined;
  #end: "mendable" | "final" = "mendable";
  #opened: "never" | "once" = "never";
  /** When the connection in use, or the attempt, was lost. */
  #lostAt: number | undefined;
  #plan: Plan | undefined;
  /** Attempts since a connection has proven itself. */
  #row = 0;
  /** The number of the last attempt that was seen. */
  #attempt = 0;
  #time: "passes" | "leaps" = "passes";
  #session: "none" | "begun" = "none";
  /** The service was ready on the connection in use, or the last one. */
  #wasReady = false;
  /** Calls of connect() that are not answered, and what the app has said of its bot's start. */
  #connecting = 0;
  /** Calls of disconnect() that have not returned. */
  #ending = 0;
  /** Calls of disconnect() that returned before the end of their session, and have not been answered. */
  readonly #leaving = new Set<Promise<void>>();
  /** Calls of initDevices() that are not answered. */
  #devicesAsked = 0;
  readonly #written = new Map<string, number>();
  /** Until when the loss of the microphone is the second in a row; undefined after no loss. */
  #micSuspectUntil: number | undefined;
  #mic: "at will" | "when asked" | "when the app asks" = "at will";
  /** Whether one was held, and lost, since the app asked: the question is for another in its place. */
  #loss: "none" | "since" = "none";
  /** How often it was asked for when another in place of a lost one could not be had, though devices had changed. */
  #asksAtRefusal: number | undefined;
  /** It was lost again, and none is held since. */
  #isGone = false;
  /** The microphones at the last change, and how often they changed, or another was chosen. */
  #listed: readonly string[] | undefined;
  #changes = 0;
  /** How often the microphone was asked for, and how often it was when a device arrived for which the session waited. */
  #asks = 0;
  #asksAtArrival: number | undefined;
  #outputSuspectUntil: number | undefined;
  #readies = 0;
  #recoveriesBefore = 0;
  /** Opens an output, as long as the world has one. */
  #openOutput: ScriptedSpeaker["open"] | undefined;
  readonly #speaking = new Set<string>();

  constructor(world: World, enableMic: boolean) {
    this.#world = world;
    this.#wanted = enableMic;
    this.#followApp();
    this.#followMicrophone();
    this.#followOutput();
    this.#followService();
  }

  /** What holds at every moment. */
  always(): void {
    claim(this.#breaches.length === 0, "a session keeps its rules", this.#breaches);
    const { state, service } = this.#world.transport;
    const { microphone, speaker } = this.#world.media;
    if (state === "ready") claim(service.current?.isReady !== false, "ready is what the service has said");
    if (state !== "disconnecting") return;
    claim(microphone.held === 0, "whoever disconnects holds no microphone");
    claim(!speaker.isOpen, "whoever disconnects holds no output");
  }

  /** What holds once everything that was ready to happen has happened. */
  atRest(): void {
    this.always();
    if (this.#world.isCrashing) return;
    this.#microphone();
    this.#speaker();
    this.#connection();
    this.#times();
    const speaking = ["user", "bot"].filter((who) => this.#in("turns", (turns) => turns.hasTag(`${who}.speaking`)));
    claim([...this.#speaking].sort().join() === speaking.sort().join(), "the app knows who speaks", [
      ...this.#speaking,
    ]);
  }

  announced(before: TransportState, state: TransportState): void {
    this.#demand(AFTER[before]?.includes(state) === true, `${state} does not follow ${before}`);
    this.#stateSince = this.#world.clock.now;
    if (state === "authenticating" || state === "authenticated") {
      const left = (this.#written.get(state) ?? 0) - 1;
      this.#written.set(state, left);
      this.#demand(left >= 0, `${state} is what the app has written`);
    }
    if (state === "connecting" && this.#session === "none") {
      this.#demand(this.#connecting > 0, "a session begins with connect()");
      const isHeard = this.#ending === 0 && this.#leaving.size === 0;
      this.#demand(
        before !== "disconnected" || isHeard,
        "whoever disconnects learns of the end before the next session begins",
      );
    }
    if (state === "disconnected" && before === "connecting") {
      this.#demand(this.#session === "none", "a session that nobody has ended ends in an error");
    }
    if (state === "error")
      this.#demand(before !== "disconnecting", "a session that the app has ended ends without an error");
    if (state === "connected") {
      this.#opened = "once";
      this.#openSince = this.#world.clock.now;
    }
    if (state === "ready") {
      this.#readies += 1;
      this.#wasReady = true;
    }
    if (state === "connecting" && (before === "ready" || before === "connected")) {
      this.#silenced();
      this.#demand(this.#world.media.speaker.queue.length === 0, "nothing of a lost connection waits to be played");
    }
    if (state === "error") {
      const { fault } = this.#snapshot.context;
      const isMendable = fault?.retryable === true && MENDABLE.includes(fault.code) && this.#opened === "once";
      if (isMendable && !this.#world.hasPolicy && this.#time === "passes")
        this.#demand(this.#row >= FEWEST_ATTEMPTS, "a session is given up when reconnects have failed");
      this.#demand(fault !== null, "an error has its fault");
    }
    if (state === "error" || state === "disconnected") {
      this.#session = "none";
      this.#outputSuspectUntil = undefined;
      this.#asksAtArrival = undefined;
      this.#micSuspectUntil = undefined;
      this.#asksAtRefusal = undefined;
      this.#isGone = false;
      this.#mic = "at will";
      this.#loss = "none";
    }
  }

  /** What takes the place of a device whose code has crashed has nothing to do with it. */
  crashed(actor: string): void {
    if (actor !== "capture") return;
    this.#micSuspectUntil = undefined;
    this.#loss = "none";
  }

  told({ type }: RTVIMessage): void {
    const [, who, edge] = /^(user|bot)-(started|stopped)-speaking$/.exec(type) ?? [];
    if (who === undefined) return;
    if (edge === "started") this.#speaking.add(who);
    else this.#speaking.delete(who);
  }

  get #snapshot(): SnapshotFrom<typeof transportMachine> {
    return this.#world.transport.actor.getSnapshot();
  }

  /** In a session, whose end has not begun. */
  #isLive(): boolean {
    return this.#world.transport.state !== "disconnecting" && this.#snapshot.children.connection !== undefined;
  }

  #in(
    child: "microphone" | "speaker" | "connection" | "turns",
    is: (snapshot: AnyMachineSnapshot) => boolean,
  ): boolean {
    const snapshot = this.#snapshot.children[child]?.getSnapshot() as AnyMachineSnapshot | undefined;
    return snapshot?.status === "active" && is(snapshot);
  }

  #demand(holds: boolean, what: string): void {
    if (!holds && !this.#world.isCrashing) this.#breaches.push(what);
  }

  #microphone(): void {
    const { microphone } = this.#world.media;
    const is = (state: StateValue): boolean => this.#in("microphone", (snapshot) => snapshot.matches(state));
    if (this.#asksAtArrival !== undefined) {
      claim(this.#asks > this.#asksAtArrival, "a device that arrives for a session without a microphone is asked for");
      this.#asksAtArrival = undefined;
    }
    if (this.#asksAtRefusal !== undefined) {
      claim(
        this.#asks > this.#asksAtRefusal,
        "a microphone that cannot be had is asked for again where devices have changed",
      );
      this.#asksAtRefusal = undefined;
    }
    if (microphone.held > 0) {
      claim(microphone.muted === !this.#wanted, "the microphone is muted if the app wants that");
      claim(is({ open: { held: this.#wanted ? "live" : "muted" } }), "a microphone that is held is live or muted");
      if (this.#isLive()) claim(microphone.streaming, "a session has the microphone's audio");
    } else if (this.#asking > 0) {
      claim(is({ open: { held: "acquiring" } }), "a microphone that was asked for is being acquired");
    } else {
      claim(!is({ open: "held" }), "no microphone is held that does not exist");
      const isMissing = is("failed") || is({ open: "lost" });
      if (this.#isLive() && this.#wanted) claim(isMissing, "a session asks for its microphone");
      if (isMissing) claim(this.#wasTold("mic"), "the app knows why there is no microphone");
    }
    if (this.#world.transport.state === "initializing")
      claim(this.#asking > 0, "initializing ends with the microphone's answer");
    if (this.#devicesAsked > 0)
      claim(this.#asking > 0 || this.#mustWait, "whoever asks for devices has them asked for");
  }

  get #isAcquiring(): boolean {
    return this.#in("microphone", (microphone) => microphone.matches({ open: { held: "acquiring" } }));
  }

  /** Whether devices that are asked for must wait: for the end of a session, or for a call of an older attempt. */
  get #mustWait(): boolean {
    const snapshot = this.#snapshot;
    const isFirst = snapshot.matches({ calls: "none" }) && snapshot.context.older.length === 0;
    return !isFirst || this.#world.transport.state === "disconnecting";
  }

  #wasTold(device: "mic" | "speaker", type?: string): boolean {
    const last = this.#world.deviceErrors.findLast(({ devices }) => devices.includes(device));
    return last !== undefined && (type === undefined || last.type === type);
  }

  #speaker(): void {
    const { speaker } = this.#world.media;
    const is = (state: StateValue): boolean => this.#in("speaker", (snapshot) => snapshot.matches(state));
    if (!this.#isLive()) {
      claim(is("off"), "without a session the output is off");
      return;
    }
    claim(speaker.isOpen || is("failed"), "a session has an output");
    if (is("failed")) claim(this.#wasTold("speaker"), "the app knows why there is no output");
    if (!speaker.isOpen) return;
    claim(is({ open: { output: this.#output } }), "the output is what it reports", this.#output);
    claim(is({ open: { sound: this.#sound } }), "the bot speaks when its output says so", this.#sound);
    if (this.#output === "blocked")
      claim(this.#wasTold("speaker", "permissions"), "the app knows that the output is blocked");
    if (this.#output === "interrupted")
      claim(this.#wasTold("speaker", "in-use"), "the app knows that the output is taken");
  }

  #connection(): void {
    const { service, state } = this.#world.transport;
    const { network } = this.#world;
    const { current } = service;
    const is = (value: StateValue): boolean =>
      this.#in("connection", (snapshot) => snapshot.matches({ active: value }));
    if (!this.#isLive()) return;
    claim(
      is({ network: { disturbed: "offline" } }) === !network.navigator.onLine,
      "the session knows whether there is a network",
    );
    claim(is({ opened: "never" }) === (this.#opened === "never"), "the session knows whether it was ever connected");
    if (current === undefined) {
      claim(is({ phase: "waiting" }) || is({ phase: "asking" }), "what is lost is attempted again");
      claim(state === "connecting", "without a connection a session is connecting", state);
      return;
    }
    if (current.isConnecting) {
      claim(is({ phase: { attempt: "connecting" } }), "an attempt that has not opened is connecting");
      claim(state === "connecting", "an attempt that has not opened is connecting", state);
      return;
    }
    claim(is({ phase: { attempt: "open" } }), "a connection that is open is in use");
    claim(is({ opened: "latest" }), "it was the latest attempt that opened");
    claim(
      state === (current.isReady ? "ready" : "connected"),
      "an open connection is connected, and ready once its service is",
      state,
    );
    const traffic = current.isBusy ? "busy" : "quiet";
    claim(is({ phase: { attempt: { open: { traffic } } } }), "the session knows whether its connection is busy");
    if (current.isReady) {
      const told = this.#world.recoveries.length - this.#recoveriesBefore;
      claim(told === this.#readies - 1, "each return to ready is a recovery", told);
    }
    const isOld = this.#isOld;
    if (this.#plan !== undefined) {
      const { now } = this.#world.clock;
      const { from, latest } = this.#plan;
      const isPlanned = (plan: string): boolean => is({ phase: { attempt: { open: { plan } } } });
      if (now < from) claim(isPlanned("later"), "a connection that need not be changed yet is kept");
      else if (now < latest) claim(isPlanned("reconnect"), "a change of connections waits for a quiet moment");
      else claim(isPlanned("due"), "a change whose deadline has passed waits for no quiet moment");
      const isDue = now >= latest || (now >= from && !current.isBusy);
      const isMissed = isDue && isOld && network.navigator.onLine;
      claim(!isMissed, "a connection that its service ends is changed in a quiet moment, and in time");
    }
    const proof = isOld ? (current.isReady ? "proven" : "lasting") : "young";
    claim(
      is({ phase: { attempt: { open: { proof } } } }),
      "a connection is proven once it has lasted and was ready",
      proof,
    );
  }

  /** Whether the connection has lasted. */
  get #isOld(): boolean {
    return this.#hasLasted();
  }

  #hasLasted(until = this.#world.clock.now): boolean {
    return this.#openSince !== undefined && until - this.#openSince >= MIN_UPTIME;
  }

  #times(): void {
    const { clock, transport } = this.#world;
    const longest = LONGEST[transport.state] ?? Infinity;
    claim(clock.now - this.#stateSince <= longest, "a state that waits has a deadline", transport.state);
    if (transport.service.current?.isConnecting !== true) return;
    claim(clock.now - this.#attemptSince <= LONGEST_CONNECTING, "an attempt has a deadline");
  }

  #followApp(): void {
    const { transport, media, devices } = this.#world;
    const { connect, disconnect, initDevices, enableMic, updateMic, interrupt, resumeAudio } = transport;
    const state = Object.getOwnPropertyDescriptor(VoiceTransport.prototype, "state");
    Object.defineProperty(transport, "state", {
      get: () => state?.get?.call(transport) as TransportState,
      set: (value: TransportState) => {
        this.#written.set(value, (this.#written.get(value) ?? 0) + 1);
        state?.set?.call(transport, value);
      },
    });
    // The promises are passed on as they are: when the client reacts to them tells its calls from the app's.
    transport.connect = (...args) => {
      this.#connecting += 1;
      const connected = connect.apply(transport, args);
      const settled = (): void => void (this.#connecting -= 1);
      connected.then(settled, settled);
      return connected;
    };
    transport.disconnect = () => {
      this.#ending += 1;
      const ended = disconnect.call(transport);
      this.#ending -= 1;
      if (this.#snapshot.matches({ lifecycle: "session" })) {
        this.#leaving.add(ended);
        void ended.then(() => this.#leaving.delete(ended));
      }
      return ended;
    };
    transport.initDevices = () => {
      this.#mic = "at will";
      this.#devicesAsked += 1;
      const answered = initDevices.call(transport);
      const settled = (): void => void (this.#devicesAsked -= 1);
      answered.then(settled, settled);
      return answered;
    };
    const { dispatchEvent } = devices;
    devices.dispatchEvent = (event) => {
      const isMissing = this.#in("microphone", (microphone) => microphone.matches({ open: "lost" }));
      const asks = this.#asks;
      void media.getAllMics().then((mics) => {
        const ids = mics.map(({ deviceId }) => deviceId);
        const before = this.#listed;
        this.#listed = ids;
        if (before?.join() === ids.join()) return;
        this.#changes += 1;
        if (this.#mic === "when asked") this.#mic = "at will";
        const port: MicrophonePort = media.microphone;
        const isMissed = this.#choice === "lost since" && this.#chosen !== "" && ids.includes(this.#chosen);
        if (isMissed && port.preferred !== undefined && media.microphone.held > 0) {
          // The port goes back to it by itself.
          this.#choice = "as chosen";
          this.#micSuspectUntil = undefined;
        }
        const isNew = before !== undefined && ids.some((id) => !before.includes(id));
        if (isMissing && isNew) this.#asksAtArrival = asks;
      });
      return dispatchEvent.call(devices, event);
    };
    transport.enableMic = (on) => {
      this.#wanted = on;
      this.#mic = "at will";
      const asks = this.#asks;
      // An answer may be on its way.
      const isMissing = on && this.#isLive() && !this.#isAcquiring && media.microphone.held === 0;
      enableMic.call(transport, on);
      if (isMissing) this.#demand(this.#asks > asks, "whoever turns on a microphone that is missing asks for it");
    };
    transport.updateMic = (id) => {
      this.#chosen = id;
      this.#changes += 1;
      this.#mic = "at will";
      if (!this.#isAcquiring) this.#micSuspectUntil = undefined;
      this.#choice = "as chosen";
      const asks = this.#asks;
      const hasFailed = this.#isLive() && this.#in("microphone", (microphone) => microphone.matches("failed"));
      const updated = updateMic.call(transport, id);
      if (hasFailed) this.#demand(this.#asks > asks, "whoever chooses another microphone after a refusal asks for it");
      return updated;
    };
    transport.interrupt = () => {
      this.#silenced();
      interrupt.call(transport);
    };
    transport.resumeAudio = () => {
      const { isOpen, resumed } = media.speaker;
      const wasLive = this.#isLive();
      resumeAudio.call(transport);
      if (!wasLive || !this.#isLive()) return;
      if (isOpen) this.#demand(media.speaker.resumed > resumed, "a click frees the output");
      else if (media.speaker.open === this.#openOutput)
        this.#demand(media.speaker.isOpen, "a click asks for another output");
    };
  }

  #followMicrophone(): void {
    const { microphone } = this.#world.media;
    const { open } = microphone;
    microphone.open = async (request, reports) => {
      const isChosen = request.deviceId === this.#chosen;
      const isDefault = request.deviceId === "" && this.#choice === "lost since";
      this.#demand(
        isChosen || isDefault,
        "the microphone that is asked for is the chosen one, or the default after its loss",
      );
      const mayAsk = this.#mic === "at will" || this.#devicesAsked > 0;
      this.#demand(mayAsk, "a microphone that is refused, or lost again, is not asked for again by itself");
      // A chart that asks at each refusal would do so for ever, and the run with it.
      if (!mayAsk && !this.#world.isCrashing) return new Promise(() => undefined);
      if (isChosen && this.#chosen !== "" && this.#choice === "lost since") {
        // The one that was missed is back: what becomes of it has nothing to do with its stand-in.
        this.#choice = "as chosen";
        this.#micSuspectUntil = undefined;
      } else if (this.#isGone) {
        // What comes in place of one that was lost has to prove itself.
        this.#micSuspectUntil = this.#world.clock.now + PROVEN;
      }
      this.#isGone = false;
      this.#asking += 1;
      this.#asks += 1;
      const changes = this.#changes;
      const lost = (error: DeviceError): void => {
        if (this.#isAcquiring) {
          // Before anybody knew of it: it is refused.
          this.#mic = "when asked";
          reports.lost(error);
          return;
        }
        this.#choice = "lost since";
        this.#loss = "since";
        const { now } = this.#world.clock;
        const isAgain = this.#micSuspectUntil !== undefined && now < this.#micSuspectUntil;
        if (isAgain) this.#mic = "when asked";
        this.#isGone = isAgain;
        this.#micSuspectUntil = now + PROVEN;
        const { asks, live } = { asks: this.#asks, live: this.#isLive() };
        reports.lost(error);
        if (live && this.#isLive())
          this.#demand(this.#asks > asks !== isAgain, "a microphone that is lost is replaced, once");
      };
      try {
        return await open.call(microphone, request, { ...reports, lost });
      } catch (error) {
        if (!request.signal.aborted) this.#refused(error, changes);
        throw error;
      } finally {
        this.#asking -= 1;
      }
    };
  }

  /** @param changes How often devices had changed when it was asked for. */
  #refused(error: unknown, changes: number): void {
    if (error instanceof DeviceError && error.type === "permissions") {
      this.#mic = "when the app asks";
      this.#loss = "none";
      return;
    }
    this.#isGone = this.#loss === "since";
    if (changes === this.#changes) this.#mic = "when asked";
    else if (this.#isGone) this.#asksAtRefusal = this.#asks;
  }

  #followOutput(): void {
    const { speaker } = this.#world.media;
    const { open, report, interrupt } = speaker;
    speaker.open = this.#openOutput = (reports) => {
      this.#output = "running";
      this.#sound = "silent";
      return open.call(speaker, reports);
    };
    speaker.report = (each) => {
      const wasOpen = speaker.isOpen && this.#isLive();
      if (speaker.isOpen) this.#reported(each.type);
      report.call(speaker, each);
      if (wasOpen && each.type === "lost" && this.#isLive() && speaker.open === this.#openOutput) this.#lostOutput();
    };
    speaker.interrupt = () => {
      this.#silenced();
      return interrupt.call(speaker);
    };
  }

  /** Once is an accident; twice, and there is none that works. */
  #lostOutput(): void {
    const { now } = this.#world.clock;
    const isAgain = this.#outputSuspectUntil !== undefined && now < this.#outputSuspectUntil;
    this.#demand(this.#world.media.speaker.isOpen !== isAgain, "an output that is lost is opened again, once");
    this.#outputSuspectUntil = isAgain ? undefined : now + PROVEN;
  }

  #reported(type: OutputReport["type"]): void {
    if (type === "blocked" || type === "interrupted") this.#output = type;
    else if (type === "unblocked") this.#output = "running";
    else if (type === "began") this.#sound = "speaking";
    else if (type === "drained") this.#sound = "silent";
  }

  #silenced(): void {
    this.#sound = "silent";
  }

  #followService(): void {
    const { transport, network, clock } = this.#world;
    const { service } = transport;
    const { advance, sleep } = clock;
    clock.advance = (ms) => {
      // Attempts that no promise has time for are not seen here.
      this.#time = ms >= LONGEST_CONNECTING ? "leaps" : "passes";
      advance.call(clock, ms);
      this.#time = "passes";
    };
    clock.sleep = (ms) => {
      const [plan, wakes] = [this.#plan, clock.now + ms];
      // The time for a change comes when the machine wakes, and its deadline counts from then.
      if (plan !== undefined && clock.now < plan.from && plan.from <= wakes) {
        this.#plan = { ...plan, latest: wakes + plan.deadline };
      }
      sleep.call(clock, ms);
    };
    const { lost, perform } = service;
    service.lost = (error) => {
      if (service.current?.isOpen === true && !error.retryable) this.#end = "final";
      // A connection that is about to be changed may be lost while the next attempt has begun.
      if (transport.state === "ready" && this.#plan === undefined) this.#lostAt = clock.now;
      lost.call(service, error);
    };
    service.perform = (...effects) => {
      if (effects.some(({ type }) => type === "flush")) this.#silenced();
      const [ending] = effects.filter((effect) => effect.type === "change-connection");
      if (ending !== undefined && service.current?.isOpen === true) {
        this.#plan = planOf(ending, clock.now, this.#plan);
      }
      perform.call(service, ...effects);
    };
    const { attempt } = service.watch;
    service.watch.attempt = (request) => {
      attempt?.(request);
      this.#session = "begun";
      this.#attemptSince = clock.now;
      const made = request.attempt === 1 ? 1 : request.attempt - this.#attempt;
      this.#row = request.attempt === 1 || (this.#hasLasted(this.#lostAt) && this.#wasReady) ? made : this.#row + made;
      this.#attempt = request.attempt;
      if (this.#lostAt !== undefined && request.attempt > 1) {
        this.#demand(clock.now > this.#lostAt, "what is lost is attempted again after a while, and not at once");
      }
      this.#openSince = undefined;
      this.#lostAt = undefined;
      this.#plan = undefined;
      this.#wasReady = false;
      if (request.attempt === 1) {
        this.#end = "mendable";
        this.#opened = "never";
        this.#readies = 0;
        this.#recoveriesBefore = this.#world.recoveries.length;
        return;
      }
      this.#demand(network.navigator.onLine, "no connection is attempted again without a network");
      this.#demand(this.#end === "mendable", "what no reconnect can mend is not reconnected");
    };
  }
}

/** The newest plan counts, but none puts off a change whose time has come. */
function planOf({ afterMs = 0, withinMs }: PlannedChange, now: number, before: Plan | undefined): Plan {
  const inTime = (ms: number): number => Math.max(0, ms - CHANGE_MARGIN);
  if (before === undefined || now < before.from) {
    const [from, deadline] = [now + afterMs, inTime(withinMs)];
    return { from, latest: from + deadline, deadline };
  }
  const deadline = inTime(afterMs + withinMs);
  const isSooner = now < before.latest && deadline < before.deadline;
  return isSooner ? { from: before.from, latest: now + deadline, deadline } : before;
}
