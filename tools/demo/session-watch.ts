import { setTimeout as sleep } from "node:timers/promises";
import type { SeenEvent } from "./probe.js";
import type { Report } from "./report.js";

const POLL_MS = 20;

/** What one answer of the bot was to, and when; page times in ms. */
export interface SeenTurn {
  readonly asked: "speech" | "text" | "greeting";
  /** From 1; 0 for a greeting. */
  readonly number: number;
  /** End of the user's turn. */
  readonly askedAt: number;
  botStarted?: number;
  botStopped?: number;
  /** The user spoke into the answer. */
  interruptedAt?: number;
}

/** Follows the session by its RTVI events, prints them as they come, and keeps the turns. */
export class SessionWatch {
  readonly events: SeenEvent[] = [];
  readonly turns: SeenTurn[] = [];
  readonly #report: Report;
  #origin = 0;
  #state = "disconnected";

  constructor(report: Report) {
    this.#report = report;
  }

  get state(): string {
    return this.#state;
  }

  add(event: SeenEvent): void {
    this.events.push(event);
    this.#print(event);
    this.#track(event);
  }

  last(name: string): SeenEvent | undefined {
    return this.events.findLast((event) => event.name === name);
  }

  count(name: string, since: number): number {
    return this.events.filter((event) => event.name === name && event.at >= since).length;
  }

  /** @throws Error that says what did not come about in time. */
  async until(what: string, holds: () => boolean, timeoutMs: number): Promise<void> {
    const end = Date.now() + timeoutMs;
    while (!holds()) {
      if (Date.now() > end)
        throw new Error(
          `${what}: not within ${timeoutMs / 1000} s (state: ${this.#state}; a machine that is busy needs longer)`,
        );
      await sleep(POLL_MS);
    }
  }

  #track({ name, at }: SeenEvent): void {
    const turn = this.turns.at(-1);
    const speaking = turn?.botStarted !== undefined && turn.botStopped === undefined;
    if (name === "userStartedSpeaking" && speaking) turn.interruptedAt = at;
    if (name === "userStoppedSpeaking") this.#open("speech", at);
    if (name === "typed") this.#open("text", at);
    if (name === "botStartedSpeaking") {
      const answered = turn && turn.botStarted === undefined ? turn : this.#open("greeting", at);
      answered.botStarted = at;
    }
    if (name === "botStoppedSpeaking") {
      const spoken = this.turns.findLast((candidate) => candidate.botStarted !== undefined);
      if (spoken) spoken.botStopped ??= at;
    }
  }

  #open(asked: SeenTurn["asked"], at: number): SeenTurn {
    const earlier = this.turns.filter((turn) => turn.asked !== "greeting").length;
    const turn: SeenTurn = { asked, number: asked === "greeting" ? 0 : earlier + 1, askedAt: at };
    this.turns.push(turn);
    return turn;
  }

  #say(at: number, kind: string, text: string): void {
    this.#report.fact((at - this.#origin) / 1000, kind, text);
  }

  #print({ name, at, data }: SeenEvent): void {
    // A session's times count from the click that began it.
    if (name === "clicked" && data === "Connect") this.#origin = at;
    if (name === "clicked") this.#say(at, "you", `click ${String(data)}`);
    if (name === "typed") this.#say(at, "you", `type "${String(data)}"`);
    if (name === "transportStateChanged") {
      const next = String(data);
      this.#say(at, "state", `${this.#state} → ${next}`);
      this.#state = next;
    }
    const ttfb = name === "metrics" ? timeToFirstSound(data) : undefined;
    if (ttfb !== undefined) this.#say(at, "metric", `ttfb ${Math.round(ttfb * 1000)} ms`);
    if (name === "userStartedSpeaking") this.#say(at, "user", "starts speaking");
    if (name === "userStoppedSpeaking") this.#say(at, "user", "stopped speaking");
    if (name === "botStartedSpeaking") this.#say(at, "bot", "starts speaking");
    if (name === "botStoppedSpeaking") this.#say(at, "bot", "stopped speaking");
    if (name === "error" || name === "deviceError" || name === "messageError") {
      this.#say(at, "error", `${name}: ${messageIn(data) ?? JSON.stringify(data)}`);
    }
  }
}

/** What an RTVI error, or a device's, says. */
function messageIn(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  if ("message" in data && typeof data.message === "string") return data.message;
  return "data" in data ? messageIn(data.data) : undefined;
}

/** Seconds, out of RTVI metrics; undefined where they are about something else. */
function timeToFirstSound(data: unknown): number | undefined {
  if (typeof data !== "object" || data === null || !("ttfb" in data) || !Array.isArray(data.ttfb)) return undefined;
  const first: unknown = data.ttfb[0];
  if (typeof first !== "object" || first === null || !("value" in first)) return undefined;
  return typeof first.value === "number" ? first.value : undefined;
}
