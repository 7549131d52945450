/**
 * `npm run next`: installs `examples/next` on its own, with the packed library, builds it, serves it with the local service behind its
 * route, and talks to it in Chromium. Then looks for the key in everything that the build and the server gave the browser.
 * Needs the registry, and takes longer than the other bundlers: it runs nightly.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startLocalService } from "@rtvi-machine/local-service";
import { chromium } from "playwright";
import { speaking } from "./browser-arguments.js";
import { ensureBrowser } from "./ensure-browser.js";
import { pack } from "./package/packed.js";

const READY_MS = 30_000;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** The versions that the example names as its lowest, exactly. */
const exact = (ranges: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(ranges).map(([name, range]) => [name, range.replace(/^\^/, "")]));

async function freePort(): Promise<number> {
  const socket = createServer();
  await new Promise<void>((listening) => socket.listen(0, "127.0.0.1", listening));
  const { port } = socket.address() as AddressInfo;
  await new Promise((closed) => socket.close(closed));
  return port;
}

/** @throws Error with what the command wrote. */
async function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  }
  const code = await new Promise((settle, reject) => {
    child.once("error", reject);
    child.once("close", settle);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${String(code)}:\n${output}`);
}

let failed = 0;
const say = (ok: boolean, what: string, detail = ""): void => {
  if (!ok) failed += 1;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${what}${ok ? "" : `\n${detail}`}\n`);
};

const key = `sk-proj-${randomUUID()}`;
const folder = await mkdtemp(join(tmpdir(), "rtvi-machine-next-"));
const port = await freePort();
const origin = `http://localhost:${String(port)}`;
const service = await startLocalService({ allowOrigins: [origin] });
const env = {
  ...process.env,
  NEXT_TELEMETRY_DISABLED: "1",
  NODE_ENV: "production" as const,
  OPENAI_API_KEY: key,
  OPENAI_BASE_URL: `http://127.0.0.1:${String(service.port)}/v1`,
  NEXT_PUBLIC_REALTIME_URL: service.wsUrl,
};
let server: ChildProcess | undefined;

try {
  await cp("examples/next", folder, { recursive: true, filter: (path) => !/node_modules|\.next/.test(path) });
  const archive = pack(folder);
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  const dependencies = { ...exact(manifest.dependencies), "rtvi-machine": `file:${archive}` };
  const devDependencies = exact(manifest.devDependencies);
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, dependencies, devDependencies }));
  await run("npm", ["install", "--include=dev", "--no-audit", "--no-fund"], folder, env);
  say(true, "it installs on its own");

  const next = resolve(folder, "node_modules/next/dist/bin/next");
  await run(process.execPath, [next, "build"], folder, env);
  say(true, "it builds");

  server = spawn(process.execPath, [next, "start", "--port", String(port)], { cwd: folder, env, stdio: "ignore" });
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: speaking(resolve("packages/testkit/fixtures/speech.wav")),
  });
  const page = await browser.newPage();
  const received: Promise<string>[] = [];
  page.on("response", (response) => {
    received.push(response.text().catch(() => ""));
  });
  const until = Date.now() + READY_MS;
  while (!(await page.goto(origin).catch(() => null)) && Date.now() < until) await page.waitForTimeout(200);
  await page.getByRole("button", { name: "Connect" }).click();
  await page.getByText("ready", { exact: true }).waitFor({ timeout: READY_MS });
  await page.getByText(/^[1-9]\d* messages$/).waitFor({ timeout: READY_MS });
  say(true, "the page opens a session, and the bot answers");
  const texts = await Promise.all(received);
  await browser.close();

  const root = join(folder, ".next/static");
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const built = await Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, "utf8") })));
  // So that a search through nothing does not pass.
  say(
    built.some(({ text }) => text.includes(service.wsUrl)),
    "the built page is found: it holds the public address",
  );
  const leaks = built
    .filter(({ text }) => text.includes(key) || text.includes("OPENAI_API_KEY"))
    .map(({ path }) => path);
  say(leaks.length === 0, "no key is in what is built for the page", leaks.join("\n"));
  say(
    texts.some((text) => text.includes("ek_")) && texts.every((text) => !text.includes(key)),
    "the page is given a secret that expires, and never the key",
  );
} catch (problem) {
  say(false, "Next.js", String(problem));
} finally {
  server?.kill();
  await service.close();
  await rm(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);
