import { resumeContext } from "./audio-engine.js";
import type { Logger } from "../log.js";
import { pageNavigator } from "../util/page.js";

/** How long a context may be suspended before it counts as held: a start takes some time, and so does a change of sink. */
const GRACE_MS = 500;
/** The same where the policy allows it to run: some systems take long to open an output. */
const SLOW_START_MS = 5_000;

/**
 * What becomes of an output: `blocked`, by the autoplay policy, until a gesture; `interrupted`, by the system or the browser, until
 * it is given back; `unblocked` ends both; `closed` is for good.
 */
export type OutputEdge = "blocked" | "interrupted" | "unblocked" | "closed";

/** Firefox; not in the type library. */
interface PolicyTeller {
  getAutoplayPolicy(context: AudioContext): string;
}

function tellsPolicy(navigator: object): navigator is PolicyTeller {
  return "getAutoplayPolicy" in navigator && typeof navigator.getAutoplayPolicy === "function";
}

/** What the page says of its autoplay policy: whether audio may start now; undefined where it does not say. */
export function autoplayAllowed(context: AudioContext): boolean | undefined {
  const navigator = pageNavigator();
  if (navigator === undefined) return undefined;
  if (tellsPolicy(navigator)) return navigator.getAutoplayPolicy(context) === "allowed";
  // Typed as always there; older browsers do not have it.
  return "userActivation" in navigator ? navigator.userActivation.hasBeenActive : undefined;
}

/** Tells a context that autoplay policy holds from one that is about to start, changes its sink, is interrupted, or is closed. */
export class ContextWatch {
  readonly #context: AudioContext;
  readonly #report: (edge: OutputEdge) => void;
  readonly #logger: Logger;
  readonly #isAllowed: (context: AudioContext) => boolean | undefined;
  readonly #waiting = new Set<() => void>();
  #grace: ReturnType<typeof setTimeout> | undefined;
  #slow: ReturnType<typeof setTimeout> | undefined;
  #told: OutputEdge = "unblocked";

  constructor(
    context: AudioContext,
    report: (edge: OutputEdge) => void,
    logger: Logger,
    isAllowed: (context: AudioContext) => boolean | undefined = autoplayAllowed,
  ) {
    this.#context = context;
    this.#report = report;
    this.#logger = logger;
    this.#isAllowed = isAllowed;
    context.addEventListener("statechange", this.#onStateChange);
  }

  /** Asks the context to run. Resolves when it does, or when it is clear that it does not; never waits for a gesture. */
  async start(): Promise<void> {
    const { state } = this.#context;
    if (state === "running" || state === "closed") {
      this.#onStateChange();
      return;
    }
    // iOS: a call or Siri holds the output; resume() would be refused, and the system gives it back by itself.
    if (state === "suspended") this.#resume();
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
    resumeContext(this.#context, this.#logger);
  }

  #startGrace(): void {
    this.#grace ??= setTimeout(() => {
      this.#settle();
      if (this.#context.state === "interrupted") this.#tell("interrupted");
      if (this.#context.state !== "suspended") return;
      this.#resume();
      // No gesture could help where the policy lets it run.
      if (this.#isAllowed(this.#context) !== true) this.#tell("blocked");
      else this.#slow = setTimeout(() => this.#tell("interrupted"), SLOW_START_MS - GRACE_MS);
    }, GRACE_MS);
  }

  #tell(edge: OutputEdge): void {
    if (this.#told === edge) return;
    this.#told = edge;
    this.#report(edge);
  }

  #settle(): void {
    clearTimeout(this.#grace);
    clearTimeout(this.#slow);
    this.#grace = undefined;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  readonly #onStateChange = (): void => {
    const { state } = this.#context;
    if (state === "suspended" || state === "interrupted") {
      this.#startGrace();
      return;
    }
    this.#settle();
    this.#tell(state === "closed" ? "closed" : "unblocked");
  };
}
