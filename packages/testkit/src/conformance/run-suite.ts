import { transportConformance, type ConformanceHarness } from "../../../../src/testing/index.js";

interface Case {
  readonly group: string;
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** The cases of the suite on a transport, in their order, without a test runner. */
export function casesOf(harness: () => ConformanceHarness): readonly Case[] {
  const cases: Case[] = [];
  let group = "";
  const runner = {
    describe: (name: string, body: () => void) => {
      group = name;
      body();
    },
    it: (name: string, run: () => Promise<void>) => {
      cases.push({ group, title: `${group}: ${name}`, run });
    },
  };
  transportConformance(harness, runner, { patience: someTurns });
  return cases;
}

/** More than anything takes that is scripted from one end to the other. */
export async function someTurns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => realTimeout(resolve, 0));
}

const TURNS = 100;
const { setTimeout: realTimeout } = globalThis;

/** What the transport does instead, by the title of each case that it does not pass. */
export async function gapsOf(harness: () => ConformanceHarness): Promise<Readonly<Record<string, string>>> {
  const gaps: Record<string, string> = {};
  for (const { title, run } of casesOf(harness)) {
    await run().catch((error: unknown) => {
      gaps[title] = inOneLine(error);
    });
  }
  return gaps;
}

const inOneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/\s*\n\s*/g, "; ")
    .replace(/:\s+/g, ": ")
    .replaceAll('","', '", "')
    .trim();
