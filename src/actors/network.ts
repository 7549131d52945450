import { fromCallback } from "xstate";
import type { NetworkFact } from "../../machines/connection.machine.js";
import type { Logger } from "../log.js";
import type { Enter } from "../policy/entry.js";
import type { OutageClock } from "../policy/outage-clock.js";
import { timersOf, wallTimeOf, type Timers } from "../policy/time.js";
import { canListen } from "../util/page.js";
import { lifetimeWithin } from "./lifetime.js";

/** What tells whether there is a network, and when the page wakes up; the browser's `window`. */
export interface NetworkSource extends EventTarget {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: { readonly visibilityState?: string };
}

/** The page's window; undefined where there is none. */
export function browserNetwork(): NetworkSource | undefined {
  return typeof window === "undefined" ? undefined : window;
}

/** Over how many ms clients are spread whose network returns, because it returns for many at once. */
const SPREAD = 500;
/** How often the clock is looked at, in ms, and how much later than that means that the machine was asleep. */
const BEAT = 5_000;
const SLEPT = 10_000;

/** What a network actor needs of its surroundings. */
export interface NetworkParts {
  readonly source: NetworkSource | undefined;
  readonly outage: OutageClock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly clock: Timers | undefined;
  readonly lifetime: AbortSignal;
  readonly enter: Enter;
  readonly logger?: Logger;
}

/**
 * Reports `network.lost` and `network.returned`, once for each change, and stops the clock of an outage in between; and
 * `page.woke` when the page is shown again, comes back from the cache, or finds that its clock has jumped.
 */
export function networkActor({ source: given, outage, random, clock, lifetime: outer, enter, logger }: NetworkParts) {
  return fromCallback(({ sendBack }) => {
    outage.resume();
    const lifetime = lifetimeWithin(outer);
    const { signal } = lifetime;
    if (signal.aborted) return;
    const source = canListen(given) ? given : undefined;
    let isLost = false;
    const tell = (fact: NetworkFact): void => {
      enter(() => sendBack(fact));
    };
    const soon = (): number => Math.max(random() * SPREAD, outage.held);
    const lost = (): void => {
      if (isLost) return;
      isLost = true;
      outage.pause();
      tell({ type: "network.lost" });
    };
    const returned = (): void => {
      isLost = false;
      outage.resume();
      tell({ type: "network.returned", wait: soon() });
    };
    const woke = (): void => {
      // A page that slept may have missed that the network is back, or gone.
      const onLine = source?.navigator?.onLine;
      if (isLost && onLine === true) returned();
      else if (!isLost && onLine === false) lost();
      else tell({ type: "page.woke", wait: soon() });
    };
    const shown = (): void => {
      if (source?.document?.visibilityState === "visible") woke();
    };
    try {
      if (source?.navigator?.onLine === false) lost();
      source?.addEventListener("offline", lost, { signal });
      source?.addEventListener("online", returned, { signal });
      source?.addEventListener("pageshow", woke, { signal });
      // The document's event bubbles to its window.
      source?.addEventListener("visibilitychange", shown, { signal });
    } catch (error) {
      logger?.warn("The network is not watched: a lost one is noticed by the connection alone.", error);
    }
    onJump(clock, signal, woke);
    return () => {
      lifetime.end();
    };
  });
}

/** Calls `jumped` when much more time has passed between two beats than should have. */
function onJump(clock: Timers | undefined, signal: AbortSignal, jumped: () => void): void {
  const now = wallTimeOf(clock);
  const timers = timersOf(clock);
  let timer: unknown;
  const beat = (): void => {
    const due = now() + BEAT;
    timer = timers.setTimeout(() => {
      const late = now() - due;
      beat();
      if (late > SLEPT) jumped();
    }, BEAT);
  };
  beat();
  signal.addEventListener("abort", () => {
    timers.clearTimeout(timer);
  });
}
