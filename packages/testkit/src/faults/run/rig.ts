import { setTimeout as sleep } from "node:timers/promises";
import { startLocalService, type LiveSession, type LocalService } from "../../../../local-service/src/index.js";
import type { Recovery } from "../../../../../src/contracts/continuity.js";
import type { Logger } from "../../../../../src/log.js";
import type { TransportOptions } from "../../../../../src/options.js";
import { silence } from "../../audio/speech.js";
import { ScriptedNetwork, silent } from "../../worlds/world.js";
import type { Fault, Scene } from "../catalogue/fault.js";
import type { Subject } from "../subjects.js";
import { FaultApp } from "./app.js";
import { FaultProxy } from "../network/fault-proxy.js";
import { CountingClock, CountingMedia, SocketWatch } from "./holdings.js";
import { LyingServer } from "../liars/lying-server.js";
import { canary, LeakWatch } from "../../secrets/secrets.js";
import type { FaultStage, Patience } from "./play-fault.js";

/** Short, so that waiting for a fault to be noticed takes no longer than it must. Times in ms. */
const DEADLINES: TransportOptions = {
  timeouts: { connect: 3_000, ready: 3_000, disconnect: 500, silence: 1_900, probe: 1_000 },
  reconnect: { base: 40, factor: 2, cap: 400, attempts: 6, minUptime: 2_000 },
};

// Vitest has errors remember a hundred calls: ten thousand of them take ten times as long as in an app.
Error.stackTraceLimit = 10;

const CHUNK_MS = 20;
const STRAGGLERS_MS = 400;

/** Where the fault strikes: an app on a transport, a proxy, and a service behind it. */
export class Rig implements Scene, FaultStage {
  readonly leaks = new LeakWatch();
  readonly key = canary();
  readonly media = new CountingMedia();
  readonly clock = new CountingClock();
  readonly sockets = new SocketWatch();
  readonly network = new ScriptedNetwork();
  /** What became of the conversation at the last reconnection; undefined without one. */
  continuity: Recovery["continuity"] | undefined;
  readonly app: FaultApp;
  readonly #server: LocalService | LyingServer;
  readonly patience: Patience = { connects: 5_000, answers: 2_000, continues: 8_000, asksAgain: 1_200 };
  readonly stragglersMs: number;
  readonly #fault: Fault;
  readonly #sessions = new Set<LiveSession>();
  /** The service forgets a session that ends; what it has heard is still to be looked at. */
  readonly #remembering = setInterval(() => this.#remember(), 10);
  readonly #microphone: NodeJS.Timeout;

  private constructor(
    subject: Subject<string>,
    fault: Fault,
    readonly proxy: FaultProxy,
    server: LocalService | LyingServer,
  ) {
    this.#fault = fault;
    this.#server = server;
    this.stragglersMs = subject.tellsWords === false ? STRAGGLERS_MS : 0;
    const address = server instanceof LyingServer ? server.url : subject.addressOf(server);
    const transport = subject.transport(proxy.via(address), this.key, this.media, {
      ...DEADLINES,
      random: () => 0.5,
      WebSocket: this.sockets.WebSocket,
      clock: this.clock,
      network: this.network,
      onRecovered: ({ continuity }) => (this.continuity = continuity),
      logger: this.#logger(),
      inspect: (event) => {
        if (event.type === "@xstate.event") {
          this.leaks.add("inspected event", JSON.stringify(event.event));
        }
        if (event.type === "@xstate.snapshot") this.leaks.add("inspected snapshot", JSON.stringify(event.snapshot));
      },
    });
    this.app = new FaultApp(transport, this.leaks, { ...subject, pieces: () => this.media.pieces });
    const chunk = new Uint8Array(silence(CHUNK_MS)).buffer;
    this.#microphone = setInterval(() => this.media.say(chunk), CHUNK_MS);
  }

  static async set(subject: Subject<string>, fault: Fault): Promise<Rig> {
    const server =
      fault.server === "liar"
        ? await LyingServer.start(subject.liar)
        : await startLocalService({ greet: false, replyDelayMs: 5, replySpeed: 40, logger: silent, ...fault.options });
    return new Rig(subject, fault, await FaultProxy.start(server.port), server);
  }

  get service(): LocalService {
    if (this.#server instanceof LyingServer) throw new Error("this scene is played by a liar");
    return this.#server;
  }

  get liar(): LyingServer {
    if (this.#server instanceof LyingServer) return this.#server;
    throw new Error("this scene is played by the local service");
  }

  readonly ask = (text: string): void => {
    this.app.ask(text);
  };

  get mostSockets(): number {
    return this.sockets.most;
  }

  before(): unknown {
    return this.#fault.before?.(this);
  }

  async strike(begun: () => void): Promise<void> {
    this.proxy.flow.up.restart();
    const striking = this.#fault.strike?.(this);
    begun();
    await striking;
  }

  gapMs(): number {
    return this.proxy.flow.up.longestGapMs;
  }

  arrived(text: string): boolean {
    if (this.#server instanceof LyingServer) return this.#server.texts.includes(text);
    this.#remember();
    return [...this.#sessions].some(({ items }) => JSON.stringify(items).includes(JSON.stringify(text)));
  }

  async until(what: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    while (performance.now() < end) {
      if (await what()) return true;
      await sleep(10);
    }
    return what();
  }

  leftovers(): string[] {
    const counts: readonly (readonly [string, number])[] = [
      ["sockets", this.sockets.open],
      ["timers", this.clock.pending],
      ["listeners on the network", this.network.listeners],
      ["microphones", this.media.microphone.held],
      ["speakers", this.media.speaker.isOpen ? 1 : 0],
    ];
    return counts.filter(([, count]) => count > 0).map(([what, count]) => `${String(count)} ${what}`);
  }

  async close(): Promise<void> {
    clearInterval(this.#remembering);
    clearInterval(this.#microphone);
    this.sockets.terminate();
    await this.proxy.close();
    await this.#server.close();
  }

  #remember(): void {
    if (this.#server instanceof LyingServer) return;
    for (const session of this.#server.sessions) this.#sessions.add(session);
  }

  #logger(): Logger {
    const write =
      (level: string) =>
      (message: string, ...details: unknown[]): void => {
        this.leaks.add(`log ${level}`, message, ...details);
      };
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }
}
