import fc from "fast-check";
import {
  createActor,
  fromCallback,
  setup,
  SimulatedClock,
  type AnyActorRef,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventObject,
} from "xstate";
import { describe, expect, it } from "vitest";
import { connectionMachine, type ConnectionContext } from "../../machines/connection.machine.js";
import { linkMachine } from "../../machines/link.machine.js";
import type { LinkContext } from "../../machines/link.types.js";

/** What happens to both charts; the names are the new chart's. */
type Step =
  | { readonly event: AnyEventObject }
  | { readonly passMs: number }
  /** Something that is likely where the chart is, so that a run gets far. */
  | { readonly likely: number };

/** How the `retry` actor answers a question at once; null: not at all. A crash is thrown as it starts. */
type Answer = AnyEventObject | "crash" | null;

interface Setting {
  readonly connectTimeout: number;
  readonly retryInitial: boolean;
  readonly minUptime: number;
  /** What the actors do when they start, by turns. */
  readonly answers: readonly Answer[];
  readonly attempts: readonly (AnyEventObject | "crash" | null)[];
  /** What the network reports as it starts. */
  readonly network: AnyEventObject | "crash" | null;
}

const OLD_NAMES: Readonly<Record<string, string>> = {
  "connection.opened": "wire.opened",
  "connection.expiring": "wire.expiring",
  "connection.busy": "wire.busy",
  "connection.quiet": "wire.quiet",
  "connection.closed": "wire.closed",
  "connection.released": "link.released",
  "xstate.error.actor.attempt": "xstate.error.actor.wire",
};
const NEW_NAMES: Readonly<Record<string, string>> = {
  "link.opened": "connection.opened",
  "link.dropped": "connection.lost",
  "link.changing": "connection.changing",
  "goodbye.requested": "close",
  "probe.requested": "probe",
};

const fault = (id: number, retryable: boolean) => ({ id, code: "connection-lost", message: "scripted", retryable });
const sorted = (facts: unknown): unknown =>
  typeof facts === "string" ? facts : Object.entries(facts as object).sort(([a], [b]) => (a < b ? -1 : 1));
const text = (value: unknown): string => JSON.stringify(value);

interface Subject {
  readonly log: string[];
  readonly send: (event: AnyEventObject) => void;
  readonly clock: SimulatedClock;
  readonly facts: () => unknown;
}

/** One of the charts below a parent, with actors that write down what becomes of them. */
function run(
  setting: Setting,
  build: (
    actors: Readonly<Record<"attempt" | "network" | "retry", ReturnType<typeof fromCallback>>>,
  ) => AnyStateMachine,
  input: unknown,
  names: { readonly outgoing: Readonly<Record<string, string>>; readonly incoming: Readonly<Record<string, string>> },
  factsOf: (snapshot: AnyMachineSnapshot) => unknown,
  questionOf: (input: never) => unknown,
): Subject {
  const log: string[] = [];
  const outward = (event: AnyEventObject) => ({ ...event, type: names.outgoing[event.type] ?? event.type });
  const inward = (event: AnyEventObject) => ({ ...event, type: names.incoming[event.type] ?? event.type });
  let attempts = 0;
  let answers = 0;
  const lives = (name: string, first: (input: never) => AnyEventObject | "crash" | null) =>
    fromCallback<EventObject, never>(({ input: given, receive, sendBack }) => {
      log.push(`${name} starts ${text(name === "retry" ? questionOf(given) : given)}`);
      const script = first(given);
      if (script === "crash") throw new Error("scripted");
      if (script !== null) sendBack(inward(script));
      receive((event) => log.push(`${name} is asked to ${text(outward(event))}`));
      return () => log.push(`${name} ends`);
    }) as unknown as ReturnType<typeof fromCallback>;
  const machine = build({
    attempt: lives("attempt", () => setting.attempts[attempts++ % setting.attempts.length] ?? null),
    network: lives("network", () => setting.network),
    retry: lives("retry", () => setting.answers[answers++ % setting.answers.length] ?? null),
  });
  const parent = setup({ actors: { child: machine } }).createMachine({
    initial: "on",
    states: {
      on: {
        invoke: {
          id: "child",
          src: "child",
          input,
          onDone: { target: "off", actions: ({ event }) => log.push(`done ${text(event.output)}`) },
          onError: { target: "off", actions: ({ event }) => log.push(`crashed ${text(event.error)}`) },
        },
      },
      off: {},
    },
    on: { "*": { actions: ({ event }) => log.push(`reports ${text(outward(event))}`) } },
  });
  const clock = new SimulatedClock();
  const actor = createActor(parent, { clock }).start();
  const child = (): AnyActorRef | undefined => actor.getSnapshot().children.child;
  return {
    log,
    clock,
    send: (event) => child()?.send(inward(event)),
    facts: () => {
      const snapshot = child()?.getSnapshot() as AnyMachineSnapshot | undefined;
      return snapshot === undefined || snapshot.status !== "active" ? "over" : factsOf(snapshot);
    },
  };
}

function startOld(setting: Setting): Subject {
  return run(
    setting,
    ({ attempt, network, retry }) =>
      linkMachine.provide({ actors: { wire: attempt, network, retry } as never }) as AnyStateMachine,
    { dialTimeout: setting.connectTimeout, retryInitial: setting.retryInitial, minUptime: setting.minUptime },
    { outgoing: NEW_NAMES, incoming: OLD_NAMES },
    (snapshot) => {
      const context = snapshot.context as LinkContext;
      const isUp = snapshot.matches({ attempt: "up" });
      return {
        phase: snapshot.matches({ attempt: "dialing" })
          ? "connecting"
          : isUp
            ? "open"
            : snapshot.matches({ attempt: "closing" })
              ? "closing"
              : snapshot.matches("waiting")
                ? snapshot.matches({ waiting: "offline" })
                  ? "paused"
                  : "counting"
                : snapshot.value,
        offline: context.offline,
        disturbed: context.disturbed,
        everOpened: context.everOpened,
        wasUp: context.wasUp,
        ...(isUp && {
          busy: context.busy,
          settled: context.settled,
          served: context.served,
          planned: snapshot.matches({ attempt: { up: "expiring" } }),
        }),
        attempt: context.attempt,
        reconnects: context.redials,
        wait: context.wait,
        deadline: context.deadline,
        fault: context.fault,
      };
    },
    (question: { isFirst: boolean }) => question,
  );
}

function startNew(setting: Setting): Subject {
  return run(
    setting,
    (actors) => connectionMachine.provide({ actors: actors as never }) as AnyStateMachine,
    { connectTimeout: setting.connectTimeout, retryInitial: setting.retryInitial, minUptime: setting.minUptime },
    { outgoing: {}, incoming: {} },
    (snapshot) => {
      const context = snapshot.context as ConnectionContext;
      const inPhase = (value: unknown): boolean => snapshot.matches({ active: { phase: value } });
      const inOpen = (value: unknown): boolean => inPhase({ attempt: { open: value } });
      const isOpen = inPhase({ attempt: "open" });
      return {
        phase:
          ["connecting", "open", "closing"].find((name) => inPhase({ attempt: name })) ??
          ["paused", "counting"].find((name) => inPhase({ waiting: name })) ??
          ["asking"].find((name) => inPhase(name)),
        offline: snapshot.matches({ active: { network: { disturbed: "offline" } } }),
        disturbed: snapshot.matches({ active: { network: "disturbed" } }),
        everOpened: !snapshot.matches({ active: { opened: "never" } }),
        wasUp: snapshot.matches({ active: { opened: "latest" } }),
        ...(isOpen && {
          busy: inOpen({ traffic: "busy" }),
          settled: inOpen({ proof: "lasting" }) || inOpen({ proof: "proven" }),
          served: inOpen({ proof: { young: "ready" } }) || inOpen({ proof: "proven" }),
          planned: inOpen({ plan: "reconnect" }),
        }),
        attempt: context.attempt,
        reconnects: context.reconnects,
        wait: context.wait,
        deadline: context.deadline,
        fault: context.fault,
      };
    },
    ({ openings, failures, ...question }: { openings: number; failures: number }) => ({
      ...question,
      everOpened: openings > 0,
      isFirst: failures === 1,
    }),
  );
}

const wait = fc.constantFrom(0, 1, 50, 250, 5_000);
const closed = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 5 }))
  .map(([id, chance]) => ({ type: "connection.closed", fault: fault(id, chance > 0) }));
const opened = fc
  .constantFrom("fresh", "resumed", "replayed")
  .map((continuity) => ({ type: "connection.opened", continuity }));
const answer = fc.oneof(
  { weight: 30, arbitrary: wait.map((ms) => ({ type: "retry.granted", wait: ms })) },
  { weight: 1, arbitrary: fc.constant({ type: "retry.denied" }) },
  { weight: 1, arbitrary: fc.constant({ type: "retry.failed", fault: fault(10, false) }) },
);
const crash = fc
  .constantFrom("attempt", "network", "retry")
  .map((id) => ({ type: `xstate.error.actor.${id}`, actorId: id, error: "scripted" }));
const network = fc.oneof(
  fc.constant({ type: "network.lost" }),
  wait.map((ms) => ({ type: "network.returned", wait: ms })),
  wait.map((ms) => ({ type: "page.woke", wait: ms })),
);
const session = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ type: "session.ready" }) },
  { weight: 1, arbitrary: fc.constant({ type: "session.overdue", readyTimeout: 2_000 }) },
);
const traffic = fc.constantFrom({ type: "connection.busy" }, { type: "connection.quiet" });
const expiring = fc
  .constantFrom(0, 500, 1_000, 2_000, 9_000)
  .map((withinMs) => ({ type: "connection.expiring", withinMs }));
const event: fc.Arbitrary<AnyEventObject> = fc.oneof(
  { weight: 6, arbitrary: opened },
  { weight: 8, arbitrary: closed },
  { weight: 6, arbitrary: network },
  { weight: 4, arbitrary: session },
  { weight: 4, arbitrary: traffic },
  { weight: 3, arbitrary: expiring },
  { weight: 3, arbitrary: answer },
  { weight: 1, arbitrary: fc.oneof(crash, fc.constant({ type: "connection.released" })) },
);
const lasting = fault(7, true);
const closes = { event: { type: "connection.closed", fault: lasting } };
const granted = { event: { type: "retry.granted", wait: 250 } };
const passes = [250, 1_000, 5_000, 9_000].map((passMs) => ({ passMs }));
const lost = { event: { type: "network.lost" } };
const returned = { event: { type: "network.returned", wait: 50 } };
const opens = { event: { type: "connection.opened", continuity: "fresh" } };
const LIKELY: Readonly<Record<string, readonly Step[]>> = {
  connecting: [opens, opens, opens, closes, lost, returned, { passMs: 2_000 }],
  open: [
    ...passes,
    ...passes,
    closes,
    lost,
    returned,
    { event: { type: "session.ready" } },
    { event: { type: "session.ready" } },
    { event: { type: "session.overdue", readyTimeout: 2_000 } },
    { event: { type: "connection.busy" } },
    { event: { type: "connection.quiet" } },
    { event: { type: "connection.expiring", withinMs: 9_000 } },
    { event: { type: "connection.expiring", withinMs: 1_500 } },
    { event: { type: "page.woke", wait: 50 } },
  ],
  closing: [lost, returned, closes],
  asking: [granted, granted, granted, lost, returned],
  counting: [...passes, lost, returned, { event: { type: "page.woke", wait: 50 } }],
  paused: [returned, returned, lost, { passMs: 5_000 }],
};

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: event.map((fact) => ({ event: fact })) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 50, 250, 999, 1_000, 2_000, 5_000).map((passMs) => ({ passMs })) },
  { weight: 12, arbitrary: fc.nat().map((likely) => ({ likely })) },
);
const scripts: fc.Arbitrary<Setting> = fc.record({
  connectTimeout: fc.constantFrom(1_000, 2_000),
  retryInitial: fc.integer({ min: 0, max: 3 }).map((one) => one > 0),
  minUptime: fc.constantFrom(0, 1_000, 5_000),
  answers: fc.array(
    fc.oneof<fc.Arbitrary<Answer>[]>(
      { weight: 30, arbitrary: answer } as never,
      { weight: 5, arbitrary: fc.constant(null) } as never,
      { weight: 1, arbitrary: fc.constant("crash" as const) } as never,
    ),
    { minLength: 1, maxLength: 6 },
  ),
  attempts: fc.array(
    fc.oneof<fc.Arbitrary<AnyEventObject | "crash" | null>[]>(
      { weight: 40, arbitrary: fc.constant(null) } as never,
      { weight: 4, arbitrary: opened } as never,
      { weight: 4, arbitrary: closed } as never,
      { weight: 1, arbitrary: fc.constant("crash" as const) } as never,
    ),
    { minLength: 1, maxLength: 8 },
  ),
  network: fc.oneof<fc.Arbitrary<AnyEventObject | "crash" | null>[]>(
    { weight: 40, arbitrary: fc.constant(null) } as never,
    { weight: 4, arbitrary: network } as never,
    { weight: 1, arbitrary: fc.constant("crash" as const) } as never,
  ),
});

const placeOf = ({ facts }: Subject): string => {
  const found = facts();
  return found === "over" ? "over" : (found as { phase: string }).phase;
};

describe("the connection chart", () => {
  it("connection: does what the link chart did, fact by fact", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(scripts, fc.array(step, { minLength: 5, maxLength: 40, size: "max" }), (setting, steps) => {
        const [before, after] = [startOld(setting), startNew(setting)];
        let read = 0;
        const compare = (): void => {
          const [known, seen, facts] = [read, read, text(sorted(before.facts()))];
          if (text(after.log.slice(seen)) !== text(before.log.slice(known))) expect(after.log).toEqual(before.log);
          if (text(sorted(after.facts())) !== facts) expect(after.facts()).toEqual(before.facts());
          read = before.log.length;
        };
        compare();
        for (const chosen of steps) {
          const place = placeOf(before);
          const likely = LIKELY[place] ?? [];
          const one: Step | undefined = "likely" in chosen ? likely[chosen.likely % likely.length] : chosen;
          if (one === undefined) break;
          for (const subject of [before, after]) {
            if ("event" in one) subject.send(one.event);
            else if ("passMs" in one) subject.clock.increment(one.passMs);
          }
          compare();
          seen.set(place, (seen.get(place) ?? 0) + 1);
        }
        for (const subject of [before, after]) {
          subject.send({ type: "connection.released" });
          subject.send({ type: "connection.closed", fault: fault(11, true) });
        }
        compare();
        expect(after.facts()).toBe("over");
        for (const line of after.log) {
          const kind = line.replace(/[{ ].*"type":"([^"]+)".*/, " $1").split("{")[0]!;
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
        }
      }),
      { numRuns: Number(process.env.EQUIVALENCE_RUNS ?? 10_000), seed: Number(process.env.EQUIVALENCE_SEED ?? 1) },
    );
    console.log(Object.fromEntries([...seen].sort()));
  }, 600_000);
});
