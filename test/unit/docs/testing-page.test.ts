import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, describe, expect, it, vi } from "vitest";
import { codeBlocks } from "../../../tools/documents/markdown.js";

/** Inside the tree, or packages would not be found. */
const FOLDER = resolve("test-output/testing-page");
const MOST_LINES = 10;

const blocksOf = async (path: string) =>
  codeBlocks({ path, text: await readFile(path, "utf8") }).filter(({ language }) => language === "ts");

/** What a reader would have: the page's code, with this library's sources by their names. */
async function load(name: string, code: string): Promise<object> {
  await mkdir(FOLDER, { recursive: true });
  const outfile = `${FOLDER}/${name}.mjs`;
  await writeFile(`${FOLDER}/${name}.ts`, code);
  await build({
    entryPoints: [`${FOLDER}/${name}.ts`],
    bundle: true,
    format: "esm",
    packages: "external",
    alias: {
      "rtvi-machine": resolve("src/index.ts"),
      "rtvi-machine/dialogue": resolve("src/dialogue/index.ts"),
      "rtvi-machine/testing": resolve("src/testing/index.ts"),
    },
    outfile,
    logLevel: "error",
  });
  return (await import(outfile)) as object;
}

// The page keeps the logs that an app has by default.
for (const level of ["log", "info", "warn", "error", "debug"] as const) vi.spyOn(console, level).mockReturnValue();

const [echo] = await blocksOf("docs/writing-a-transport.md");
Object.assign(globalThis, await load("echo", `${echo?.code}\nexport { EchoTransport };`));

const blocks = (await blocksOf("docs/testing.md")).filter(({ code }) => !code.includes("declare const"));
const { WebSocket } = globalThis;

afterAll(async () => {
  vi.restoreAllMocks();
  Object.assign(globalThis, { WebSocket });
  Reflect.deleteProperty(globalThis, "EchoTransport");
  await rm(FOLDER, { recursive: true });
});

/** The blocks register their own cases. */
describe.each(blocks)("docs: the code of docs/testing.md, line $line", async ({ code, line }) => {
  await load(`block-${String(line)}`, code);
});

describe("docs: the conformance of the provider in docs/writing-a-provider.md", async () => {
  const pages = await blocksOf("docs/writing-a-provider.md");
  const { code } = pages.find((block) => block.code.includes("transportConformance(")) ?? { code: "" };
  const example = 'import { EchoTransport } from "../../examples/own-provider/src/echo-provider.js";\n';
  await load("provider", code.replace(/\/\*\* The class above[^]*?VoiceTransport;\n/, example));
});

describe("docs: the page of testing", () => {
  it("has the whole model of a transport in ten lines", () => {
    const model = blocks.find(({ code }) => code.includes("lifecycleModel().check("));
    const lines = (model?.code ?? "").split("\n").filter((each) => each.trim() !== "");
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
  });
});
