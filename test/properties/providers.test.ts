import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { GEMINI_ACTS, ScriptedGemini } from "../../packages/testkit/src/scripted/scripted-gemini.js";
import { OPENAI_ACTS, ScriptedOpenAI } from "../../packages/testkit/src/scripted/scripted-openai.js";
import { PIPECAT_ACTS, ScriptedPipecat } from "../../packages/testkit/src/scripted/scripted-pipecat.js";
import type { ScriptedService } from "../../packages/testkit/src/scripted/scripted-service.js";
import { beginning, serviceSteps } from "../../packages/testkit/src/models/service-commands.js";
import { ServiceWorld, type Beginning } from "../../packages/testkit/src/worlds/service-world.js";

/** As in `system.test.ts`; each run here is one of a whole transport, so that fewer are made. */
const seed = Number(process.env.RTVI_MACHINE_SEED ?? 20_260_901);
const runs = Number(process.env.RTVI_MACHINE_RUNS ?? 300);
const timeout = 180_000 + runs * 60;

let world: ServiceWorld | undefined;

const unhandled = (reason: unknown): void => {
  world?.unhandled.push(reason);
};

beforeAll(() => {
  // A run is the same everywhere: expiries are told by a date that stands still, and what is measured, by the world's clock.
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-01-01") });
  // No spies: they would keep millions of calls.
  vi.stubGlobal("performance", { now: () => world?.clock.now ?? 0 });
  vi.stubGlobal("console", { ...console, warn: () => undefined });
  process.on("unhandledRejection", unhandled);
});
afterAll(() => {
  process.off("unhandledRejection", unhandled);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
afterEach(() => {
  world = undefined;
});

/** What each model gets to see: every state, whoever may speak, and every way for a conversation to come back. */
const STATES = ["initializing", "initialized", "authenticating", "authenticated", "connecting", "connected", "ready"];
const ENDS = ["disconnecting", "disconnected", "error", "error-response"];
const SPEECH = ["user", "bot"].flatMap((who) => [`${who}-started-speaking`, `${who}-stopped-speaking`]);

function keepsItsPromises<S extends ScriptedService>(
  make: () => S,
  steps: ReturnType<typeof serviceSteps<S>>,
  ...others: string[]
): void {
  const reached = [...STATES, ...ENDS, ...SPEECH, "llm-function-call-stopped", ...others];
  const begin = async (at: Beginning): Promise<ServiceWorld<S>> => {
    const begun = new ServiceWorld(make());
    world = begun;
    await begun.begin(at);
    return begun;
  };

  it("keeps its promises whatever happens, in any order", { timeout }, async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(beginning, steps, async (at, commands) => {
        const real = await begin(at);
        await fc.asyncModelRun(() => ({ model: {}, real }), commands);
        await real.release();
        real.checkSettled();
        for (const each of [...real.announced, ...real.watch.seen]) seen.add(each);
        for (const { continuity } of real.recoveries) seen.add(continuity);
      }),
      { numRuns: runs, seed },
    );
    const unseen = reached.filter((each) => !seen.has(each));
    expect(unseen, "a property that never gets anywhere proves nothing").toEqual([]);
  });

  it("comes back from anything, and answers", { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(beginning, steps, async (at, commands) => {
        const real = await begin(at);
        await fc.asyncModelRun(() => ({ model: {}, real }), commands);
        real.heal();
        await real.recover();
        expect(["connecting", "connected", "disconnecting"]).not.toContain(real.transport.state);
        await real.release();
        real.checkSettled();
        real.heal();
        await real.ready();
        real.checkInvariants();

        const before = real.service.audio;
        real.say();
        expect(real.service.audio).toBe(before + 1);
        real.log.length = 0;
        real.send();
        real.service.answer();
        await real.settle();
        real.plays("began");
        real.plays("drained");
        await real.settle();
        expect(real.log).toEqual(expect.arrayContaining(["bot-started-speaking", "bot-stopped-speaking"]));
        real.checkInvariants();
        await real.release();
        real.checkSettled();
      }),
      { numRuns: runs / 4, seed },
    );
  });
}

describe("a session with OpenAI", () => {
  keepsItsPromises(() => new ScriptedOpenAI(), serviceSteps(OPENAI_ACTS), "replayed");
});

describe("a session with Gemini", () => {
  keepsItsPromises(() => new ScriptedGemini(), serviceSteps(GEMINI_ACTS), "resumed", "replayed");
});

describe("a session with a Pipecat bot", () => {
  keepsItsPromises(() => new ScriptedPipecat(), serviceSteps(PIPECAT_ACTS), "fresh", "resumed");
});
