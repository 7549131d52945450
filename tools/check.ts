import { spawn } from "node:child_process";
import { delimiter, resolve } from "node:path";

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Outcome {
  readonly step: Step;
  readonly passed: boolean;
  readonly output: string;
}

const step = (name: string, commandLine: string): Step => {
  const [command = "", ...args] = commandLine.split(" ");
  return { name, command, args };
};

const CRUISED = "src machines packages tools bench examples test vitest.config.ts";

/** The compiler in Go: a fifth of the time of its predecessor, which the tools that read types still need. */
const types = (of: string, project: string): Step =>
  step(`types: ${of}`, `node node_modules/typescript-7/bin/tsc --pretty false -p ${project}`);

/** The build, and what reads it: in this order, and one by one, because several of them pack it. */
const OF_THE_BUILD: readonly Step[] = [
  step("declarations", "npm run declarations --silent"),
  step("build", "tsup --silent"),
  step("build of the local service", "npm run build --workspace @rtvi-machine/local-service -- --silent"),
  step("one class identity across entries", "tsx tools/check-identity.ts"),
  step("publint", "publint --strict"),
  step("publint of the local service", "publint --strict packages/local-service"),
  step("types as consumers resolve them", "attw --pack . --profile node16"),
  step("types in an app of its own, with three compilers", "tsx tools/consumer.ts"),
  step("a session in every bundler and in Node, from the package", "tsx tools/bundlers.ts"),
  step("types of the local service as consumers resolve them", "attw --pack packages/local-service --profile node16"),
  step("sizes", "size-limit"),
  step("sizes and browsers of README", "tsx tools/readme.ts --check"),
];

/** What reads the sources alone: at any time, the long ones first. */
const OF_THE_SOURCES: readonly Step[] = [
  step("API reference: links resolve", "typedoc --emit none --logLevel Warn"),
  step("lint", "oxlint"),
  step("spelling of documents and comments", "cspell lint --no-progress --no-summary"),
  types("tests", "test"),
  step("documents: plain words, links lead somewhere, code compiles", "tsx tools/documents.ts --check"),
  step("dependency arrows", `depcruise --config .dependency-cruiser.cjs ${CRUISED}`),
  step("unused code and exports", "knip"),
  types("tools, benches and examples", "."),
  types("library, without Node", "src"),
  types("test kit", "packages/testkit"),
  step("charts are up to date", "tsx tools/charts.ts --check"),
  step("reliability table is up to date", "tsx tools/reliability.ts --check"),
  types("machines, without DOM", "machines"),
  step("depth of inheritance", "tsx tools/inheritance.ts"),
  types("local service, without DOM", "packages/local-service"),
  step("worklets are up to date", "tsx tools/worklets.ts --check"),
  step("formatting", "oxfmt --check"),
  types("worklets", "src/media/worklets"),
  types("chart reader", "packages/chart-reader"),
  types("React 18 for tests", "packages/react-18"),
  types("legacy viewer", "packages/legacy-viewer"),
];

const environment = {
  ...process.env,
  PATH: `${resolve("node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`,
  FORCE_COLOR: "0",
};

function run(it: Step): Promise<Outcome> {
  return new Promise((settle) => {
    const child = spawn(it.command, it.args, { env: environment, shell: process.platform === "win32" });
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer): void => {
      chunks.push(chunk);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => settle({ step: it, passed: false, output: error.message }));
    child.on("close", (code) =>
      settle({ step: it, passed: code === 0, output: Buffer.concat(chunks).toString("utf8").trim() }),
    );
  });
}

/** `npm run check -- lint types` runs the steps whose name contains one of the words. */
const words = process.argv.slice(2);
const isChosen = ({ name }: Step): boolean => words.length === 0 || words.some((word) => name.includes(word));

const outcomes: Outcome[] = [];

/** Takes the first step of a queue until there is none. */
async function work(queue: Step[]): Promise<void> {
  for (let it = queue.shift(); it !== undefined; it = queue.shift()) {
    const started = performance.now();
    const outcome = await run(it);
    outcomes.push(outcome);
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
    process.stdout.write(`${outcome.passed ? "ok  " : "FAIL"} ${seconds} s  ${it.name}\n`);
  }
}

// Two at a time: whoever is through with the build helps with the sources.
const sources = OF_THE_SOURCES.filter(isChosen);
await Promise.all([work(OF_THE_BUILD.filter(isChosen)).then(() => work(sources)), work(sources)]);
const failures = outcomes.filter(({ passed }) => !passed);
for (const { step: failed, output } of failures) {
  process.stdout.write(`\n== ${failed.name}: ${[failed.command, ...failed.args].join(" ")}\n${output}\n`);
}
process.stdout.write(`\ncheck: ${outcomes.length - failures.length} passed, ${failures.length} failed\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
