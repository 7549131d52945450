/**
 * `npm run reliability`: runs the fault tables three times and writes what it has seen to docs/reliability.md. With `--sockets`
 * or `--calls` only one of them runs; with `--peers` Pipecat's own transports are measured instead. With `--check` nothing runs:
 * the document must list exactly the faults, the expectations and the measurements that the tree holds.
 */
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { format } from "oxfmt";
import { CALL_CATALOGUE, CALL_SUBJECT } from "../packages/testkit/src/faults/calls/catalogue/index.js";
import { CATALOGUE } from "../packages/testkit/src/faults/catalogue/index.js";
import { CALL_RESULTS, RESULTS } from "../packages/testkit/src/faults/results.js";
import { SUBJECTS } from "../packages/testkit/src/faults/subjects.js";
import { traceOfSecrets } from "../packages/testkit/src/secrets/secrets.js";
import { reliabilityDocument, surprises, type Table } from "./reliability/document.js";
import { measure, readResults, type Measurements, type SeenFault } from "./reliability/measured.js";
import { measurePeers, type PeerMeasurement } from "./reliability/peers.js";

const DOCUMENT = "docs/reliability.md";
const MEASURED = "tools/reliability/measured.json";
const PEERS = "tools/reliability/peers.json";
const RUNS = 3;

/** Where a table is run, and where that leaves what it has seen. */
interface Run {
  readonly flag: string;
  readonly table: Table;
  readonly vitest: readonly string[];
  readonly results: URL;
}

const SOCKETS: Run = {
  flag: "--sockets",
  table: { catalogue: CATALOGUE, subjects: SUBJECTS },
  vitest: ["--project", "faults", "test/faults/table.test.ts"],
  results: RESULTS,
};

const CALLS: Run = {
  flag: "--calls",
  table: { catalogue: CALL_CATALOGUE, subjects: [CALL_SUBJECT] },
  vitest: ["--project", "browser", "test/browser/calls"],
  results: CALL_RESULTS,
};

const read = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, "utf8")) as T;

async function rendered(): Promise<string> {
  const measurements = await read<Measurements>(MEASURED);
  const peers = await read<readonly PeerMeasurement[]>(PEERS);
  const text = reliabilityDocument({ sockets: SOCKETS.table, calls: CALLS.table, measurements, peers });
  return (await format("page.md", text, { printWidth: 120 })).code;
}

/** @throws Error where a secret of a run would be published. */
async function write(path: string, text: string): Promise<void> {
  const traces = traceOfSecrets(text);
  if (traces.length > 0) throw new Error(`${path} was not written: the credential is in it, ${traces.join(", ")}`);
  await writeFile(path, text);
}

const writeJson = async (path: string, value: unknown): Promise<void> =>
  write(path, (await format("value.json", JSON.stringify(value), { printWidth: 120 })).code);

/** One run of a table; undefined where it did not see what the tests hold. */
async function run({ table, vitest, results: path }: Run): Promise<readonly SeenFault[] | undefined> {
  const { status } = spawnSync("npx", ["vitest", "run", ...vitest], { stdio: "inherit" });
  const text = await readFile(path, "utf8");
  const results = readResults(JSON.parse(text));
  const found = surprises(results, table).concat(traceOfSecrets(text));
  for (const surprise of found) process.stderr.write(`${surprise}\n`);
  return status === 0 && found.length === 0 ? results : undefined;
}

async function runAll(): Promise<boolean> {
  const chosen = [SOCKETS, CALLS].filter(({ flag }) => process.argv.includes(flag));
  let measurements = await read<Measurements>(MEASURED);
  for (const each of chosen.length === 0 ? [SOCKETS, CALLS] : chosen) {
    const runs: (readonly SeenFault[])[] = [];
    while (runs.length < RUNS) {
      const results = await run(each);
      if (results === undefined) {
        process.stderr.write(`${DOCUMENT} was not written: it tells only what the tests have seen to hold.\n`);
        return false;
      }
      runs.push(results);
    }
    measurements = { ...measurements, ...measure(runs) };
  }
  await writeJson(MEASURED, measurements);
  return true;
}

async function main(): Promise<boolean> {
  if (process.argv.includes("--check")) {
    const present = await readFile(DOCUMENT, "utf8").catch(() => "");
    if (present === (await rendered()) && traceOfSecrets(present).length === 0) return true;
    process.stderr.write(
      `${DOCUMENT} does not list the faults as they are: run \`npm run reliability\` and commit it.\n`,
    );
    return false;
  }
  if (process.argv.includes("--peers")) await writeJson(PEERS, await measurePeers());
  else if (!(await runAll())) return false;
  await write(DOCUMENT, await rendered());
  process.stdout.write(`${DOCUMENT}\n`);
  return true;
}

// Peers leave timers behind.
process.exit((await main()) ? 0 : 1);
