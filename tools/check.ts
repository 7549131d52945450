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

/** Two lanes run beside each other, each in order: what reads the build comes after it. */
const LANES: readonly (readonly Step[])[] = [
  [
    types("machines, without DOM", "machines"),
    types("library, without Node", "src"),
    types("worklets", "src/media/worklets"),
    types("local service, without DOM", "packages/local-service"),
    types("test kit", "packages/testkit"),
    types("chart reader", "packages/chart-reader"),
    types("React 18 for tests", "packages/react-18"),
    types("legacy viewer", "packages/legacy-viewer"),
    types("tools, benches and examples", "."),
    step("lint", "oxlint"),
    step("spelling of documents and comments", "cspell lint --no-progress --no-summary"),
    step("API reference: links resolve", "typedoc --emit none --logLevel Warn"),
    step("documents: plain words, links lead somewhere, code compiles", "tsx tools/documents.ts --check"),
  ],
  [
    types("tests", "test"),
    step("formatting", "oxfmt --check"),
    step("dependency arrows", `depcruise --config .dependency-cruiser.cjs ${CRUISED}`),
    step("depth of inheritance", "tsx tools/inheritance.ts"),
    step("unused code and exports", "knip"),
    step("worklets are up to date", "tsx tools/worklets.ts --check"),
    step("charts are up to date", "tsx tools/charts.ts --check"),
    step("reliability table is up to date", "tsx tools/reliability.ts --check"),
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
  ],
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

async function runLane(steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const it of steps.filter(isChosen)) {
    const started = performance.now();
    const outcome = await run(it);
    outcomes.push(outcome);
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
    process.stdout.write(`${outcome.passed ? "ok  " : "FAIL"} ${seconds} s  ${it.name}\n`);
  }
  return outcomes;
}

const outcomes = (await Promise.all(LANES.map(runLane))).flat();
const failures = outcomes.filter(({ passed }) => !passed);
for (const { step: failed, output } of failures) {
  process.stdout.write(`\n== ${failed.name}: ${[failed.command, ...failed.args].join(" ")}\n${output}\n`);
}
process.stdout.write(`\ncheck: ${outcomes.length - failures.length} passed, ${failures.length} failed\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
