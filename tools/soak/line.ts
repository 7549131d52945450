import { setTimeout as sleep } from "node:timers/promises";
import type { LocalService } from "@rtvi-machine/local-service";
import { OfferProxy } from "../../packages/testkit/src/faults/calls/offer-proxy.js";
import { PacketPath, type PacketFaults } from "../../packages/testkit/src/faults/calls/packet-path.js";
import { FaultProxy } from "../../packages/testkit/src/faults/network/fault-proxy.js";
import type { Flow } from "../../packages/testkit/src/faults/network/flow.js";
import type { LaneFaults } from "../../packages/testkit/src/faults/network/lane.js";

/** One thing that a network does to a long session. It is over when `blow` is, or its promise resolves. */
export interface Gust {
  readonly name: string;
  readonly blow: () => unknown;
}

/** What a session goes over, and what can happen to it there. */
export interface Line {
  /** The service, by way of this line. */
  readonly url: string;
  /** The user's sound that is delivered. */
  readonly sound: Flow;
  readonly gusts: readonly Gust[];
  /** Every fault off. */
  readonly heal: () => unknown;
  readonly close: () => Promise<void>;
}

/**
 * One WebSocket on one TCP connection.
 * @param address the service's.
 * @param seed of the jitter.
 */
export async function socketLine({ port }: LocalService, address: string, seed: number): Promise<Line> {
  const proxy = await FaultProxy.start(port, seed);
  const during = async (ms: number, faults: Partial<LaneFaults>): Promise<void> => {
    proxy.set("both", faults);
    await sleep(ms);
    await proxy.heal();
  };
  return {
    url: proxy.via(address),
    sound: proxy.flow.up,
    gusts: [
      { name: "reset", blow: () => proxy.reset() },
      { name: "end of stream", blow: () => proxy.end() },
      { name: "stall 0.8 s", blow: () => during(800, { stalled: true }) },
      { name: "jitter 5 s", blow: () => during(5_000, { delayMs: 30, jitterMs: 150 }) },
      { name: "slow 3 s", blow: () => during(3_000, { bytesPerSecond: 40_000 }) },
      { name: "away 2 s", blow: () => proxy.away(2_000) },
      {
        name: "half open 3 s, then reset",
        blow: async () => {
          proxy.halfOpen("service");
          await sleep(3_000);
          proxy.reset();
        },
      },
    ],
    heal: () => proxy.heal(),
    close: () => proxy.close(),
  };
}

/**
 * A call: its offers over HTTP, its packets over UDP.
 * @param seed of what happens to packets at random.
 */
export async function callLine(service: LocalService, seed: number): Promise<Line> {
  const path = new PacketPath(seed);
  const offers = await OfferProxy.start(service.port, path);
  const http = await FaultProxy.start(offers.port, seed);
  const hangUp = (): void => {
    for (const session of service.sessions) session.drop();
  };
  const during = async (ms: number, faults: Partial<PacketFaults>): Promise<void> => {
    path.set("both", faults);
    await sleep(ms);
    path.heal();
  };
  return {
    url: `http://127.0.0.1:${String(http.port)}/v1/realtime`,
    sound: path.sound.up,
    gusts: [
      { name: "hung up", blow: hangUp },
      {
        name: "gone without a word",
        blow: () => {
          for (const session of service.sessions) session.terminate();
        },
      },
      { name: "stall 0.8 s", blow: () => during(800, { stalled: true }) },
      { name: "jitter 5 s", blow: () => during(5_000, { delayMs: 20, jitterMs: 100 }) },
      { name: "loss 5 s", blow: () => during(5_000, { loss: 0.2 }) },
      { name: "other port", blow: () => path.rebind() },
      // ICE takes some seven seconds to call a path dead.
      { name: "black hole 10 s", blow: () => during(10_000, { drops: () => true }) },
      {
        name: "away 2 s",
        blow: () => {
          hangUp();
          return http.away(2_000);
        },
      },
    ],
    heal: async () => {
      path.heal();
      await http.heal();
    },
    close: async () => {
      await http.close();
      await offers.close();
      path.close();
    },
  };
}
