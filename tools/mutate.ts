/**
 * `npm run mutate`: takes one guard, timeout, action, cleanup, release or early return out of the code at a time and sees
 * whether a test notices. A survivor is a missing test, or is listed with its reason in tools/mutate/survivors.json.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { seeded } from "../packages/testkit/src/util/seeded.js";
import { Journal, versionOf } from "./mutate/journal.js";
import { mutantsOf, type Mutant } from "./mutate/mutants.js";
import { Workshop, type Verdict } from "./mutate/workshop.js";

const USAGE = `npm run mutate [-- --only <file>]... [--sample N [--seed S]] [--workers N] [--stages N] [--list] [--again] [--forget]

  --only <file>  only mutants of this file or folder
  --sample N     N mutants at random (--seed S, default 1)
  --workers N    so many at a time (default 1)
  --stages N     asks the N nearest stages of tests alone: quicker, and stricter (default 3)
  --list         shows the mutants, runs nothing
  --again        judges survivors again that are not explained, as after a new test
  --forget       judges again what an earlier run has judged`;

const PLACES = [
  "machines",
  "src/actors",
  "src/policy",
  "src/pipes",
  "src/connection",
  "src/transport",
  "src/dialogue",
  "src/providers",
];
const JOURNAL = "test-output/mutants.json";
const SURVIVORS = "tools/mutate/survivors.json";

interface Explained {
  readonly id: string;
  readonly reason: string;
}

function filesWithin(places: readonly string[]): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "--", ...places], { encoding: "utf8" });
  return listed.split("\n").filter((file) => file.endsWith(".ts") && !file.endsWith("index.ts"));
}

/** `count` of them at random, in their old order; the same for the same seed. */
function sampleOf(all: readonly Mutant[], count: number, seed: number): readonly Mutant[] {
  const random = seeded(seed);
  const drawn = all.map((mutant) => ({ mutant, lot: random() })).sort((one, other) => one.lot - other.lot);
  const chosen = new Set(drawn.slice(0, count).map(({ mutant }) => mutant));
  return all.filter((mutant) => chosen.has(mutant));
}

const show = ({ file, line, kind, text, id }: Mutant): string => `${file}:${line}  ${kind}: ${text}  [${id}]`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      workers: { type: "string", default: "1" },
      stages: { type: "string", default: "3" },
      list: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
      forget: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const codes = new Map(filesWithin(values.only ?? PLACES).map((file) => [file, readFileSync(file, "utf8")]));
  const every = [...codes].flatMap(([file, code]) => mutantsOf(file, code));
  const chosen = values.sample === undefined ? every : sampleOf(every, Number(values.sample), Number(values.seed));
  if (values.list) {
    process.stdout.write(`${chosen.map(show).join("\n")}\n${chosen.length} mutants\n`);
    return;
  }

  const journal = new Journal(JOURNAL, values.forget);
  const versions = new Map([...codes].map(([file, code]) => [file, versionOf(code)]));
  const versionFor = ({ file }: Mutant): string => versions.get(file) ?? "";
  const survivorsText = readFileSync(SURVIVORS, "utf8");
  const explained = JSON.parse(survivorsText) as readonly Explained[];
  // Of two explanations that a merge has put into one object, JSON knows the last.
  if (survivorsText.split('"id":').length !== explained.length + 1) throw new Error(`${SURVIVORS}: one id per object.`);
  const reasons = new Map(explained.map(({ id, reason }) => [id, reason]));
  const verdictOf = (mutant: Mutant): Verdict | undefined => journal.judgementOf(mutant, versionFor(mutant))?.verdict;
  const waiting = chosen.filter((mutant) => {
    const verdict = verdictOf(mutant);
    return verdict === undefined || (values.again && verdict === "survived" && !reasons.has(mutant.id));
  });
  process.stdout.write(`${chosen.length} of ${every.length} mutants, ${waiting.length} to be judged\n`);

  const work = async (workshop: Workshop): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const from = performance.now();
      const judgement = await workshop.judge(mutant);
      journal.add(mutant, versionFor(mutant), judgement);
      const seconds = ((performance.now() - from) / 1000).toFixed(1).padStart(6);
      const by = judgement.by === "" ? "" : `\n    by ${judgement.by}`;
      process.stdout.write(`${judgement.verdict.padEnd(9)} ${seconds} s  ${show(mutant)}${by}\n`);
    }
  };
  if (waiting.length > 0) {
    const stages = Number(values.stages);
    const workshops = Array.from({ length: Math.max(1, Number(values.workers)) }, () => new Workshop(stages));
    try {
      const [first] = workshops;
      const files = [...new Set(waiting.map(({ file }) => file))];
      const failure = await first?.failure(files);
      if (failure !== undefined && failure !== "") {
        throw new Error(`The tests fail without any mutant: mend them first.\n${failure}`);
      }
      await Promise.all(workshops.map(work));
    } finally {
      for (const workshop of workshops) workshop.remove();
    }
  }

  const survivors = chosen.filter((mutant) => verdictOf(mutant) === "survived");
  const open = survivors.filter(({ id }) => !reasons.has(id));
  for (const mutant of survivors) process.stdout.write(`survivor: ${show(mutant)}: ${reasons.get(mutant.id) ?? "?"}\n`);
  for (const { id } of explained) {
    const known = every.find((mutant) => mutant.id === id);
    if (values.only === undefined && known === undefined)
      process.stdout.write(`${SURVIVORS}: no mutant is called ${id}\n`);
  }
  const late = chosen.filter((mutant) => verdictOf(mutant) === "timed out");
  for (const mutant of late) process.stdout.write(`timed out: ${show(mutant)}\n`);
  const killed = chosen.length - survivors.length - late.length;
  process.stdout.write(
    `${killed} killed by a test, ${late.length} timed out, ${survivors.length - open.length} explained, ` +
      `${open.length} unexplained (${((100 * (killed + late.length)) / Math.max(1, chosen.length)).toFixed(0)} % noticed)\n`,
  );
  if (open.length > 0) process.exitCode = 1;
}

await main();
