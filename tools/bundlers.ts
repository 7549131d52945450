/**
 * Installs the packed library into apps as their authors would, and opens a session with the local service in each: bundled by Vite,
 * webpack and esbuild in Chromium, and in plain Node, by `import` and by `require`. Then looks at what is in the package.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startLocalService } from "@rtvi-machine/local-service";
import { build as esbuild } from "esbuild";
import { chromium } from "playwright";
import { build as vite } from "vite";
import webpack from "webpack";
import { speaking } from "./browser-arguments.js";
import { ensureBrowser } from "./ensure-browser.js";
import { entries, installPacked } from "./package/packed.js";

const READY_MS = 15_000;
/** Unpacked, in two formats with types for both; CONTRIBUTING.md says what it is made of. */
const MOST_BYTES = 2_200_000;
const BELONGS =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/rtvi-machine-replay\.js|dist\/.+\.(js|cjs|d\.ts|d\.cts))$/;

/** Says in the page's title how far it came, and which errors have lost their name. Uses every entry, so that each is resolved. */
const appCode = (imports: readonly string[]): string => `
import { PipecatClient } from "@pipecat-ai/client-js";
import { OpenAIRealTimeWebSocketTransport } from "rtvi-machine/openai";
${imports.map((name, index) => `import * as entry${String(index)} from "${name}";`).join("\n")}
globalThis.entries = [${imports.map((_, index) => `entry${String(index)}`).join(", ")}];
const base_url = new URLSearchParams(location.search).get("service");
const transport = new OpenAIRealTimeWebSocketTransport({ api_key: "local", base_url });
const isError = ([name, value]) => name.endsWith("Error") && typeof value === "function" && name !== "isRtviMachineError";
const classes = globalThis.entries.flatMap((entry) => Object.entries(entry).filter(isError));
globalThis.renamed = classes.filter(([name, Class]) => new Class("m").name !== name || !String(new Class("m")).startsWith(name));
globalThis.errors = classes.map(([name]) => name);
const callbacks = { onTransportStateChanged: (state) => (document.title = state) };
new PipecatClient({ transport, enableMic: true, callbacks }).connect().catch((error) => (document.title = String(error)));
`;

const nodeCode = (load: (name: string) => string, imports: readonly string[]): string => `
globalThis.window = Object.assign(new EventTarget(), { navigator: { onLine: true } });
const { PipecatClient } = ${load("@pipecat-ai/client-js")};
const { OpenAIRealTimeWebSocketTransport } = ${load("rtvi-machine/openai")};
const { ScriptedMediaManager } = ${load("rtvi-machine/testing")};
const { WebSocket } = ${load("ws")};
const { RtviMachineError } = ${load("rtvi-machine")};
${imports.map((name) => `if (Object.keys(${load(name)}).length === 0) throw new Error("${name} is empty");`).join("\n")}
const open = async () => {
  const options = { api_key: "local", base_url: process.argv[2] };
  const transport = new OpenAIRealTimeWebSocketTransport(options, new ScriptedMediaManager(), { WebSocket });
  const client = new PipecatClient({ transport });
  await client.connect();
  const state = client.state;
  await client.disconnect();
  const refused = await new PipecatClient({
    transport: new OpenAIRealTimeWebSocketTransport({ ...options, api_key: "" }, new ScriptedMediaManager(), { WebSocket }),
  }).connect().catch((error) => error);
  if (!(refused instanceof RtviMachineError)) throw new Error("an error of one entry is none of another's");
  console.log(state);
};
open().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
`;

let failed = 0;
const say = (ok: boolean, what: string, output = ""): void => {
  if (!ok) failed += 1;
  process.stdout.write(`${ok ? "ok  " : "FAIL"} ${what}${ok ? "" : `\n${output}`}\n`);
};

const { folder, library, remove } = await installPacked();
const site = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const isPage = !pathname.endsWith(".js");
  const type = isPage ? "text/html" : "text/javascript";
  const body = isPage
    ? Promise.resolve(`<!doctype html><script type="module" src="${pathname}.js"></script>`)
    : readFile(join(folder, "out", pathname));
  body.then(
    (text) => response.writeHead(200, { "Content-Type": type }).end(text),
    () => response.writeHead(404).end(),
  );
});
await new Promise<void>((listening) => site.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}`;
const service = await startLocalService({ allowOrigins: [origin] });

/** Bundles `app.mjs` into `out/<name>.js`. */
const BUNDLERS: Readonly<Record<string, (entry: string, name: string) => Promise<unknown>>> = {
  vite: (entry, name) =>
    vite({
      configFile: false,
      root: folder,
      logLevel: "error",
      build: {
        outDir: join(folder, "out"),
        emptyOutDir: false,
        minify: true,
        lib: { entry, formats: ["es"], fileName: () => `${name}.js` },
      },
      define: { "process.env.NODE_ENV": '"production"' },
    }),
  webpack: (entry, name) =>
    new Promise((settle, reject) => {
      webpack(
        {
          mode: "production",
          context: folder,
          entry,
          performance: false,
          output: { path: join(folder, "out"), filename: `${name}.js` },
        },
        (error, stats) => {
          if (error) reject(error);
          else if (stats?.hasErrors() === true) reject(new Error(stats.toString({ all: false, errors: true })));
          else settle(undefined);
        },
      );
    }),
  esbuild: (entry, name) =>
    esbuild({
      entryPoints: [entry],
      bundle: true,
      format: "esm",
      outfile: join(folder, "out", `${name}.js`),
      logLevel: "silent",
      minify: true,
    }),
};

try {
  const imports = await entries();
  const entry = join(folder, "app.mjs");
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "app", private: true }));
  // The optional peer is there for whoever asks for it; an app that does not must build without.
  await writeFile(entry, appCode(imports.filter((name) => !name.endsWith("/inspect"))));
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: speaking(resolve("packages/testkit/fixtures/speech.wav")),
  });
  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    try {
      await bundle(entry, name);
      const page = await browser.newPage();
      await page.goto(`${origin}/${name}?service=${encodeURIComponent(service.wsUrl)}`);
      await page.waitForFunction(() => document.title === "ready", undefined, { timeout: READY_MS });
      say(true, `${name}: a session is ready`);
      const { errors, renamed } = await page.evaluate(() => ({
        errors: (Reflect.get(globalThis, "errors") as string[]).length,
        renamed: (Reflect.get(globalThis, "renamed") as [string][]).map(([error]) => error),
      }));
      await page.close();
      const isMinified = !(await readFile(join(folder, "out", `${name}.js`), "utf8")).includes(
        "class ConnectionLostError",
      );
      const complaint = `${String(errors)} errors, renamed: ${renamed.join(", ")}; minified: ${String(isMinified)}`;
      say(errors > 15 && renamed.length === 0 && isMinified, `${name}: errors keep their names, minified`, complaint);
    } catch (problem) {
      say(false, `${name}: a session is ready`, String(problem));
    }
  }
  await browser.close();

  const ways = {
    "import.mjs": (name: string) => `await import("${name}")`,
    "require.cjs": (name: string) => `require("${name}")`,
  };
  for (const [file, load] of Object.entries(ways)) {
    await writeFile(join(folder, file), nodeCode(load, imports));
    // Not in step: the service answers in this process.
    const ran = promisify(execFile)(process.execPath, [join(folder, file), service.wsUrl], { cwd: folder });
    const { stdout } = await ran.catch((problem: unknown) => ({ stdout: String(problem) }));
    say(stdout.trimEnd().endsWith("ready"), `Node, ${file}: a session is ready`, stdout);
  }

  const files = await readdir(library, { recursive: true, withFileTypes: true });
  const paths = files.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const strange = paths.map((path) => path.slice(library.length + 1)).filter((path) => !BELONGS.test(path));
  say(strange.length === 0, "the package holds what a user needs", strange.join("\n"));
  say(
    bytes <= MOST_BYTES,
    `the package has ${String(Math.round(bytes / 1000))} kB, at most ${String(MOST_BYTES / 1000)}`,
  );
} finally {
  await service.close();
  site.closeAllConnections();
  site.close();
  await remove();
}
process.exit(failed === 0 ? 0 : 1);
