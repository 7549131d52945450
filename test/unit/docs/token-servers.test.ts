import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalService, type LocalService } from "@rtvi-machine/local-service";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { codeBlocks } from "../../../tools/documents/markdown.js";

const PAGE = "docs/getting-started.md";
const OPENAI = "https://api.openai.com";
const MOST_LINES = 15;

let service: LocalService;
let folder: string;
const key = canary();

beforeAll(async () => {
  service = await startLocalService({ keys: [key] });
  folder = await mkdtemp(join(tmpdir(), "rtvi-machine-token-servers-"));
});

afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

/** The block of the page that has `mark` in it, asking the local service in the place of OpenAI. */
async function block(mark: string): Promise<string> {
  const blocks = codeBlocks({ path: PAGE, text: await readFile(PAGE, "utf8") });
  const found = blocks.find(({ code }) => code.includes(mark));
  if (!found) throw new Error(`${PAGE} has no code with ${mark}`);
  return found.code;
}

const here = (code: string): string => code.replaceAll(OPENAI, service.url);

async function load(name: string, code: string): Promise<Record<string, unknown>> {
  const { outputText } = ts.transpileModule(here(code), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, outputText);
  return (await import(path)) as Record<string, unknown>;
}

const secretOf = async (answer: Response): Promise<string> => {
  expect(answer.status).toBe(200);
  const said = (await answer.json()) as { readonly value?: string };
  return said.value ?? "";
};

describe("docs: the token servers", () => {
  it.each(["createServer(", "export async function POST", "env: {"])("take fifteen lines: %s", async (mark) => {
    const lines = (await block(mark)).split("\n").filter((line) => line.trim() !== "");
    expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
  });

  it("hand out a secret from Node", async () => {
    const path = join(folder, "server.mjs");
    // Any free port, which it tells.
    const code = here(await block("createServer(")).replace(
      "listen(3000)",
      "listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
    );
    await writeFile(path, code);
    const server = spawn(process.execPath, [path], { env: { ...process.env, OPENAI_API_KEY: key } });
    try {
      const [said] = (await once(server.stdout, "data")) as [Buffer];
      const url = `http://127.0.0.1:${said.toString().trim()}`;
      expect(await secretOf(await fetch(`${url}/api/session`, { method: "POST" }))).toMatch(/^ek_/);
      expect((await fetch(`${url}/api/session`)).status).toBe(404);
    } finally {
      server.kill();
      await once(server, "exit");
    }
  });

  it("hand out a secret from a route of Next.js", async () => {
    const { POST } = await load("route", await block("export async function POST"));
    process.env.OPENAI_API_KEY = key;
    try {
      expect(await secretOf(await (POST as () => Promise<Response>)())).toMatch(/^ek_/);
    } finally {
      delete process.env.OPENAI_API_KEY;
    }
  });

  it("hand out a secret from a Cloudflare Worker", async () => {
    const worker = (await load("worker", await block("env: {"))).default as {
      fetch(request: Request, env: { readonly OPENAI_API_KEY: string }): Promise<Response>;
    };
    const ask = (path: string) =>
      worker.fetch(new Request(`https://app.example${path}`, { method: "POST" }), { OPENAI_API_KEY: key });
    expect(await secretOf(await ask("/api/session"))).toMatch(/^ek_/);
    expect((await ask("/")).status).toBe(404);
  });
});
