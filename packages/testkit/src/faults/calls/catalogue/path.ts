import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ends } from "../../catalogue/fault.js";
import { callsAgain, staysOn, type CallFault, type CallScene } from "../call-fault.js";
import type { PacketFaults, PacketKind } from "../packet-path.js";

/** Chromium takes six seconds or so to call a path dead. */
const GIVEN_UP_WITHIN_MS = 15_000;

const all = (): boolean => true;
const only =
  (...kinds: readonly PacketKind[]) =>
  (kind: PacketKind): boolean =>
    kinds.includes(kind);

/** It is so for a while. */
function passing(
  { name, injected, expect, writes = true }: Pick<CallFault, "name" | "injected" | "expect" | "writes">,
  direction: "up" | "down" | "both",
  faults: Partial<PacketFaults>,
  forMs: number,
): CallFault {
  const strike = async ({ path }: CallScene): Promise<void> => {
    path.set(direction, faults);
    await sleep(forMs);
    path.heal();
  };
  return { name, injected, strike, expect, writes };
}

/** It is so for two seconds. What is lost is sent again, unless that takes so long that the app calls again. */
function unreliable(name: string, injected: string, faults: Partial<PacketFaults>): CallFault {
  const expect = { ...callsAgain(), maybe: ["connection-lost"] } as const;
  return passing({ name, injected: `${injected}, for two seconds`, expect }, "both", faults, 2_000);
}

/** It is so until the app calls again. */
function untilRedialled(
  name: string,
  injected: string,
  direction: "up" | "down" | "both",
  drops: PacketFaults["drops"],
  writes = true,
): CallFault {
  const strike = async ({ path, offers }: CallScene): Promise<void> => {
    const before = offers.offers;
    path.set(direction, { drops });
    for (let waited = 0; offers.offers === before && waited < GIVEN_UP_WITHIN_MS; waited += 10) await sleep(10);
    path.heal();
  };
  return { name, injected, strike, writes, expect: callsAgain("connection-lost") };
}

/** It is so when the app calls. */
function early(name: string, injected: string, drops: PacketFaults["drops"]): CallFault {
  return {
    name,
    injected,
    before: ({ path }) => path.set("both", { drops }),
    strike: () => undefined,
    expect: ends("connect-timeout"),
  };
}

/** What networks do to packets, below ICE. */
export const pathFaults: readonly CallFault[] = [
  {
    name: "delay",
    injected: "150 ms of delay each way from before the call",
    before: ({ path }) => path.set("both", { delayMs: 150 }),
    strike: () => undefined,
    expect: staysOn(),
  },
  unreliable("jitter", "20 to 120 ms of delay, another for every packet, so that they overtake each other", {
    delayMs: 20,
    jitterMs: 100,
  }),
  unreliable("loss-10", "a tenth of all packets is lost", { loss: 0.1 }),
  unreliable("loss-30", "a third of all packets is lost", { loss: 0.3 }),
  unreliable("duplicates", "half of all packets come twice", { duplicates: 0.5 }),
  unreliable("damage", "in a tenth of all packets a byte is changed", { damage: 0.1 }),
  {
    name: "first-packet",
    injected: "the first packet of DTLS is lost each way",
    before: ({ path }) => {
      for (const direction of ["up", "down"] as const) {
        let left = 1;
        path.set(direction, { drops: (kind) => kind === "dtls" && (left -= 1) >= 0 });
      }
    },
    strike: () => undefined,
    expect: staysOn(),
  },
  passing(
    {
      name: "short-stall",
      injected: "nothing passes either way for 400 ms, nothing is lost",
      expect: staysOn(),
    },
    "both",
    { stalled: true },
    400,
  ),
  passing(
    { name: "stall-up", injected: "what the app sends is held back for 500 ms", expect: staysOn() },
    "up",
    { stalled: true },
    500,
  ),
  passing(
    { name: "stall-down", injected: "what the service sends is held back for 500 ms", expect: staysOn() },
    "down",
    { stalled: true },
    500,
  ),
  passing(
    { name: "gone-briefly", injected: "everything vanishes, both ways, for 1.5 s", expect: staysOn() },
    "both",
    { drops: all },
    1_500,
  ),
  untilRedialled("black-hole", "everything vanishes, both ways, until the app calls again", "both", all),
  untilRedialled(
    "black-hole-unasked",
    "the same while nobody owes anything, so that ICE has to notice",
    "both",
    all,
    false,
  ),
  untilRedialled("black-hole-up", "what the app sends vanishes until it calls again", "up", all),
  untilRedialled("black-hole-down", "what the service sends vanishes until the app calls again", "down", all),
  untilRedialled(
    "channel-dead",
    "the data channel's packets vanish until the app calls again, sound arrives",
    "both",
    only("dtls"),
  ),
  untilRedialled(
    "only-ice",
    "nothing passes but ICE's own checks until the app calls again",
    "both",
    only("dtls", "media"),
  ),
  passing(
    { name: "sound-dead", injected: "sound vanishes both ways for 1.5 s", expect: staysOn() },
    "both",
    { drops: only("media") },
    1_500,
  ),
  passing(
    { name: "ice-dead", injected: "ICE's checks vanish for 1.5 s, the rest arrives", expect: staysOn() },
    "both",
    { drops: only("stun") },
    1_500,
  ),
  passing(
    {
      name: "small-packets-only",
      injected: "packets of more than 300 bytes vanish for a second",
      expect: staysOn(),
    },
    "both",
    { drops: (_kind, bytes) => bytes > 300 },
    1_000,
  ),
  {
    name: "stray-packets",
    injected: "a hundred packets of anything, in the service's name",
    strike: async ({ path }) => {
      for (let count = 0; count < 100; count += 1) {
        path.inject(randomBytes(1 + ((count * 13) % 1_200)));
        await sleep(2);
      }
    },
    expect: staysOn(),
  },
  {
    name: "other-port",
    injected: "a router forgets: the service hears the app from another port",
    strike: ({ path }) => path.rebind(),
    expect: { outcome: "continues", errors: [], maybe: ["connection-lost"], within: 9_000 },
  },
  early("nowhere", "no packet ever arrives", all),
  early("no-dtls", "ICE finds its way, and DTLS does not", only("dtls")),
  {
    name: "dead-redial",
    injected: "the call is cut, and the packets of the next one vanish for 1.5 s",
    strike: async ({ path, service }) => {
      for (const session of service.sessions) session.drop();
      await sleep(30);
      path.set("both", { drops: all });
      await sleep(1_500);
      path.heal();
    },
    expect: callsAgain("connection-lost"),
  },
];
