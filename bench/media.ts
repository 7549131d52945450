import { setTimeout as sleep } from "node:timers/promises";
import type { BenchBrowser, InspectedPage } from "./browser.js";
import type { Variant } from "./page.js";
import type { AddedRow, Report, Row } from "./report.js";

export interface Effort {
  readonly rounds: number;
  /** Length of a measurement. */
  readonly seconds: number;
  /** How long to record before looking at what is kept: `seconds` and 4 more, at least. */
  readonly recordingSeconds: number;
}

type Values = Record<string, number>;

/** Calls `measure` for each variant in each round, the other way round in every second one. */
async function interleave<V extends Variant>(
  variants: readonly V[],
  rounds: number,
  measure: (variant: V) => Promise<Values>,
): Promise<Map<V, Values[]>> {
  const results = new Map(variants.map((variant): [V, Values[]] => [variant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      results.get(variant)?.push(await measure(variant));
    }
  }
  return results;
}

/** CPU ms of the main thread and of the renderer's process while `run` runs. */
async function cpuOf(page: InspectedPage, run: () => Promise<unknown>): Promise<{ main: number; process: number }> {
  const before = await page.cpuTime();
  await run();
  const after = await page.cpuTime();
  return { main: after.mainThread - before.mainThread, process: after.process - before.process };
}

const pick = (values: readonly Values[] | undefined, key: string): number[] =>
  (values ?? []).map((each) => each[key] ?? Number.NaN);

/** Section 2: what recording costs. */
export async function measureUplink(browser: BenchBrowser, report: Report, effort: Effort): Promise<void> {
  const { rounds, seconds, recordingSeconds } = effort;
  const variants = ["ours", "peer-960", "peer-8192"] as const;
  const results = await interleave(variants, rounds, (variant) =>
    browser.inPage({ variant, uplink: true }, async (inspected) => {
      const atFirst = await inspected.retained();
      const cpu = await cpuOf(inspected, () => sleep(seconds * 1000));
      const posts = await inspected.page.evaluate(() => window.bench.countPosts(2000));
      const heap = await inspected.allocated(() => sleep(2000));
      await sleep((recordingSeconds - seconds - 4) * 1000);
      const kept = (await inspected.retained()) - atFirst;
      return { main: cpu.main / seconds, process: cpu.process / seconds, posts, heap: heap / 2000, kept: kept / 1000 };
    }),
  );
  const rows = (["peer-960", "peer-8192"] as const).flatMap((peer): Row[] => {
    const row = (name: string, unit: string, key: string): Row => {
      return {
        name: `${name} (${peer})`,
        unit,
        ours: pick(results.get("ours"), key),
        peer: pick(results.get(peer), key),
      };
    };
    return [
      row("main thread CPU", "ms/s", "main"),
      row("renderer process CPU", "ms/s", "process"),
      row("posts to the main thread", "1/s", "posts"),
      row("JS heap allocated", "kB/s", "heap"),
      row(`memory kept after ${recordingSeconds} s`, "kB", "kept"),
    ];
  });
  report.section("Uplink: fake microphone, ours at 20 ms (960 B) against the peer at 960 B and at 8192 B", rows, [
    "8192 B (171 ms) is the peer's default; ours posts 50 chunks and 10 levels a second. No socket, no base64 here.",
    "JS heap: page only, contents of ArrayBuffers not counted. Memory kept: page and worklets, after a collection.",
  ]);
}

const IDLE = ["muted", "idle"] as const;
/** What a page does after it was opened (garbage, compiling) takes so long to end. */
const SETTLE_MS = 10_000;

/** Section: what a microphone costs that nobody speaks into. */
export async function measureIdle(browser: BenchBrowser, report: Report, { rounds, seconds }: Effort): Promise<void> {
  const variants = ["ours", "peer-8192", "driver"] as const;
  const rows: Row[] = [];
  const floors: string[] = [];
  for (const state of IDLE) {
    const results = await interleave(variants, rounds, (variant) =>
      browser.inPage({ variant, uplink: state === "muted" && variant !== "driver" }, async (inspected) => {
        await inspected.page.evaluate((how) => (how === "muted" ? window.bench.mute() : window.bench.hush()), state);
        await sleep(SETTLE_MS);
        const { main } = await cpuOf(inspected, () => sleep(seconds * 1000));
        return { main: main / seconds };
      }),
    );
    const name = state === "muted" ? "muted, in a session" : "open and silent, no session";
    rows.push({
      name: `${name}: main thread CPU`,
      unit: "ms/s",
      ours: pick(results.get("ours"), "main"),
      peer: pick(results.get("peer-8192"), "main"),
    });
    floors.push(
      pick(results.get("driver"), "main")
        .map((value) => value.toFixed(2))
        .join(", "),
    );
  }
  report.section("Idle microphone", rows, [`A page without either took ${floors.join("; ")} ms/s, which is in both.`]);
}

/** Section: what the user waits for before a page's first session. */
export async function measureOpening(browser: BenchBrowser, report: Report, { rounds }: Effort): Promise<void> {
  const results = await interleave(["ours", "peer-8192"], rounds * 3, (variant) =>
    browser.inPage({ variant: "driver" }, ({ page }) =>
      page.evaluate((which) => window.bench.firstConnect(which), variant),
    ),
  );
  const row = (name: string, key: string): Row => {
    return { name, unit: "ms", ours: pick(results.get("ours"), key), peer: pick(results.get("peer-8192"), key) };
  };
  report.section(
    "Cold opening: the first connect() of a page, Gemini's transports",
    [row("to the state initializing", "initializing"), row("to the request for the socket", "request")],
    ["Devices come first in both, as client-js has it. The socket never opens; the microphone is Chromium's fake one."],
  );
}

/** So many seconds of talk have more than one turn in them. */
const TALK_SECONDS = 20;

/** Section: what the flight recorder adds to a session that talks. */
export async function measureRecording(browser: BenchBrowser, report: Report, effort: Effort): Promise<void> {
  const { rounds, recordingSeconds } = effort;
  const seconds = Math.min(TALK_SECONDS, recordingSeconds);
  const runs: Record<"without" | "with", Values[]> = { without: [], with: [] };
  for (let round = 0; round < rounds; round += 1) {
    const order = ["without", "with"] as const;
    for (const how of round % 2 === 0 ? order : order.toReversed()) {
      const values = await browser.inPage({ variant: "driver" }, async (inspected) => {
        await inspected.page.evaluate((isRecorded) => window.bench.talk(isRecorded), how === "with");
        await sleep(SETTLE_MS);
        const size = (): Promise<number> => inspected.page.evaluate(() => window.bench.recordingSize());
        const atFirst = await size();
        const { main, process } = await cpuOf(inspected, () => sleep(seconds * 1000));
        const file = ((await size()) - atFirst) / 1_000;
        return { main: main / seconds, process: process / seconds, file: (file * 60) / seconds };
      });
      runs[how].push(values);
    }
  }
  const row = (name: string, unit: string, key: string, times = 1): AddedRow => {
    const of = (how: "without" | "with"): number[] => pick(runs[how], key).map((value) => value * times);
    return { name, unit, without: of("without"), with: of("with") };
  };
  report.added(
    "Flight recorder: ten turns of user and bot a minute over a WebSocket, microphone and player as they are",
    [
      row("main thread CPU", "ms per s of talk", "main"),
      row("main thread CPU", "% of a core", "main", 0.1),
      row("renderer process CPU", "ms per s of talk", "process"),
      row("the recording", "kB per minute", "file"),
    ],
    ["`with` has what `without` has, and the recorder. The service is in the page and is in both."],
  );
}

const FLOOD = { count: 600, bytes: 4800, ms: 2000 };
const FLOOD_SECONDS = 60;

/** Section 3: what playing costs, and what of it is heard. */
export async function measureDownlink(browser: BenchBrowser, report: Report, effort: Effort): Promise<void> {
  const { rounds, seconds } = effort;
  const variants = ["ours", "peer-8192", "driver"] as const;
  const results = await interleave(variants, rounds, (variant) =>
    browser.inPage({ variant }, async (inspected) => {
      let tasks = 0;
      const flood = await cpuOf(inspected, async () => {
        tasks = await inspected.page.evaluate(({ count, bytes, ms }) => window.bench.flood(count, bytes, ms), FLOOD);
      });
      const playing = await cpuOf(inspected, () => sleep(seconds * 1000));
      return {
        main: flood.main / FLOOD_SECONDS,
        process: flood.process / FLOOD_SECONDS,
        tasks,
        playing: playing.main / seconds,
        rendering: playing.process / seconds,
      };
    }),
  );
  const tail = await interleave(["ours", "peer-8192"], 1, (variant) =>
    browser.inPage({ variant }, async ({ page }) => ({ lost: await page.evaluate(() => window.bench.tailLoss(480)) })),
  );
  const row = (name: string, unit: string, key: string): Row => {
    return { name, unit, ours: pick(results.get("ours"), key), peer: pick(results.get("peer-8192"), key) };
  };
  const driver = pick(results.get("driver"), "main").map((value) => value.toFixed(2));
  report.section(
    "Downlink: 60 s of audio in 2 s (600 x 4800 B), then playing it",
    [
      row("flood: main thread CPU", "ms per s of audio", "main"),
      row("flood: renderer process CPU", "ms per s of audio", "process"),
      row("flood: long tasks", "tasks", "tasks"),
      row("playing: main thread CPU", "ms/s", "playing"),
      row("playing: renderer process CPU", "ms/s", "rendering"),
      {
        name: "lone 960 B chunk: samples never played",
        unit: "of 480",
        ours: pick(tail.get("ours"), "lost"),
        peer: pick(tail.get("peer-8192"), "lost"),
        exact: true,
      },
    ],
    [
      `The driver alone took ${driver.join(", ")} ms per s of audio, which is in both.`,
      "While playing, ours reports progress and level ten times a second each; the peer's player reports nothing.",
    ],
  );
}
