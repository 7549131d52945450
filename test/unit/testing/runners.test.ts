import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Inside the tree, where Jest finds its root. */
const FOLDER = resolve("test-output/runners");
const CASE = "connect(): works again and again on one instance";

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

function run(args: readonly string[]): Promise<Ran> {
  return new Promise((settle) => {
    // Without what Vitest has put there for itself.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|TEST)/.test(name)),
    );
    const child = spawn(process.execPath, args, { cwd: FOLDER, env });
    let output = "";
    const keep = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("close", (code) => settle({ code, output }));
  });
}

/** What a user of the runner writes, with the suite's source in the place of the package. */
async function write(name: string, runner: string, options = ""): Promise<string> {
  const outfile = `${FOLDER}/${name}`;
  await build({
    stdin: {
      contents: `
        import { scriptedHarness, transportConformance } from "./src/testing/index.ts";
        ${runner}
        const silent = { debug() {}, info() {}, warn() {}, error() {} };
        transportConformance(() => scriptedHarness({ logger: silent }), { describe, it }, {${options}});
      `,
      resolveDir: process.cwd(),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    outfile,
    logLevel: "error",
  });
  return outfile;
}

const RUNNERS = [
  {
    name: "node:test",
    imports: 'import { describe, it } from "node:test";',
    play: (file: string) => run(["--test", "--test-reporter=spec", file]),
    passed: /^ℹ pass (\d+)$/m,
  },
  {
    name: "Jest",
    imports: "",
    play: (file: string) =>
      run([
        resolve("node_modules/jest/bin/jest.js"),
        "--ci",
        "--no-cache",
        "--rootDir",
        FOLDER,
        "--runTestsByPath",
        file,
      ]),
    passed: /^Tests:.* (\d+) passed/m,
  },
] as const;

beforeAll(() => mkdir(FOLDER, { recursive: true }));
afterAll(() => rm(FOLDER, { recursive: true }));

describe.each(RUNNERS)("transportConformance under $name", ({ name, imports, play, passed }) => {
  const file = (what: string): string => `${name.replace(":", "-").toLowerCase()}-${what}.test.cjs`;

  it("passes where the transport does", { timeout: 120_000 }, async () => {
    const { code, output } = await play(await write(file("whole"), imports));
    expect(code, output).toBe(0);
    expect(Number(passed.exec(output)?.[1])).toBeGreaterThan(60);
  });

  it("fails where a gap is declared that is none, and where it names no case", { timeout: 120_000 }, async () => {
    const gaps = { [CASE]: "nothing", "connect(): flies": "it walks" };
    const { code, output } = await play(await write(file("gaps"), imports, `knownGaps: ${JSON.stringify(gaps)}`));
    expect(code).not.toBe(0);
    expect(output).toContain("This case is declared a known gap and passes");
    expect(output).toContain("declared gaps that name no case");
  });
});
