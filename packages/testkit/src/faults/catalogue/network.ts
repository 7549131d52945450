import { setTimeout as sleep } from "node:timers/promises";
import type { FaultProxy } from "../network/fault-proxy.js";
import { continues, ends, type Fault } from "./fault.js";

/** Waits for the line to be cut, then heals: a reconnect must find a whole one. */
async function untilCut(proxy: FaultProxy): Promise<void> {
  for (let waited = 0; proxy.lines > 0 && waited < 3_000; waited += 5) await sleep(5);
  await proxy.heal();
}

/** What networks do, through the proxy. Times in ms; the deadlines of the runs are in `support/rig.ts`. */
export const networkFaults: readonly Fault[] = [
  {
    name: "delay",
    injected: "150 ms of delay each way from before the dial",
    before: ({ proxy }) => proxy.set("both", { delayMs: 150 }),
    strike: () => undefined,
    expect: continues(500),
  },
  {
    name: "jitter",
    injected: "20 to 120 ms of delay each way, changing with every packet",
    strike: ({ proxy }) => proxy.set("both", { delayMs: 20, jitterMs: 100 }),
    expect: continues(500),
  },
  {
    name: "short-stall",
    injected: "nothing passes either way for 400 ms, nothing is lost",
    strike: async ({ proxy }) => {
      proxy.set("both", { stalled: true });
      await sleep(400);
      await proxy.heal();
    },
    expect: continues(1_000),
  },
  {
    name: "stall-up",
    injected: "what the app sends is held back for 500 ms",
    strike: async ({ proxy }) => {
      proxy.set("up", { stalled: true });
      await sleep(500);
      await proxy.heal();
    },
    expect: continues(1_000),
  },
  {
    name: "stall-down",
    injected: "what the service sends is held back for 500 ms",
    strike: async ({ proxy }) => {
      proxy.set("down", { stalled: true });
      await sleep(500);
      await proxy.heal();
    },
    expect: continues(1_000),
  },
  {
    name: "slow-uplink",
    injected: "16 kB/s up for a second, a quarter of what speech needs",
    strike: async ({ proxy }) => {
      proxy.set("up", { bytesPerSecond: 16_000 });
      await sleep(1_000);
      await proxy.heal();
    },
    expect: continues(2_000),
  },
  {
    name: "slow-downlink",
    injected: "400 kB/s down, of a bot that answers at 40 times the speed of speech",
    strike: ({ proxy }) => proxy.set("down", { bytesPerSecond: 400_000 }),
    expect: continues(500),
  },
  {
    name: "trickle",
    injected: "200 B/s both ways for 2.5 s: the line is open and good for nothing",
    strike: async ({ proxy }) => {
      proxy.set("both", { bytesPerSecond: 200 });
      await sleep(2_500);
      await proxy.heal();
    },
    expect: continues(5_000),
  },
  {
    name: "reset",
    injected: "TCP RST in the middle of the session",
    strike: ({ proxy }) => proxy.reset(),
    expect: continues(1_000, "connection-lost"),
  },
  {
    name: "end-of-stream",
    injected: "TCP FIN without a WebSocket close frame",
    strike: ({ proxy }) => proxy.end(),
    expect: continues(1_000, "connection-lost"),
  },
  {
    name: "reset-twice",
    injected: "TCP RST, and again as soon as the session is ready again",
    strike: async ({ proxy }) => {
      const lines = proxy.opened;
      proxy.reset();
      while (proxy.opened === lines) await sleep(10);
      await sleep(150);
      proxy.reset();
      await sleep(100);
    },
    expect: continues(1_000, "connection-lost", "connection-lost"),
  },
  {
    name: "reset-while-bot-speaks",
    injected: "TCP RST in the middle of an answer",
    options: { replySpeed: 1 },
    strike: async ({ proxy, ask }) => {
      ask("a long story please");
      await sleep(300);
      proxy.reset();
    },
    expect: continues(1_000, "connection-lost"),
  },
  {
    name: "cut-up",
    injected: "the line is cut 20 kB into what the app sends",
    writes: false,
    strike: async ({ proxy }) => {
      proxy.set("up", { cutAtByte: proxy.flow.up.bytes + 20_000 });
      await untilCut(proxy);
    },
    expect: continues(2_000, "connection-lost"),
  },
  {
    name: "cut-down-mid-frame",
    injected: "the line is cut in the middle of a frame of the bot's answer",
    writes: false,
    strike: async ({ proxy, ask }) => {
      proxy.set("down", { cutAtByte: proxy.flow.down.bytes + 3_001 });
      ask("tell me something");
      await untilCut(proxy);
    },
    expect: continues(2_000, "connection-lost"),
  },
  {
    name: "half-open-service-gone",
    injected: "the service is gone and nobody says so: what the app sends vanishes",
    strike: async ({ proxy }) => {
      proxy.halfOpen("service");
      await sleep(2_500);
    },
    expect: continues(5_000, "connection-lost"),
  },
  {
    name: "half-open-app-gone",
    injected: "the app's side of the line is gone, and the service is not told",
    strike: ({ proxy }) => proxy.halfOpen("app"),
    expect: continues(1_000, "connection-lost"),
  },
  {
    name: "black-hole-up",
    injected: "what the app sends vanishes for 4 s, what the service sends arrives",
    strike: async ({ proxy }) => {
      proxy.set("up", { blackHole: true });
      await sleep(4_000);
      await proxy.heal();
    },
    expect: continues(7_000, "connection-lost"),
  },
  {
    name: "black-hole-down",
    injected: "what the service sends vanishes for 4 s, what the app sends arrives",
    strike: async ({ proxy }) => {
      proxy.set("down", { blackHole: true });
      await sleep(4_000);
      await proxy.heal();
    },
    expect: continues(5_000, "connection-lost"),
  },
  {
    name: "away-briefly",
    injected: "the line is reset and connections are refused for 150 ms",
    strike: ({ proxy }) => proxy.away(150),
    expect: continues(1_000, "connection-lost"),
  },
  {
    name: "away-for-good",
    injected: "the line is reset and connections are refused from then on",
    strike: async ({ proxy }) => {
      await proxy.refuse();
      proxy.reset();
    },
    expect: ends("connection-failed"),
  },
  {
    name: "refused",
    injected: "nobody listens when the app dials",
    before: ({ proxy }) => proxy.refuse(),
    expect: ends("connection-failed"),
  },
  {
    name: "hung-dial",
    injected: "TCP connects, and then not a byte comes",
    before: ({ proxy }) => proxy.set("both", { stalled: true }),
    expect: ends("connect-timeout"),
  },
  {
    name: "dial-cut-down",
    injected: "the line is cut 40 bytes into the answer to the handshake",
    before: ({ proxy }) => proxy.set("down", { cutAtByte: 40 }),
    expect: ends("connection-failed"),
  },
  {
    name: "dial-cut-up",
    injected: "the line is cut 40 bytes into the handshake",
    before: ({ proxy }) => proxy.set("up", { cutAtByte: 40 }),
    expect: ends("connection-failed"),
  },
  {
    name: "hung-redial",
    injected: "the line is reset, and the next dial gets no answer for 250 ms",
    strike: async ({ proxy }) => {
      proxy.set("down", { stalled: true });
      proxy.reset();
      await sleep(250);
      await proxy.heal();
    },
    expect: continues(2_000, "connection-lost"),
  },
];
