import { setTimeout as sleep } from "node:timers/promises";
import { FAULTS } from "../../packages/testkit/src/faults/catalogue/index.js";
import type { Fault } from "../../packages/testkit/src/faults/catalogue/fault.js";
import { PEERS } from "../../packages/testkit/src/faults/peers.js";
import { runFault } from "../../packages/testkit/src/faults/run/run-fault.js";
import { outcomeOf } from "./outcome.js";
import { traceOfSecrets } from "../../packages/testkit/src/secrets/secrets.js";

/** What became of a peer's session, by fault; and whether its key was seen in the console. */
export interface PeerMeasurement {
  readonly peer: string;
  readonly title: string;
  readonly showsKeyInConsole: boolean;
  /** Rejections that nobody caught, over all runs. */
  readonly unhandled: number;
  readonly outcomes: Readonly<Record<string, string>>;
}

const AT_A_TIME = 8;
/** Longer than any run that ends, in ms. */
const RUN_MS = 30_000;

/** Faults of the lying server that need nothing which only our transports have. */
const LIES = [
  "http-401",
  "not-http",
  "never-ready",
  "ready-late",
  "ready-twice",
  "closes-while-opening",
  "every-frame-twice",
  "answer-without-end",
  "end-without-answer",
  "sound-after-end",
  "wrong-types",
  "never-answered",
  "nonsense",
  "unknown-kind",
  "interrupted-in-silence",
  "error-that-ends-nothing",
  "empty-frames",
  "oversized",
  "ping-flood",
  "broken-utf8",
];

/** This one waits for a second connection, which a transport that does not redial never opens. */
const NEEDS_REDIALS = "reset-twice";

const CHOSEN: readonly Fault[] = FAULTS.filter(
  ({ name, server }) => name !== NEEDS_REDIALS && (server !== "liar" || LIES.includes(name)),
);

/** Runs every chosen fault against every peer. Nothing is asserted: peers may change. */
export async function measurePeers(): Promise<readonly PeerMeasurement[]> {
  const measurements: PeerMeasurement[] = [];
  for (const peer of PEERS) {
    const overheard = overhear();
    const waiting = [...CHOSEN];
    const outcomes = new Map<string, string>();
    const work = async (): Promise<void> => {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
        const run = runFault(fault, peer).then(outcomeOf, notBegun);
        outcomes.set(
          fault.name,
          await Promise.race([run, sleep(RUN_MS).then(() => `hangs: no end after ${RUN_MS / 1_000} s`)]),
        );
        process.stderr.write(`${peer.name} ${fault.name}: ${outcomes.get(fault.name) ?? ""}\n`);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    const { showsKey, unhandled } = overheard.stop();
    measurements.push({
      peer: peer.name,
      title: peer.title,
      showsKeyInConsole: showsKey,
      unhandled,
      outcomes: Object.fromEntries(
        CHOSEN.flatMap(({ name }) => {
          const outcome = outcomes.get(name);
          return outcome === undefined ? [] : [[name, outcome] as const];
        }),
      ),
    });
  }
  return measurements;
}

/** No answer ever came, which is what the run itself then throws. */
const notBegun = (): string => "is `ready`, and answers nothing";

/** Listens to the console and to rejections that nobody catches. */
function overhear(): { readonly stop: () => { showsKey: boolean; unhandled: number } } {
  let showsKey = false;
  let unhandled = 0;
  const hear = (...said: readonly unknown[]): void => {
    if (said.some((each) => traceOfSecrets(String(each)).length > 0)) showsKey = true;
  };
  const caught = (): void => {
    unhandled += 1;
  };
  const methods = ["debug", "error", "info", "log", "warn"] as const;
  const originals = methods.map((method) => Object.getOwnPropertyDescriptor(console, method));
  for (const method of methods) console[method] = hear;
  process.on("unhandledRejection", caught);
  process.on("uncaughtException", caught);
  return {
    stop: () => {
      for (const [at, original] of originals.entries()) {
        const method = methods[at];
        if (method !== undefined && original !== undefined) Object.defineProperty(console, method, original);
      }
      process.off("unhandledRejection", caught);
      process.off("uncaughtException", caught);
      return { showsKey, unhandled };
    },
  };
}
