import {
  BotAlreadyStartedError,
  LogLevel,
  logger,
  PipecatClient,
  StartBotError,
  type RTVIEventCallbacks,
  type RTVIMessage,
  type TransportState,
} from "@pipecat-ai/client-js";
import {
  AlreadyConnectedError,
  ConnectionAbortedError,
  ConnectionFailedError,
  ConnectionLostError,
} from "../../../src/errors.js";
import type { InspectionEvent } from "xstate";
import type { Logger } from "../../../src/log.js";
import { ScriptedMediaManager, ScriptedProvider, ScriptedTransport } from "../../../src/testing/index.js";
import type { TransportOptions } from "../../../src/options.js";
import { page } from "./page.js";
import type { Time } from "./virtual-time.js";

logger.setLevel(LogLevel.NONE);

/** What an app may call; `another's connect`: with a second client on the same transport. */
export type Op = "connect" | "disconnect" | "initDevices" | "startBot" | "startBotAndConnect" | "another's connect";

/** What the user answers: unset is a first visit, which takes 2 ms; granted was asked before; hanging answers at last. */
export type Mic = "unset" | "granted" | "off" | "hanging" | "denied";

/** What goes wrong with the service: the first connection is refused, or lost for good 1 ms after it is ready. */
export type Trouble = "none" | "refused" | "lost" | "start fails";

export interface Call {
  readonly op: Op | "client's disconnect";
  /** `refused`: by the client itself, with a throw. */
  outcome: "pending" | "resolved" | "rejected" | "refused";
  error?: Error;
}

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A network that stays. */
const calm = (): NonNullable<TransportOptions["network"]> =>
  Object.assign(new EventTarget(), { navigator: { onLine: true }, document: { visibilityState: "visible" } });

/** A scripted service that takes 1 ms to open and 1 ms to be ready. */
class TimedService extends ScriptedProvider {
  trouble: Trouble = "none";
  /** Sessions that were begun. */
  sessions = 0;

  constructor(time: Time) {
    super();
    this.script.connect = "hang";
    this.script.ready = "never";
    this.watch = {
      attempt: ({ signal, attempt }) => {
        if (attempt === 1) this.sessions += 1;
        const soon = (run: () => void): void => {
          time.set(() => {
            if (!signal.aborted) run();
          }, 1);
        };
        const { trouble } = this;
        this.trouble = "none";
        soon(() => {
          if (trouble === "refused") {
            this.refused();
            return;
          }
          this.opened();
          soon(() => {
            this.said();
            if (trouble === "lost") soon(() => this.dropped(false));
          });
        });
      },
    };
  }
}

export interface StageOptions {
  readonly mic: Mic;
  readonly trouble?: Trouble;
  /** The app looks at the state when a call of it has settled. */
  readonly looks?: boolean;
  /** Watches the charts. */
  readonly inspect?: (event: InspectionEvent) => void;
}

/** An app with a stock client on a real transport, whose service, microphone, page and time are scripted. */
export class Stage {
  readonly service: TimedService;
  readonly transport: ScriptedTransport;
  readonly client: PipecatClient;
  readonly media = new ScriptedMediaManager();
  readonly mic: Mic;
  readonly #looks: boolean;
  #microphonesAsked = 0;
  /** Everything that was called, in its order. */
  readonly calls: Call[] = [];
  /** What was seen to be wrong on the way. */
  readonly breaches: string[] = [];
  readonly seen: string[] = [];
  /** The state when the app looked at it last. */
  lookedAt: TransportState = "disconnected";
  /** What the app does in a callback, by its name or the announced state; once. */
  readonly reactions = new Map<string, () => void>();

  constructor(
    private readonly time: Time,
    { mic, trouble = "none", looks = false, inspect }: StageOptions,
  ) {
    this.mic = mic;
    this.#looks = looks;
    const { microphone } = this.media;
    const open = microphone.open.bind(microphone);
    microphone.open = async (request, reports) => {
      this.#microphonesAsked += 1;
      if (microphone.script !== "hang") await time.sleep(2);
      return open(request, reports);
    };
    this.service = new TimedService(time);
    this.service.trouble = trouble;
    this.transport = new ScriptedTransport(
      { clock: time.clock, network: calm(), logger: silent, random: () => 0.5, reconnect: { attempts: 2 } },
      this.service,
      this.media,
    );
    if (inspect !== undefined) this.transport.actor.system.inspect(inspect);
    this.client = new PipecatClient({
      transport: this.transport,
      enableMic: mic !== "off",
      callbacks: this.#callbacks(),
    });
  }

  /** Brings the microphone to where the cases begin. */
  async prepare(): Promise<void> {
    const { microphone } = this.media;
    if (this.mic === "granted") {
      void this.client.initDevices();
      await this.time.pass(20);
    }
    if (this.mic === "hanging") microphone.script = "hang";
    if (this.mic === "denied") microphone.script = "permissions";
    page.failingStarts = this.service.trouble === "start fails" ? 1 : 0;
    page.answersCrossed = false;
    this.seen.length = 0;
  }

  /** The app looks at the state, as a component does when it is drawn. */
  look(): void {
    this.lookedAt = this.client.state;
  }

  /** The user who was asked allows it. */
  answerMicrophone(): void {
    const { microphone } = this.media;
    microphone.script = "grant";
    microphone.answer();
  }

  /** Whether the microphone is held that the app has asked for; a user may have refused it. */
  get hasMicrophone(): boolean {
    return this.media.microphone.held > 0 || this.mic === "denied";
  }

  do(op: Op): void {
    const call: Call = { op, outcome: "pending" };
    this.calls.push(call);
    const held = this.media.microphone.held;
    try {
      this.#start(op).then(
        () => {
          call.outcome = "resolved";
          if (this.#looks) this.look();
          if (op === "disconnect" && this.calls.at(-1) === call) this.#checkReleased();
        },
        (error: unknown) => {
          if (this.#looks) this.look();
          call.outcome = "rejected";
          call.error = error instanceof Error ? error : new Error(`not an Error: ${String(error)}`);
        },
      );
    } catch (error) {
      call.outcome = "refused";
      if (error instanceof Error) call.error = error;
      if (this.media.microphone.held !== held) this.breaches.push("a call that the client refused changed something");
    }
  }

  #start(op: Op): Promise<unknown> {
    const bot = { endpoint: "http://127.0.0.1:9/start" };
    switch (op) {
      case "connect":
        return this.client.connect({ n: this.calls.length });
      case "startBot":
        return this.client.startBot(bot);
      case "startBotAndConnect":
        return this.client.startBotAndConnect(bot);
      case "disconnect":
        return this.client.disconnect();
      case "initDevices":
        return this.client.initDevices();
      case "another's connect":
        return new PipecatClient({ transport: this.transport, enableMic: true }).connect();
    }
  }

  /** The state, not by the getter: an app need not look at it. */
  get #says(): string {
    return String(Reflect.get(this.transport, "_state"));
  }

  /** After a `disconnect()` that nothing has followed. */
  #checkReleased(): void {
    if (this.#says !== "disconnected") this.breaches.push(`disconnect() resolved in "${this.#says}"`);
    this.#checkNothingHeld("when disconnect() resolved");
  }

  #checkNothingHeld(when: string): void {
    const { service, media } = this;
    if (media.microphone.held !== 0) this.breaches.push(`a microphone is held ${when}`);
    if (media.speaker.isOpen) this.breaches.push(`the speaker is open ${when}`);
    if (service.connections !== 0) this.breaches.push(`a connection is open ${when}`);
  }

  /** What is wrong once everything has had its time. */
  checkEverything(): void {
    const { service, calls } = this;
    if (service.mostConnections > 1) this.breaches.push("there were two sessions at once");
    const count = (name: string): number => this.seen.filter((each) => each === name).length;
    if (count("onBotReady") > count("ready")) this.breaches.push("onBotReady came twice in one session");
    if (this.mic === "off" && this.#microphonesAsked > 0 && calls.every(({ op }) => op !== "initDevices"))
      this.breaches.push("a microphone was asked for that the app does not want");
    for (const { op, error, outcome } of calls) {
      if (outcome !== "rejected" || isExpected(error)) continue;
      this.breaches.push(`${op} was rejected with ${error?.name}: ${error?.message}`);
    }
  }

  /** `disconnect()`, and all the time in the world. */
  async release(): Promise<void> {
    this.reactions.clear();
    const { microphone } = this.media;
    this.do("disconnect");
    await this.time.pass(50);
    microphone.answer();
    await this.time.pass(5_000);
    const { state } = this.client;
    if (state !== "disconnected") this.breaches.push(`"${state}" after everything`);
    this.#checkNothingHeld("after everything");
    if (this.time.clocked !== 0) this.breaches.push(`${this.time.clocked} timers are left`);
  }

  #callbacks(): RTVIEventCallbacks {
    return {
      onTransportStateChanged: (state) => {
        if (this.#says !== state) this.breaches.push(`"${state}" was announced in "${this.#says}"`);
        this.#called(state);
      },
      onConnected: () => this.#called("onConnected"),
      onDisconnected: () => this.#called("onDisconnected"),
      onBotStarted: () => this.#called("onBotStarted"),
      onBotReady: () => this.#called("onBotReady"),
      onBotDisconnected: () => this.#called("onBotDisconnected"),
      onError: (message) => {
        this.#called("onError");
        // Directly after this callback.
        if (isFatal(message)) this.calls.push({ op: "client's disconnect", outcome: "resolved" });
      },
    };
  }

  #called(name: string): void {
    this.seen.push(name);
    const reaction = this.reactions.get(name);
    this.reactions.delete(name);
    reaction?.();
  }
}

function isFatal({ data }: RTVIMessage): boolean {
  return typeof data === "object" && data !== null && "fatal" in data && data.fatal === true;
}

/** What a call that came to nothing may be rejected with; a service in trouble has its own errors. */
function isExpected(error: Error | undefined): boolean {
  return [
    ...[ConnectionAbortedError, AlreadyConnectedError, ConnectionFailedError, ConnectionLostError],
    ...[BotAlreadyStartedError, StartBotError],
  ].some((kind) => error instanceof kind);
}
