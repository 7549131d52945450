import { LogLevel, PipecatClient, RTVIEvent, type Transport } from "@pipecat-ai/client-js";
import type { Subject } from "../subjects.js";
import type { LeakWatch } from "../../secrets/secrets.js";

/** An error as an app is told of it. */
export interface ToldError {
  readonly code: string;
  readonly fatal: boolean;
}

// client-js asks the window for the browser's name, without asking first whether there is one.
if (!("window" in globalThis)) Object.assign(globalThis, { window: {} });

const WORDS: readonly RTVIEvent[] = [RTVIEvent.BotLlmText, RTVIEvent.BotTtsText, RTVIEvent.BotTranscript];

/** How an app talks over a transport. */
interface Manners extends Pick<Subject<string>, "say" | "tellsWords"> {
  /** Pieces of the bot's sound so far. */
  readonly pieces?: () => number;
}

/** A stock app on a transport: it writes texts, and remembers what it was told. */
export class FaultApp {
  readonly client: PipecatClient;
  readonly states: string[] = [];
  readonly errors: ToldError[] = [];
  /** Texts that the client took without an objection. */
  readonly accepted: string[] = [];
  /** Calls that have not settled yet. */
  readonly pending = new Set<string>();
  readonly #words = new Map<RTVIEvent, string>();
  readonly #manners: Manners;
  /** Pieces of sound that had come when the last text was sent. */
  #soundBefore = 0;
  #notReadySince: number | undefined;
  #longestNotReady = 0;

  constructor(transport: Transport, leaks: LeakWatch, manners: Manners = {}) {
    this.#manners = manners;
    this.client = new PipecatClient({ transport, enableMic: true });
    this.client.setLogLevel(LogLevel.NONE);
    for (const event of Object.values(RTVIEvent)) {
      this.client.on(event, (...args: unknown[]) => {
        leaks.add(`event ${event}`, ...args);
        const text = WORDS.includes(event) ? (args[0] as { text?: string } | undefined)?.text : undefined;
        if (text !== undefined) this.#words.set(event, (this.#words.get(event) ?? "") + text);
      });
    }
    this.client.on(RTVIEvent.TransportStateChanged, (state) => this.#moved(state));
    this.client.on(RTVIEvent.Error, ({ data }) => {
      const { code = "none", fatal = false } = data as { code?: string; fatal?: boolean };
      this.errors.push({ code, fatal });
    });
  }

  /** The longest time for which an established session was not ready, in ms. */
  get longestNotReadyMs(): number {
    const now = this.#notReadySince === undefined ? 0 : performance.now() - this.#notReadySince;
    return Math.max(this.#longestNotReady, now);
  }

  /** Forgets how long the session was not ready so far. */
  restart(): void {
    this.#longestNotReady = 0;
  }

  /** Sends a text. Whether it was taken shows in `accepted`. */
  ask(text: string): void {
    const say = this.#manners.say ?? ((client: PipecatClient, words: string) => client.sendText(words));
    this.#soundBefore = this.#manners.pieces?.() ?? 0;
    void this.settles(`sendText("${text}")`, async () => {
      await say(this.client, text);
      this.accepted.push(text);
    });
  }

  /** Whether the bot has said this, as far as the transport tells. */
  heard(text: string): boolean {
    if (this.#manners.tellsWords === false) return (this.#manners.pieces?.() ?? 0) > this.#soundBefore;
    return [...this.#words.values()].some((words) => words.includes(text));
  }

  /** Runs a call and tells how it ended: nothing, or the error. As long as it has not, it is `pending`. */
  async settles(what: string, call: () => Promise<unknown>): Promise<unknown> {
    this.pending.add(what);
    try {
      await call();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      this.pending.delete(what);
    }
  }

  #moved(state: string): void {
    this.states.push(state);
    const now = performance.now();
    if (state === "ready") {
      if (this.#notReadySince !== undefined) this.#longestNotReady = this.longestNotReadyMs;
      this.#notReadySince = undefined;
    } else if (this.states.includes("ready")) this.#notReadySince ??= now;
  }
}
