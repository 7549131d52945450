import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { BenchBrowser } from "./browser.js";
import { measureSizes, PEER } from "./bundles.js";
import { type Effort, measureDownlink, measureIdle, measureOpening, measureRecording, measureUplink } from "./media.js";
import { Report } from "./report.js";

const USAGE = `npm run bench [-- --quick] [-- --only size,uplink,downlink,idle,opening,recording,codec]

  Measures this library beside ${PEER}, in one run.
  --only   some sections
  --quick  one short round: shows that everything can be measured, not how it compares`;

async function peerVersion(): Promise<string> {
  const file: unknown = JSON.parse(
    await readFile(new URL(`../node_modules/${PEER}/package.json`, import.meta.url), "utf8"),
  );
  const found = typeof file === "object" && file !== null && "version" in file ? file.version : undefined;
  return typeof found === "string" ? found : "of unknown version";
}

async function measureCodec(browser: BenchBrowser, report: Report, repeats: number): Promise<void> {
  for (const nativeBase64 of [true, false]) {
    const rows = await browser.inPage({ variant: "driver", nativeBase64 }, ({ page }) =>
      page.evaluate((times) => window.bench.codec(times), repeats),
    );
    const where = nativeBase64 ? "Codec" : "Codec, a browser without native base64";
    report.section(
      `${where}: ${repeats} repeats by turns, the peer's functions as published`,
      nativeBase64 ? rows : rows.filter(({ name }) => name.startsWith("base64")),
      nativeBase64
        ? ["float to PCM16: ours fills a buffer that the caller reuses, the peer's makes one each time."]
        : [],
    );
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: "boolean", default: false }, only: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help === true) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const effort: Effort = values.quick
    ? { rounds: 1, seconds: 2, recordingSeconds: 6 }
    : { rounds: 3, seconds: 5, recordingSeconds: 20 };
  const report = new Report();
  const browser = await BenchBrowser.launch();
  try {
    const processors = cpus();
    process.stdout.write(
      `Chromium ${browser.version}, node ${process.version}, ${processors.length} x ${processors[0]?.model ?? "unknown"}\n` +
        `peer: ${PEER} ${await peerVersion()}, its WavMediaManager\n` +
        "(its default, DailyMediaManager, needs Daily's servers; it records with the same chunking and plays with the same player)\n" +
        "Median (least..most, of 8 runs and more the middle half) of runs taken by turns. Less is better in every row; compare ratios, not absolutes.\n",
    );
    const sections = {
      size: () => measureSizes(report),
      uplink: () => measureUplink(browser, report, effort),
      downlink: () => measureDownlink(browser, report, effort),
      idle: () => measureIdle(browser, report, effort),
      opening: () => measureOpening(browser, report, effort),
      recording: () => measureRecording(browser, report, effort),
      codec: () => measureCodec(browser, report, values.quick ? 3 : 15),
    };
    const wanted = values.only?.split(",") ?? Object.keys(sections);
    for (const [name, measure] of Object.entries(sections)) {
      if (!wanted.includes(name)) continue;
      try {
        await measure();
      } catch (error) {
        report.failed(name, error);
      }
    }
  } finally {
    await browser.close();
  }
  if (!report.finish().complete) process.exitCode = 1;
}

await main();
