import { setTimeout as sleep } from "node:timers/promises";
import type { FaultProxy } from "../../test/faults/support/fault-proxy.js";
import { seeded } from "../../test/support/seeded.js";

interface Gust {
  readonly name: string;
  readonly blow: (proxy: FaultProxy) => unknown;
}

const during = async (proxy: FaultProxy, ms: number, begin: () => void): Promise<void> => {
  begin();
  await sleep(ms);
  await proxy.heal();
};

/** What the network does to a long session; every one is over when `blow` is, or its promise resolves. Times in ms. */
const GUSTS: readonly Gust[] = [
  { name: "reset", blow: (proxy) => proxy.reset() },
  { name: "end of stream", blow: (proxy) => proxy.end() },
  { name: "stall 0.8 s", blow: (proxy) => during(proxy, 800, () => proxy.set("both", { stalled: true })) },
  {
    name: "jitter 5 s",
    blow: (proxy) => during(proxy, 5_000, () => proxy.set("both", { delayMs: 30, jitterMs: 150 })),
  },
  { name: "slow 3 s", blow: (proxy) => during(proxy, 3_000, () => proxy.set("both", { bytesPerSecond: 40_000 })) },
  { name: "away 2 s", blow: (proxy) => proxy.away(2_000) },
  {
    name: "half open 3 s, then reset",
    blow: async (proxy) => {
      proxy.halfOpen("service");
      await sleep(3_000);
      proxy.reset();
    },
  },
];

/** Blows at random, one gust every `everyMs` on average (exponential), until the signal aborts. Tells each by its name. */
export async function weather(
  proxy: FaultProxy,
  seed: number,
  everyMs: number,
  signal: AbortSignal,
  tell: (name: string) => void,
): Promise<void> {
  const random = seeded(seed);
  const calm = (): boolean => signal.aborted;
  while (!calm()) {
    await sleep(-Math.log(1 - random()) * everyMs, undefined, { signal }).catch(() => undefined);
    const gust = GUSTS[Math.floor(random() * GUSTS.length)];
    if (calm() || gust === undefined) return;
    tell(gust.name);
    await gust.blow(proxy);
  }
}
