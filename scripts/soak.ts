/**
 * `npm run soak -- --minutes N`: a session that speaks both ways in Chromium, through a network that fails at random, and
 * what the page holds meanwhile. Exits 1 when contexts, sockets, timers, listeners or tracks grow or are left over.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { chromium } from "playwright";
import { startLocalService } from "rtvi-machine/local-service";
import { InspectedPage } from "../bench/browser.js";
import { FaultProxy } from "../test/faults/support/fault-proxy.js";
import { speaking } from "./browser-arguments.js";
import { ensureBrowser } from "./ensure-browser.js";
// Its declarations tell what `window.soak` is.
import type { SoakView } from "./soak/page.js";
import { trendOf } from "./soak/trend.js";
import { weather } from "./soak/weather.js";

const START_MS = 15_000;
const SAMPLE_MS = 10_000;
const FAULT_EVERY_MS = 20_000;
const MB = 1_000_000;
/** Compiling, caches and the first gusts, in samples. */
const WARM_UP = 3;
/** What must not grow, and by how much it may differ from one moment to the next. */
const HELD = { contexts: 0, sockets: 1, timers: 3, listeners: 2, tracks: 0, peers: 0 } as const;

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Sample extends SoakView {
  readonly minutes: number;
  readonly heapMb: number;
}

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

/** What grew from the first third of the samples to the last. */
function growth(samples: readonly Sample[]): string[] {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const most = (some: readonly Sample[], key: keyof typeof HELD): number => Math.max(...some.map((each) => each[key]));
  return (Object.keys(HELD) as (keyof typeof HELD)[]).flatMap((key) => {
    const [before, after] = [most(samples.slice(0, third), key), most(samples.slice(-third), key)];
    return after > before + HELD[key] ? [`${key} grew from ${before} to ${after}`] : [];
  });
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { minutes: { type: "string", default: "10" }, seed: { type: "string", default: "1" } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error("--minutes must be a number above 0.");
  const silent = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
  const service = await startLocalService({ logger: silent });
  const proxy = await FaultProxy.start(service.port, Number(values.seed));
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: speaking(fromHere("../test/fixtures/speech.wav")),
  });
  const calm = new AbortController();
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => say(`the page threw: ${error.stack ?? error.message}`));
    await page.route("http://localhost/", (route) =>
      route.fulfill({ contentType: "text/html", body: "<!doctype html>" }),
    );
    await page.goto("http://localhost/");
    await page.addScriptTag({ content: await pageScript() });
    const inspected = await InspectedPage.attach(page);
    await Promise.race([page.evaluate((url) => window.soak.start(url), proxy.via(service.wsUrl)), sleep(START_MS)]);
    const begun = await page.evaluate(() => window.soak.look());
    if (begun.state !== "ready") throw new Error(`The session did not begin: ${begun.state} ${begun.failed}`);

    say(`soak: ${minutes} min, seed ${values.seed}, Chromium ${browser.version()}`);
    say(
      "  min   heap MB  contexts sockets timers listeners tracks  recovered restarted  turns user/bot  longest gap  faults",
    );
    const faults: string[] = [];
    const storm = weather(proxy, Number(values.seed), FAULT_EVERY_MS, calm.signal, (name) => faults.push(name));
    const samples: Sample[] = [];
    const from = performance.now();
    for (let next = SAMPLE_MS; next <= minutes * 60_000; next += SAMPLE_MS) {
      await sleep(Math.max(0, from + next - performance.now()));
      const heapMb = (await inspected.retained()) / MB;
      const view = await page.evaluate(() => window.soak.look());
      const sample = { ...view, heapMb, minutes: next / 60_000 };
      samples.push(sample);
      if (next % 60_000 !== 0 && next + SAMPLE_MS <= minutes * 60_000) continue;
      say(row(sample, proxy.flow.up.longestGapMs, faults.splice(0)));
      proxy.flow.up.restart();
    }
    calm.abort();
    await storm;
    await proxy.heal();
    const left = await page.evaluate(() => window.soak.stop());
    return verdict(samples, left);
  } finally {
    calm.abort();
    await browser.close();
    await proxy.close();
    await service.close();
  }
}

function row(sample: Sample, gapMs: number, faults: readonly string[]): string {
  const { heapMb, contexts, sockets, timers, listeners, tracks, recoveries, restarts, userTurns, botTurns } = sample;
  const cells: readonly (readonly [string | number, number])[] = [
    [sample.minutes.toFixed(1), 5],
    [heapMb.toFixed(2), 10],
    [contexts, 9],
    [sockets, 8],
    [timers, 7],
    [listeners, 10],
    [tracks, 7],
    [recoveries, 11],
    [restarts, 10],
    [`${userTurns}/${botTurns}`, 16],
    [`${gapMs.toFixed(0)} ms`, 13],
  ];
  return `${cells.map(([text, width]) => String(text).padStart(width)).join("")}  ${faults.join(", ")}`;
}

function verdict(samples: readonly Sample[], left: SoakView): boolean {
  const settled = samples.length > WARM_UP + 3 ? samples.slice(WARM_UP) : samples;
  const { slope, margin } = trendOf(settled.map(({ minutes, heapMb }) => [minutes, heapMb] as const));
  const problems = growth(samples);
  for (const key of Object.keys(HELD) as (keyof typeof HELD)[]) {
    if (left[key] > 0) problems.push(`${left[key]} ${key} left after disconnect()`);
  }
  if (samples.at(-1)?.botTurns === 0) problems.push("the bot was never heard");
  say(`heap: ${slope.toFixed(3)} MB/min ± ${margin.toFixed(3)} (95 %, ${settled.length} samples after collection)`);
  say(problems.length === 0 ? "verdict: nothing grew, nothing is left" : `verdict: ${problems.join("; ")}`);
  return problems.length === 0;
}

if (!(await main())) process.exitCode = 1;
