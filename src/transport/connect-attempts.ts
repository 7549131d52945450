import {
  RTVIMessageType,
  type PipecatClientOptions,
  type RTVIEventCallbacks,
  type RTVIMessage,
} from "@pipecat-ai/client-js";
import type { CallVerdict, TransportEvent } from "../../machines/index.js";
import { isRecord } from "../util/records.js";
import { afterMicrotasks, ClientCalls, type ClientCall } from "./client-calls.js";
import { ClientDevices } from "./client-devices.js";
import { isInSession } from "../util/in-session.js";
import { LifecyclePromises } from "./lifecycle-promises.js";
import { whenPermissionsAnswered } from "./permissions-query.js";
import type { Occupied } from "./ownership.js";
import type { Session } from "./session.js";

const ERROR_RESPONSE: string = RTVIMessageType.ERROR_RESPONSE;

/** Microtasks within which `startBotAndConnect()` goes on after its bot has started; it takes two. */
const START_GOES_ON = 4;

/** What the attempts need of the transport. */
export interface AttemptsPorts {
  readonly session: Session;
  /** Runs something from outside. */
  readonly enter: <Result>(run: () => Result) => Result;
  /** A session begins with these connection parameters. */
  readonly prepare: (params: unknown) => void;
  /** Whether a microphone is held now. */
  readonly hasMicrophone: () => boolean;
  /** Names the microphone that is held to the client. */
  readonly reportMicrophone: () => void;
  /** The app has heard of the end of a session, or of what it held. */
  readonly over: () => void;
  /** Why a call that begins something, or goes on with it, cannot have the transport and its media; undefined if it can. */
  readonly occupied: (call: "begins" | "continues") => Occupied | undefined;
}

/**
 * The client's connect attempts: each of its calls is told to the chart as an attempt that begins or goes on, and gets the promise,
 * or the throw, that the chart decides on. No lifecycle of its own: see region `calls` of `machines/transport.machine.ts`.
 */
export class ConnectAttempts {
  readonly promises: LifecyclePromises;
  readonly #calls = new ClientCalls();
  readonly #ports: AttemptsPorts;
  #devices = new ClientDevices({});
  /** Whether the client disconnects by itself when the bot leaves. */
  #leavesWithBot: PipecatClientOptions["disconnectOnBotDisconnect"] = false;

  constructor(ports: AttemptsPorts) {
    this.#ports = ports;
    const { session } = ports;
    this.promises = new LifecyclePromises(
      {
        state: () => session.current,
        release: () => session.release(),
        refusalOver: (attempt) => this.#tell({ type: "refusal.over", attempt }),
      },
      this.#calls,
    );
  }

  /** A client takes the transport over; returns its callbacks, which are watched. */
  begin(options: PipecatClientOptions, callbacks: RTVIEventCallbacks): RTVIEventCallbacks {
    this.#devices = new ClientDevices(options);
    this.#leavesWithBot = options.disconnectOnBotDisconnect ?? true;
    this.#watchStarts(options.callbacks ?? {});
    return this.#devices.watching(callbacks);
  }

  /**
   * A start that fails is the one call of the client that ends without a call of the transport: it reports a fatal error to its own
   * callbacks, and disconnects. These are what `initialize()` is given, and the only place where that disconnect can be told from
   * the app's.
   */
  #watchStarts(callbacks: RTVIEventCallbacks): void {
    const report = callbacks.onError;
    if (report === undefined) return;
    const watched = (message: RTVIMessage): void => {
      if (!isStartFailure(message)) report.call(callbacks, message);
      else if (this.#startFailed() === "newest") report.call(callbacks, message);
      else this.#calls.absorbLastRelease(() => report.call(callbacks, message));
    };
    Reflect.set(callbacks, "onError", watched);
  }

  /** Starts end in the order in which they were requested, as far as anything can be known of it. */
  #startFailed(): "newest" | "older" {
    const { older } = this.#ports.session.actor.getSnapshot().context;
    this.#tell({ type: "start.failed" });
    return older.some(({ phase }) => phase === "starting") ? "older" : "newest";
  }

  /** The state was read: the client does so in the run in which it begins an attempt. */
  looked(): void {
    this.#calls.looked();
  }

  /** A callback of the app has returned. */
  callbackReturned(): void {
    this.#calls.callbackReturned();
  }

  /** Resolves when the microphone was granted or refused, or when nobody waits for it any more. */
  initDevices(): Promise<void> {
    const { number, opens } = this.#calls.next();
    const occupied = this.#ports.occupied("begins");
    if (occupied !== undefined) {
      const answer = (): Promise<void> => (opens ? this.#bar(number, occupied.error) : Promise.reject(occupied.error));
      // Of another client's devices nothing is known.
      return occupied.what === "transport" ? answer() : this.#devices.asked(answer);
    }
    // Where connect() would not ask for devices, the app does, however often it looks at the state.
    const isFirst = opens && this.#devices.areNeeded && !isInSession(this.#ports.session.current);
    return this.#devices.asked(() => this.#askForDevices(number, isFirst));
  }

  /** The client's `connect()` would wait for ever for an `initDevices()` that rejects: it is told when it goes on. */
  #bar(number: number, error: Error): Promise<void> {
    const answered = this.promises.barred(number, error);
    this.#ask({ type: "call.barred", call: number });
    return answered;
  }

  async #askForDevices(number: number, opens: boolean): Promise<void> {
    const { hasMicrophone, reportMicrophone } = this.#ports;
    const had = hasMicrophone();
    const answered = opens ? this.promises.devicesOf(number) : this.promises.devices();
    this.#ask(opens ? { type: "devices.called", call: number } : { type: "devices.requested" });
    await answered;
    // The client takes a microphone that is not reported for one that it does not have.
    if (had && hasMicrophone()) reportMicrophone();
  }

  /** Resolves when connected. @throws ConnectionAbortedError; AlreadyConnectedError; the connection's error. */
  connect(params: unknown): Promise<void> {
    const { number, ...how } = this.#next();
    const occupied = this.#occupied(how);
    if (occupied !== undefined) return this.#calls.answersWith(Promise.reject(occupied), () => "refused");
    const connecting = this.promises.connect(number, () => this.#ports.prepare(params));
    this.#ask({ type: "connect.called", call: number, ...how });
    return connecting;
  }

  /** The client requests the bot's start. @throws ConnectionAbortedError or AlreadyConnectedError where it is not wanted any more. */
  startCalled(): void {
    const { number, opens } = this.#next();
    const occupied = this.#occupied({ opens });
    if (occupied !== undefined) throw occupied;
    this.promises.start(number, () => this.#ask({ type: "start.called", call: number, opens }));
  }

  /** The bot has started. @throws as `startCalled` */
  startAnswered(): void {
    const { number } = this.#calls.next();
    this.#calls.startAnswered();
    this.promises.start(number, () => this.#ask({ type: "start.answered", call: number }));
    afterMicrotasks(START_GOES_ON, () => this.#tell({ type: "start.lapsed", attempt: number }));
  }

  /** Legal at any time; resolves when nothing is held any more. */
  disconnect(): Promise<void> {
    return this.#calls.release(() => this.#ports.enter(() => this.promises.disconnect()));
  }

  /** The client waits for the service to be ready; a subclass, or the core, has it announced. */
  ready(announce: () => Promise<void>): Promise<void> {
    return this.promises.ready(announce);
  }

  /** Reports that the bot has left. The client disconnects by itself then, while the session is ending already. */
  botLeft(report: () => void): void {
    if (this.#leavesWithBot === true) this.#calls.absorbLastRelease(report);
    else report();
  }

  /** What the chart says of calls. */
  decided(verdict: CallVerdict): void {
    this.promises.decided(verdict);
    if (verdict.type !== "calls.decided") return;
    for (const attempt of verdict.answered) {
      whenPermissionsAnswered(() => this.#tell({ type: "query.lapsed", attempt }));
    }
  }

  /** The session is over, and the app hears of it as soon as it is at rest. */
  settled(): void {
    this.promises.released();
    queueMicrotask(() => {
      this.#ports.over();
      this.#tell({ type: "end.announced" });
    });
  }

  /** A call before which the client would have asked for devices, if it were the first of an attempt. */
  #next(): ClientCall {
    const call = this.#calls.next();
    return { ...call, opens: call.opens && !this.#devices.areNeeded };
  }

  /** Why a call cannot have what it needs. One that goes on from where it was barred, the chart refuses. */
  #occupied({ opens }: Pick<ClientCall, "opens">): Error | undefined {
    if (!opens && this.promises.isBarring) return undefined;
    return this.#ports.occupied(opens ? "begins" : "continues")?.error;
  }

  /** A call of the client. */
  #ask(event: TransportEvent): void {
    const { enter, session } = this.#ports;
    enter(() => session.revive().send(event));
  }

  /** A fact that means nothing to a chart that has died. */
  #tell(event: TransportEvent): void {
    const { enter, session } = this.#ports;
    enter(() => session.send(event));
  }
}

/** The client's own report: the transport's errors are of the type `error`. */
function isStartFailure({ type, data }: RTVIMessage): boolean {
  return type === ERROR_RESPONSE && isRecord(data) && data.fatal === true;
}
