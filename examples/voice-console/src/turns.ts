/** One exchange: what the user said or typed, and how soon the answer was heard. */
export interface Turn {
  readonly number: number;
  readonly asked: "speech" | "text";
  /**
   * From the end of the user's turn to the bot's first played sample, by the page's clock; ms. Not where the service
   * does not say when a spoken turn ends.
   */
  latency?: number;
  /** The same as the transport measured it (RTVI metrics, time to first byte of the answer); ms. */
  ttfb?: number;
  /** The user spoke into the answer. */
  interrupted: boolean;
}

/** As the page timed it, else as the transport did; ms. */
export function responseTime({ latency, ttfb }: Turn): number | undefined {
  return latency ?? ttfb;
}

/** Pairs the ends of user turns with the beginnings of answers. Times are `performance.now()` in ms. */
export class Turns {
  readonly #limit: number;
  readonly #all: Turn[] = [];
  #count = 0;
  #askedAt: number | undefined;
  #botSpeaking = false;

  /** @param limit how many turns are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get all(): readonly Turn[] {
    return this.#all;
  }

  /** Middle of the response times so far; undefined before the first answer. */
  get median(): number | undefined {
    const sorted = this.#all.flatMap((turn) => responseTime(turn) ?? []).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  }

  userStarted(): void {
    const last = this.#all.at(-1);
    if (last && this.#botSpeaking) last.interrupted = true;
  }

  asked(by: Turn["asked"], at: number): void {
    this.#askedAt = at;
    this.#all.push({ number: ++this.#count, asked: by, interrupted: false });
    if (this.#all.length > this.#limit) this.#all.shift();
  }

  /** @param tellsTurnEnds whether the service says when a spoken turn ends */
  botStarted(at: number, tellsTurnEnds: boolean): void {
    this.#botSpeaking = true;
    const last = this.#all.at(-1);
    const isTimed = tellsTurnEnds || last?.asked === "text";
    if (last && isTimed && this.#askedAt !== undefined) last.latency = at - this.#askedAt;
    this.#askedAt = undefined;
  }

  botStopped(): void {
    this.#botSpeaking = false;
  }

  /** The first of an answer counts: a pipeline measures each of its parts. @param seconds as RTVI metrics give it */
  measured(seconds: number): void {
    const last = this.#all.at(-1);
    if (last) last.ttfb ??= seconds * 1000;
  }
}
