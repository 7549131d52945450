import { createServer as createSocket, type AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright";
import { createServer, type Plugin } from "vite";
import type { TestContext } from "vitest";
import { speaking } from "../../tools/browser-arguments.js";
import { ensureBrowser } from "../../tools/ensure-browser.js";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The package by its name, from its sources. */
const FROM_SOURCES = [
  { find: /^rtvi-machine$/, replacement: fromRoot("src/index.ts") },
  { find: /^rtvi-machine\/dialogue$/, replacement: fromRoot("src/dialogue/index.ts") },
  { find: /^rtvi-machine\/(openai|gemini|pipecat)$/, replacement: fromRoot("src/providers/$1/index.ts") },
];

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** A page in a browser whose microphone plays a recording, with what it wrote to its console. */
export interface OpenPage {
  readonly page: Page;
  readonly lines: string[];
}

/** Opens a browser on nothing; it is closed as the test ends. What the page throws fails the test. */
export async function openBrowser({ onTestFinished, task }: TestContext): Promise<OpenPage> {
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: [...speaking(fromRoot("packages/testkit/fixtures/speech.wav")), "--allow-loopback-in-peer-connection"],
  });
  const page = await browser.newPage();
  const lines: string[] = [];
  const thrown: Error[] = [];
  page.on("console", (message) => void lines.push(message.text()));
  page.on("pageerror", (error) => void thrown.push(error));
  page.on("framenavigated", (frame) => void lines.push(`(at ${frame.url()})`));
  onTestFinished(async () => {
    // What a person would see of it.
    if (task.result?.state === "fail") console.error(await page.locator("body").innerText(), lines);
    await browser.close();
    if (thrown[0]) throw thrown[0];
  });
  return { page, lines };
}

/**
 * Serves a folder as its example does, on the sources of this library, and opens it.
 * @param query what follows the address
 * @param before runs in the page before its scripts
 */
export async function openPage(
  test: TestContext,
  folder: string,
  port: number,
  plugins: Plugin[] = [],
  query = "",
  before: () => void = () => undefined,
): Promise<OpenPage> {
  const cacheDir = await mkdtemp(join(tmpdir(), "rtvi-machine-example-"));
  const server = await createServer({
    configFile: false,
    root: fromRoot(folder),
    cacheDir,
    logLevel: "error",
    plugins,
    resolve: { alias: FROM_SOURCES },
    server: { host: "127.0.0.1", port, strictPort: true, fs: { allow: [fromRoot(".")] } },
  });
  await server.listen();
  test.onTestFinished(async () => {
    await server.close();
    await rm(cacheDir, { recursive: true, force: true });
  });
  const opened = await openBrowser(test);
  await opened.page.addInitScript(before);
  await opened.page.goto(`http://127.0.0.1:${String(port)}/${query}`);
  return opened;
}
