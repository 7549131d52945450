import type { InspectionEvent } from "xstate";
import { page, type Query, type Starts } from "./page.js";
import { Stage, type Call, type Mic, type Op, type Trouble } from "./stage.js";
import type { Time } from "./virtual-time.js";

/** How far apart two calls are, or so many ms: inside the permissions query is 3 to 6 ms after the first, when devices have answered. */
export type Distance = "tick" | "microtask" | "task" | "query" | "later" | number;

export const OPS = ["connect", "disconnect", "initDevices", "startBot", "startBotAndConnect"] as const;
export const DISTANCES = ["tick", "microtask", "task", "query", "later"] as const;
export const MICS = ["unset", "granted", "off", "hanging", "denied"] as const;

/** What an app does inside one of its callbacks. */
export interface Reaction {
  readonly at: string;
  readonly ops: readonly Op[];
}

export interface Case {
  readonly mic: Mic;
  readonly query: Query;
  readonly starts: Starts;
  readonly ops: readonly Op[];
  readonly distances: readonly Distance[];
  readonly trouble?: Trouble;
  readonly reaction?: Reaction;
  /** The app looks at `client.state` right before each call, and whenever a call of it has settled. */
  readonly looks?: boolean;
  /** How many ms after the last call the newest wish is fulfilled; default 400. */
  readonly within?: number;
  /** Watches the charts. */
  readonly inspect?: (event: InspectionEvent) => void;
}

export function nameOf({ mic, query, starts, ops, distances, trouble, reaction, looks }: Case): string {
  const calls = ops.map((op, index) => (distances[index] === undefined ? op : `${op} <${distances[index]}>`)).join(" ");
  const extra = [
    ...(reaction === undefined ? [] : [`${reaction.ops.join("+")} in ${reaction.at}`]),
    ...(trouble === undefined ? [] : [trouble]),
    ...(looks === true ? ["looks"] : []),
  ];
  return [calls, `mic ${mic}`, `query ${query}`, `starts ${starts}`, ...extra].join(", ");
}

async function wait(distance: Exclude<Distance, "tick">, time: Time, random: () => number): Promise<void> {
  if (typeof distance === "number") return time.pass(distance);
  switch (distance) {
    case "microtask":
      await Promise.resolve();
      return;
    case "task":
      return time.pass(0);
    case "query":
      return time.pass(3 + random() * 3);
    case "later":
      return time.pass(30);
  }
}

const isStart = ({ op }: Call): boolean => op === "connect" || op === "startBotAndConnect";
const isEnd = ({ op }: Call): boolean => op === "disconnect" || op === "client's disconnect";

/** What is wrong with a case; empty when nothing is. */
export async function run(each: Case, time: Time, random: () => number): Promise<string[]> {
  page.query = each.query;
  page.starts = each.starts;
  const stage = new Stage(time, each);
  await stage.prepare();
  const call = (op: Op): void => {
    if (each.looks === true) stage.look();
    stage.do(op);
  };
  if (each.reaction !== undefined) {
    const { at, ops } = each.reaction;
    stage.reactions.set(at, () => {
      for (const op of ops) call(op);
    });
  }
  for (const [index, op] of each.ops.entries()) {
    call(op);
    const distance = each.distances[index];
    // In one tick is without a microtask between.
    if (distance !== undefined && distance !== "tick") await wait(distance, time, random);
  }
  await time.pass(each.within ?? 400);
  if (each.mic === "hanging") {
    // At last the user allows it.
    stage.answerMicrophone();
    await time.pass(400);
  }
  const found = each.query === "hanging" || page.answersCrossed ? [] : judge(stage);
  stage.checkEverything();
  await stage.release();
  return [...stage.breaches, ...found, ...(await pendingAtTheEnd(stage, each))];
}

/** What the newest wish of the app says of the state, and of its promise. */
function judge(stage: Stage): string[] {
  const { calls } = stage;
  const { state } = stage.client;
  const lived = calls.filter(({ outcome }) => outcome !== "refused");
  const since = lived.slice(lived.findLastIndex((call) => isEnd(call)) + 1);
  const starts = since.filter((call) => isStart(call));
  const newest = starts.at(-1);
  const bare = since.findLastIndex(({ op }) => op === "startBot") > since.findLastIndex((call) => isStart(call));
  const found: string[] = [];
  const told = ` (${calls.map(({ op, outcome }) => `${op} ${outcome}`).join(", ")}; saw ${stage.seen.join(" ")})`;
  if (bare) {
    // Whoever starts a bot and nothing more wants no session yet.
    if (IN_SESSION.has(state)) found.push(`"${state}", and the newest wish is a bot's start${told}`);
  } else if (newest === undefined) {
    if (IN_SESSION.has(state)) found.push(`"${state}" after disconnect()${told}`);
    const isAsked = since.at(-1)?.op === "initDevices" && since.every(({ op }) => op === "initDevices");
    if (isAsked && state !== "initialized") found.push(`"${state}" after initDevices()${told}`);
    if (isAsked && !stage.hasMicrophone) found.push(`no microphone after initDevices()${told}`);
  } else {
    if (state !== "ready") found.push(`"${state}", and the newest wish is ready${told}`);
    if (newest.outcome !== "resolved")
      found.push(`the live call is ${newest.outcome}: ${newest.error?.message}${told}`);
  }
  const pending = lived.filter(({ outcome }) => outcome === "pending");
  if (pending.length > 0) found.push(`pending: ${pending.map(({ op }) => op).join(", ")}${told}`);
  return found;
}

const IN_SESSION: ReadonlySet<string> = new Set(["connecting", "connected", "ready", "disconnecting"]);

/** Calls that never settle. Behind a permissions query that hangs, client-js alone holds them. */
async function pendingAtTheEnd(stage: Stage, each: Case): Promise<string[]> {
  if (each.query === "hanging") return [];
  const pending = stage.calls.filter(({ outcome }) => outcome === "pending");
  return pending.length === 0 ? [] : [`pending for ever: ${pending.map(({ op }) => op).join(", ")}`];
}

/** Where an app may call from inside of its callbacks. */
const MOMENTS = [
  ...["disconnected", "initializing", "initialized", "authenticating", "authenticated", "connecting", "connected"],
  ...["ready", "disconnecting", "error", "onConnected", "onDisconnected", "onBotStarted", "onBotReady"],
  ...["onBotDisconnected", "onError"],
] as const;

const REACTIONS: readonly (readonly Op[])[] = [
  ...[["connect"], ["disconnect"], ["initDevices"], ["startBotAndConnect"]],
  ...[
    ["disconnect", "connect"],
    ["connect", "disconnect"],
  ],
] as Op[][];

const SCENES: readonly (Pick<Case, "ops" | "distances"> & { readonly trouble?: Trouble })[] = [
  { ops: ["connect"], distances: [] },
  { ops: ["startBotAndConnect"], distances: [] },
  { ops: ["initDevices", "connect"], distances: ["later"] },
  ...DISTANCES.map((distance) => ({ ops: ["connect", "disconnect"] as const, distances: [distance] })),
  ...DISTANCES.map((distance) => ({ ops: ["connect", "connect"] as const, distances: [distance] })),
  ...DISTANCES.map((distance) => ({ ops: ["startBotAndConnect", "disconnect"] as const, distances: [distance] })),
  { ops: ["connect", "disconnect", "connect"], distances: ["tick", "tick"] },
  { ops: ["connect"], distances: [], trouble: "refused" },
  { ops: ["connect"], distances: [], trouble: "lost" },
  { ops: ["startBotAndConnect"], distances: [], trouble: "start fails" },
];

/** All scenes in which an app calls again inside a callback. */
export function* reentrant(): Generator<Pick<Case, "ops" | "distances" | "trouble" | "reaction">> {
  for (const scene of SCENES) {
    for (const at of MOMENTS) for (const ops of REACTIONS) yield { ...scene, reaction: { at, ops } };
  }
}

/** Bots are started again after a start that fails, cancelled or not, or while it is on its way. */
export function* restarts(): Generator<Pick<Case, "ops" | "distances" | "trouble">> {
  const starts = ["startBot", "startBotAndConnect"] as const;
  for (const first of starts) {
    for (const second of starts) {
      for (const distance of DISTANCES) {
        const trouble = "start fails";
        yield { ops: [first, "disconnect", second], distances: [distance, "later"], trouble };
        yield { ops: [first, "disconnect", second, second], distances: [distance, "later", "later"], trouble };
        yield { ops: [first, second], distances: [distance], trouble };
      }
    }
  }
}

/** Orders of calls by which few of the others come, and what each shows. */
export const RARE: readonly Case[] = [
  // A bot that is started again in the callback of the end, and devices that are asked for between a start and its connect().
  {
    mic: "unset",
    query: "none",
    starts: "in order",
    ops: ["startBotAndConnect", "disconnect"],
    distances: ["tick"],
    reaction: { at: "disconnected", ops: ["startBotAndConnect"] },
  },
  {
    mic: "unset",
    query: "none",
    starts: "in order",
    ops: ["startBot", "connect", "initDevices"],
    distances: ["task", "microtask"],
  },
  // What goes on after a start is cancelled where the app has disconnected in between.
  {
    mic: "granted",
    query: "fixed",
    starts: "in order",
    ops: ["startBotAndConnect"],
    distances: [],
    reaction: { at: "onBotStarted", ops: ["connect", "disconnect"] },
  },
  // A connect() that waits is refused by the end.
  {
    mic: "unset",
    query: "fixed",
    starts: "in order",
    ops: ["connect", "connect", "disconnect"],
    distances: ["tick", "tick"],
  },
  // Devices that are asked for while a session ends.
  {
    mic: "off",
    query: "fixed",
    starts: "in order",
    ops: ["connect", "disconnect", "initDevices"],
    distances: ["later", "tick"],
  },
  // The app alone asks for devices, and goes on when nothing waits for it any more.
  { mic: "unset", query: "fixed", starts: "in order", ops: ["initDevices", "connect"], distances: [100], looks: true },
  // The page answers when nothing waits for the client any more, and the client goes on all the same: to a connect(), or a bot's start.
  { mic: "unset", query: "slow", starts: "in order", ops: ["connect", "startBot"], distances: [701] },
  { mic: "unset", query: "slow", starts: "in order", ops: ["startBot", "connect"], distances: [600] },
  // Whoever has no microphone is not asked for one by a bot's start, also where it fails.
  { mic: "off", query: "fixed", starts: "in order", ops: ["startBot"], distances: [] },
  { mic: "off", query: "fixed", starts: "in order", ops: ["startBot"], distances: [], trouble: "start fails" },
  // The answer of a start that was cancelled is not waited for again.
  {
    mic: "off",
    query: "fixed",
    starts: "in order",
    ops: ["startBot", "disconnect", "startBotAndConnect"],
    distances: ["task", "later"],
  },
  // An older start is refused when it is called, and the newer connect() waits no longer.
  { mic: "unset", query: "fixed", starts: "in order", ops: ["startBot", "connect"], distances: ["tick"], within: 30 },
  // The app begins anew in the moment in which a session ends that was connected, and not ready yet.
  ...(["connect", "startBotAndConnect"] as const).map((again): Case => ({
    mic: "off",
    query: "fixed",
    starts: "in order",
    ops: ["connect", "disconnect", again],
    distances: [1.5, "tick"],
  })),
  // A session leaves nothing behind that the next one waits for.
  {
    mic: "granted",
    query: "fixed",
    starts: "in order",
    ops: ["connect", "disconnect", "connect"],
    distances: ["later", "later"],
    within: 10,
  },
  // A second client on the transport whose first holds the microphone.
  { mic: "granted", query: "fixed", starts: "in order", ops: ["another's connect"], distances: [] },
];

/** All sequences of two and of three calls, at all distances. */
export function* sequences(
  depth: 2 | 3,
  apart: readonly Distance[] = DISTANCES,
): Generator<Pick<Case, "ops" | "distances">> {
  for (const first of OPS) {
    for (const distance of apart) {
      for (const second of OPS) {
        if (depth === 2) yield { ops: [first, second], distances: [distance] };
        else {
          for (const next of apart) {
            for (const third of OPS) yield { ops: [first, second, third], distances: [distance, next] };
          }
        }
      }
    }
  }
}
