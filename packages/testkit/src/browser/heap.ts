import type {} from "@vitest/browser-playwright";
import { cdp } from "vitest/browser";

/** Collects garbage; returns the bytes of JavaScript objects that are still in use. */
export async function usedHeap(): Promise<number> {
  await cdp().send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp().send("Runtime.getHeapUsage");
  return usedSize;
}

/** Objects made by the dozen, none of which must outlive its use. */
export class Mortals {
  readonly #references: WeakRef<object>[] = [];

  add(object: object): void {
    this.#references.push(new WeakRef(object));
  }

  /** How many are still in memory; ask after a garbage collection. */
  get living(): number {
    return this.#references.filter((reference) => reference.deref() !== undefined).length;
  }
}

/** Growth per step of the line through `values` that fits best. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const rise = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return rise / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}
