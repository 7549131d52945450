import type { RTVIMessage } from "@pipecat-ai/client-js";
import type { Attempt, Connection, Upcalls } from "../contracts/connection.js";
import type { Continuity } from "../contracts/continuity.js";
import type { Command, Dialogue, Effect, Expects } from "../contracts/dialogue.js";
import type { Provider, ProviderSession, SessionStart } from "../contracts/provider.js";
import type { PlayedItem } from "../contracts/speaker.js";
import { ConnectionFailedError, ConnectionLostError, type RtviMachineError } from "../errors.js";
import type { ServiceConduct } from "./scripted-hands.js";

/** How the scripted service behaves when it is connected to; change it at any time. */
export interface ServiceScript extends ServiceConduct {
  /** What becomes of the conversation on another connection of the session. */
  continuity: Continuity;
  /** Whether it gives a sign of life when it is asked for one; `"cannot"`: it cannot be asked. */
  probe: "answer" | "silent" | "cannot";
}

/** What a test watches of the service. */
export interface ServiceWatch {
  /** An attempt begins. */
  attempt?(request: Attempt): void;
  /** A message of the app arrives. What it throws, the app gets. */
  message?(message: RTVIMessage): void;
  /** Microphone audio arrives. What it throws, the app gets. */
  audio?(data: ArrayBuffer): void;
}

/** One attempt, and the connection and the dialogue that it becomes. */
class ServiceConnection implements Connection, Dialogue {
  readonly bufferedAmount = 0;
  readonly maxMessageSize = Infinity;
  expects: Expects = "nothing";
  #phase: "connecting" | "open" | "over" = "connecting";
  #readiness: "unready" | "ready" = "unready";
  #activity: "quiet" | "busy" = "quiet";

  constructor(
    private readonly service: ScriptedProvider,
    readonly request: Attempt,
    private readonly up: Upcalls,
  ) {
    request.signal.addEventListener("abort", () => this.release(), { once: true });
  }

  /** Whether it is open, or may yet open. */
  get isLive(): boolean {
    return this.#phase !== "over";
  }
  get isConnecting(): boolean {
    return this.#phase === "connecting";
  }
  get isOpen(): boolean {
    return this.#phase === "open";
  }
  get isReady(): boolean {
    return this.#readiness === "ready";
  }
  get isBusy(): boolean {
    return this.#activity === "busy";
  }

  opens(): void {
    this.#phase = "open";
    this.up.opened(this);
    if (this.service.script.ready === "never") return;
    queueMicrotask(() => this.says());
  }

  /** The service says that it is ready. */
  says(): void {
    if (this.#phase !== "open") return;
    this.up.received({
      type: "ready",
      continuity: this.request.resuming ? this.service.script.continuity : "fresh",
    } satisfies Effect);
  }

  perform(effects: readonly Effect[]): void {
    this.up.effects(effects);
  }
  setBusy(isBusy: boolean): void {
    this.#activity = isBusy ? "busy" : "quiet";
    this.up.effects([]);
  }
  setExpects(expects: Expects): void {
    this.expects = expects;
    this.up.effects([]);
  }
  speaks(): void {
    this.up.admits("");
  }

  ends(error: RtviMachineError): void {
    this.release();
    this.up.closed(error);
  }
  release(): void {
    this.#phase = "over";
  }

  send(): void {
    // Nothing is translated into messages of a service.
  }
  sendEncoded(): void {
    this.send();
  }
  audio(pcm: ArrayBuffer): void {
    this.service.watch.audio?.(pcm);
    this.service.audioBytes += pcm.byteLength;
  }
  close(): void {
    this.release();
    if (this.service.script.close === "hang") return;
    queueMicrotask(() => this.up.closed(new ConnectionLostError("closed by the script")));
  }

  open(): Effect[] {
    return [];
  }
  /** The service's messages are the effects that they have. */
  receive(message: unknown): Effect[] {
    const effect = message as Effect;
    if (effect.type === "ready") this.#readiness = "ready";
    return [effect];
  }
  command(command: Command): Effect[] {
    if (command.type === "interrupt") return [{ type: "flush" }];
    if (command.type !== "message") return [];
    this.service.watch.message?.(command.message);
    this.service.sent.push(command.message);
    return [];
  }
  playback(): Effect[] {
    return [];
  }
  played(items: readonly PlayedItem[]): Effect[] {
    this.service.cut.push(items);
    return [];
  }
  probe(): Effect[] | undefined {
    const { script } = this.service;
    if (script.probe === "cannot") return undefined;
    this.service.probes += 1;
    if (script.probe === "answer") queueMicrotask(() => this.speaks());
    return [];
  }
  unsent(): Effect[] {
    return [];
  }
  end(): Effect[] {
    this.#readiness = "unready";
    return [];
  }
}

/** A provider whose service is a script: for tests of the lifecycle, of apps, and of what this library promises. */
export class ScriptedProvider implements Provider {
  readonly name = "ScriptedTransport";
  readonly service = "The scripted service";
  readonly processor = "scripted";
  readonly media = { uplink: "pcm", voice: "player" } as const;
  readonly script: ServiceScript = {
    connect: "open",
    ready: "at once",
    close: "answer",
    continuity: "fresh",
    probe: "answer",
  };
  watch: ServiceWatch = {};
  attempts = 0;
  /** The most connections there ever were at one time. */
  mostConnections = 0;
  /** How often it was asked for a sign of life. */
  probes = 0;
  readonly sent: RTVIMessage[] = [];
  /** Bytes of microphone audio that reached the service. */
  audioBytes = 0;
  /** What was really played of the items that were cut, by interruption. */
  readonly cut: (readonly PlayedItem[])[] = [];
  /** Connection parameters in force. */
  params: unknown;
  #live: ServiceConnection[] = [];

  /** Connections open or opening now: never more than one, none outside a session. */
  get connections(): number {
    return this.#live.filter(({ isLive }) => isLive).length;
  }

  /** The attempt in progress or in use. */
  get current(): ServiceConnection | undefined {
    return this.#live.findLast(({ isLive }) => isLive);
  }

  /** A hanging attempt opens. */
  opened(): void {
    if (this.current?.isConnecting === true) this.current.opens();
  }

  /** A hanging attempt is refused. */
  refused(): void {
    if (this.current?.isConnecting !== true) return;
    this.current.ends(new ConnectionFailedError("refused by the script", { retryable: true }));
  }

  /** The connection is lost. */
  dropped(retryable = true): void {
    this.lost(new ConnectionLostError("dropped by the script", { retryable }));
  }

  /** The connection is lost, in so many words. */
  lost(error: RtviMachineError): void {
    this.current?.ends(error);
  }

  /** The service says that it is ready. */
  said(): void {
    this.current?.says();
  }

  /** The service wants something done. */
  perform(...effects: readonly Effect[]): void {
    this.current?.perform(effects);
  }

  readParams(params: unknown): unknown {
    return params;
  }

  begin({ params }: SessionStart<unknown>): ProviderSession {
    this.params = params;
    return {
      refresh: (fresh) => {
        this.params = fresh;
      },
      plan: (attempt) => {
        this.attempts += 1;
        this.watch.attempt?.(attempt);
        if (this.script.connect === "refuse") {
          throw new ConnectionFailedError("refused by the script", { retryable: true });
        }
      },
      credential: () => Promise.resolve(undefined),
      open: (_plan, _credential, attempt, up) => {
        const connection = new ServiceConnection(this, attempt, up);
        // What is over is forgotten: an app's test may reconnect for hours.
        this.#live = [...this.#live.filter(({ isLive }) => isLive), connection];
        this.mostConnections = Math.max(this.mostConnections, this.connections);
        if (this.script.connect === "open") connection.opens();
      },
      dialogue: (_plan, _credential, connection) => this.#dialogueOf(connection),
      commandOffline: () => "wait",
      end: () => ({ effects: [], kept: undefined }),
    };
  }

  #dialogueOf(connection: Connection): Dialogue {
    const dialogue = this.#live.find((each) => each === connection);
    if (dialogue === undefined) throw new TypeError("A connection that the script did not open.");
    return dialogue;
  }
}
