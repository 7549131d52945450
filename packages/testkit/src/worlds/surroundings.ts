import type { NetworkSource } from "../../../../src/actors/network.js";
import type { Logger } from "../../../../src/log.js";

/** Everything that is ready to run, runs: promises are settled as far as they can be without time passing. */
export async function drain(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/** An event target that counts its listeners. */
export class CountingTarget extends EventTarget {
  readonly #held = new Map<unknown, Set<string>>();

  get listeners(): number {
    return [...this.#held.values()].reduce((sum, { size }) => sum + size, 0);
  }

  override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
    const [type, listener, options] = args;
    const signal = typeof options === "object" ? options.signal : undefined;
    const types = this.#held.get(listener) ?? new Set();
    if (signal?.aborted !== true) this.#held.set(listener, types.add(type));
    signal?.addEventListener("abort", () => types.delete(type));
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
    const [type, listener] = args;
    this.#held.get(listener)?.delete(type);
    super.removeEventListener(...args);
  }
}

export class ScriptedNetwork extends CountingTarget implements NetworkSource {
  readonly navigator = { onLine: true };
  readonly document = { visibilityState: "visible" };

  show(visible: boolean): void {
    this.document.visibilityState = visible ? "visible" : "hidden";
    this.dispatchEvent(new Event("visibilitychange"));
  }

  turn(onLine: boolean): void {
    this.navigator.onLine = onLine;
    this.dispatchEvent(new Event(onLine ? "online" : "offline"));
  }
}

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const READY_TIMEOUT = 3_000;
/** How long a service may be silent that owes something, and how long it may take to give a sign of life. */
export const SILENCE = 4_000;
export const PROBE = 500;
/** Longer than all of a session's deadlines and waits together. */
export const AGES = 120_000;
