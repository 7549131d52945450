import type { Logger } from "../log.js";

/** How long a context may be suspended before it counts as blocked: a start takes some time, and so does a change of sink. */
const GRACE_MS = 500;

/** Tells a context that autoplay policy holds from one that is about to start, changes its sink, or is interrupted. */
export class AutoplayWatch {
  readonly #context: AudioContext;
  readonly #report: (type: "blocked" | "unblocked") => void;
  readonly #logger: Logger;
  readonly #waiting = new Set<() => void>();
  #grace: ReturnType<typeof setTimeout> | undefined;
  #blocked = false;

  constructor(context: AudioContext, report: (type: "blocked" | "unblocked") => void, logger: Logger) {
    this.#context = context;
    this.#report = report;
    this.#logger = logger;
    context.addEventListener("statechange", this.#onStateChange);
  }

  /** Asks the context to run. Resolves when it does, or when it is clear that it does not; never waits for a gesture. */
  async start(): Promise<void> {
    if (this.#context.state === "running") {
      this.#onStateChange();
      return;
    }
    // iOS: a call or Siri holds the output; resume() would be refused, and the system gives it back by itself.
    if (this.#context.state === "suspended") this.#resume();
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      this.#startGrace();
    });
  }

  dispose(): void {
    this.#context.removeEventListener("statechange", this.#onStateChange);
    this.#settle();
  }

  #resume(): void {
    // Without a gesture this may stay pending for ever; what it does shows in the state.
    this.#context.resume().catch((error: unknown) => this.#logger.debug("AudioContext.resume() failed.", error));
  }

  #startGrace(): void {
    this.#grace ??= setTimeout(() => {
      if (this.#context.state === "suspended") {
        this.#resume();
        if (!this.#blocked) {
          this.#blocked = true;
          this.#report("blocked");
        }
      }
      this.#settle();
    }, GRACE_MS);
  }

  #settle(): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  readonly #onStateChange = (): void => {
    const { state } = this.#context;
    if (state === "suspended") this.#startGrace();
    if (state === "interrupted") this.#logger.info("The system interrupted the audio output.");
    if (state !== "running") return;
    if (this.#blocked) {
      this.#blocked = false;
      this.#report("unblocked");
    }
    this.#settle();
  };
}
