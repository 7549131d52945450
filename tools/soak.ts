/**
 * `npm run soak -- --minutes N [--service <name>]`: a session that speaks both ways in Chromium, through a network that fails at random, and
 * what the page holds meanwhile. Exits 1 when contexts, sockets, timers, listeners or tracks grow or are left over.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium } from "playwright";
import { startLocalService, type LocalService } from "@rtvi-machine/local-service";
import { InspectedPage } from "../bench/browser.js";
import type { Flow } from "../packages/testkit/src/faults/network/flow.js";
import { speaking } from "./browser-arguments.js";
import { ensureBrowser } from "./ensure-browser.js";
import { callLine, socketLine, type Line } from "./soak/line.js";
// Its declarations tell what `window.soak` is.
import type { SoakService } from "./soak/page.js";
import { verdictOf, type Sample } from "./soak/verdict.js";
import { weather } from "./soak/weather.js";

const START_MS = 15_000;
const SAMPLE_MS = 10_000;
const FAULT_EVERY_MS = 20_000;
const MB = 1_000_000;
/** For minutes V8 compiles what is hot, and keeps the code in the heap: growth that is none. Nothing here needs speed. */
const INTERPRETED = "--js-flags=--no-opt --no-maglev --no-sparkplug";
const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

async function pageScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fromHere("soak/page.ts")],
    alias: { "vitest/browser": fromHere("soak/no-vitest.ts"), vitest: fromHere("soak/no-vitest.ts") },
    tsconfig: fromHere("../tsconfig.json"),
    bundle: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  return outputFiles.map(({ text }) => text).join("");
}

/** A real page on this machine: one that Playwright makes up has no address, and Chromium lets it dial no loopback. */
async function emptySite(): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html").end("<!doctype html>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What each service is reached over. */
const SERVICES: Readonly<Record<SoakService, (service: LocalService, seed: number) => Promise<Line>>> = {
  "openai-websocket": (service, seed) => socketLine(service, service.wsUrl, seed),
  "openai-webrtc": callLine,
  gemini: (service, seed) => socketLine(service, service.geminiUrl, seed),
  pipecat: (service, seed) => socketLine(service, `ws://127.0.0.1:${service.port}/ws-client`, seed),
};

const isService = (name: string): name is SoakService => Object.hasOwn(SERVICES, name);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: "1" },
      service: { type: "string", default: "openai-websocket" },
    },
  });
  const name = values.service;
  if (!isService(name)) throw new Error(`--service is one of ${Object.keys(SERVICES).join(", ")}.`);
  const seed = Number(values.seed);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error("--minutes must be a number above 0.");
  const silent = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
  const site = await emptySite();
  const service = await startLocalService({ logger: silent, allowOrigins: [new URL(site.url).origin] });
  const line = await SERVICES[name](service, seed);
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: [...speaking(fromHere("../packages/testkit/fixtures/speech.wav")), INTERPRETED],
  });
  const calm = new AbortController();
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => say(`the page threw: ${error.stack ?? error.message}`));
    await page.goto(site.url);
    await page.addScriptTag({ content: await pageScript() });
    const inspected = await InspectedPage.attach(page);
    const before = await page.evaluate(() => window.soak.look());
    await Promise.race([
      page.evaluate(([name, url]) => window.soak.start(name, url), [name, line.url] as const),
      sleep(START_MS),
    ]);
    const begun = await page.evaluate(() => window.soak.look());
    if (begun.state !== "ready") throw new Error(`The session did not begin: ${begun.state} ${begun.failed}`);

    say(`soak: ${name}, ${minutes} min, seed ${seed}, Chromium ${browser.version()}`);
    say(HEAD);
    const faults: string[] = [];
    const storm = weather(line.gusts, seed, FAULT_EVERY_MS, calm.signal, (gust) => faults.push(gust));
    const samples: Sample[] = [];
    const from = performance.now();
    for (let next = SAMPLE_MS; next <= minutes * 60_000; next += SAMPLE_MS) {
      await sleep(Math.max(0, from + next - performance.now()));
      const heapMb = (await inspected.retained()) / MB;
      const view = await page.evaluate(() => window.soak.look());
      const sample = { ...view, heapMb, minutes: next / 60_000 };
      samples.push(sample);
      if (next % 60_000 !== 0 && next + SAMPLE_MS <= minutes * 60_000) continue;
      say(row(sample, line.sound, faults.splice(0)));
      line.sound.restart();
    }
    calm.abort();
    await storm;
    await line.heal();
    const left = await page.evaluate(() => window.soak.stop());
    const { lines, problems } = verdictOf(before, samples, left);
    for (const each of lines) say(each);
    say(problems.length === 0 ? "verdict: nothing grew, nothing is left" : `verdict: ${problems.join("; ")}`);
    return problems.length === 0;
  } finally {
    calm.abort();
    await browser.close();
    site.close();
    await line.close();
    await service.close();
  }
}

const COLUMNS = ["min", "heap MB", "contexts", "sockets", "peers", "timers", "listeners", "tracks"] as const;
const MORE = ["recovered", "restarted", "user turns", "bot turns", "gaps > 0.25 s", "longest gap"] as const;

const HEAD = `${[...COLUMNS, ...MORE].map((name) => name.padStart(name.length + 2)).join("")}  faults`;

function row(sample: Sample, sound: Flow, faults: readonly string[]): string {
  const { minutes, heapMb, contexts, sockets, peers, timers, listeners, tracks } = sample;
  const { recoveries, restarts, userTurns, botTurns } = sample;
  const held = [minutes.toFixed(1), heapMb.toFixed(2), contexts, sockets, peers, timers, listeners, tracks];
  const happened = [recoveries, restarts, userTurns, botTurns, sound.gaps, `${sound.longestGapMs.toFixed(0)} ms`];
  const widths = [...COLUMNS, ...MORE].map((name) => name.length + 2);
  const cells = [...held, ...happened].map((cell, at) => String(cell).padStart(widths[at] ?? 0));
  return `${cells.join("")}  ${faults.length === 0 ? "none" : `${faults.length}: ${faults.join(", ")}`}`;
}

if (!(await main())) process.exitCode = 1;
