import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../../packages/testkit/src/util/seeded.js";
import type { Gust } from "./line.js";

/** Blows at random, one gust every `everyMs` on average (exponential), until the signal aborts. Tells each by its name. */
export async function weather(
  gusts: readonly Gust[],
  seed: number,
  everyMs: number,
  signal: AbortSignal,
  tell: (name: string) => void,
): Promise<void> {
  const random = seeded(seed);
  const calm = (): boolean => signal.aborted;
  while (!calm()) {
    await sleep(-Math.log(1 - random()) * everyMs, undefined, { signal }).catch(() => undefined);
    const gust = gusts[Math.floor(random() * gusts.length)];
    if (calm() || gust === undefined) return;
    tell(gust.name);
    await gust.blow();
  }
}
