/**
 * `npm run picture`: the moving picture of README, from the voice console in a headless Chromium whose microphone plays recorded
 * speech. The network is cut while the bot speaks, and restored. With `-- --screens`, pictures of the console at desktop and phone width, dark
 * and light, in `demo-output/`, to look at.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DEFAULT_SERVICE } from "./demo/backing.js";
import { Report } from "./demo/report.js";
import { cut, utterances } from "./demo/sound.js";
import { RECORDING, setStage, WORDS, type Stage } from "./demo/stage.js";
import { readWav, writeWav } from "./demo/wav.js";
import { animatedPng, type Frame } from "./picture/apng.js";

const PICTURE = fileURLToPath(new URL("../docs/images/recovery.png", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../demo-output", import.meta.url));
const LARGEST_BYTES = 3_000_000;

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** As wide as README shows it; as high as what happens needs. */
const FILMED = { width: 1120, height: 660 };
const FRAME_MS = 125;
const LAST_FRAME_MS = 2_000;
const UNTIL_MS = 25_000;

/** Into the sentence; how long the network is away; how much is shown of what follows. */
const IN_MID_SENTENCE_MS = 900;
const CUT_MS = 1_800;
const OF_THE_ANSWER_MS = 2_200;

/** Time for the bot to answer, to be cut and to come back; and to answer once more, to the end. */
const PAUSES_S = [4.6, 12];

/** The first two utterances of the recording, each with room for an answer. */
async function writeWords(path: string): Promise<void> {
  const recording = await readWav(RECORDING);
  const pieces = PAUSES_S.flatMap((pause, index) => {
    const words = utterances(recording)[index];
    if (!words) throw new Error("The recording has fewer utterances than pauses.");
    return [cut(recording, words).samples, new Float32Array(pause * recording.rate)];
  });
  const samples = Float32Array.from(pieces.flatMap((piece) => [...piece]));
  await writeWav(path, { samples, rate: recording.rate });
}

/** Takes pictures of the page until told to stop. */
class Camera {
  readonly frames: Frame[] = [];
  #filming = true;
  readonly #film: Promise<void>;

  constructor({ page }: Stage) {
    this.#film = (async () => {
      while (this.#filming) {
        const began = Date.now();
        const png = await page.screenshot();
        await sleep(Math.max(0, began + FRAME_MS - Date.now()));
        this.frames.push({ png, ms: Date.now() - began });
      }
    })();
  }

  async stop(): Promise<void> {
    this.#filming = false;
    await this.#film;
    const last = this.frames.pop();
    if (last) this.frames.push({ ...last, ms: LAST_FRAME_MS });
  }
}

async function film(report: Report): Promise<void> {
  const script = WORDS.map((heard) => ({ heard }));
  const folder = await mkdtemp(join(tmpdir(), "rtvi-machine-picture-"));
  const recording = join(folder, "words.wav");
  await writeWords(recording);
  const play = { script, greet: false, recording };
  const stage = await setStage(report, { service: DEFAULT_SERVICE, headed: false, fault: undefined }, play);
  const { page, watch } = stage;
  await page.setViewportSize(FILMED);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  const botSpoke = (times: number) => () => watch.count("botStartedSpeaking", 0) >= times;

  await page.click("#connect");
  await watch.until("the user speaks", () => watch.count("userStartedSpeaking", 0) > 0, UNTIL_MS);
  const camera = new Camera(stage);
  await watch.until("the bot answers", botSpoke(1), UNTIL_MS);
  await sleep(IN_MID_SENTENCE_MS);
  await page.click("#network");
  // The service counts its script from the start on each connection; the recording goes on.
  script.shift();
  await sleep(CUT_MS);
  await page.click("#network");
  await watch.until("ready again", () => watch.state === "ready", UNTIL_MS);
  await watch.until("the bot answers again", botSpoke(2), UNTIL_MS);
  await sleep(OF_THE_ANSWER_MS);
  await camera.stop();
  await stage.close();
  await rm(folder, { recursive: true });

  const picture = animatedPng(camera.frames);
  const seconds = camera.frames.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  report.check(
    picture.length < LARGEST_BYTES,
    `${String(camera.frames.length)} frames, ${seconds.toFixed(1)} s, ${String(Math.round(picture.length / 1000))} kB (at most 3000)`,
  );
  await writeFile(PICTURE, picture);
  report.saved(["docs/images/recovery.png"]);
}

async function takeScreens(report: Report): Promise<void> {
  await mkdir(OUTPUT, { recursive: true });
  const stage = await setStage(report, { service: DEFAULT_SERVICE, headed: false, fault: undefined });
  const { page, watch } = stage;
  const files: string[] = [];
  const take = async (moment: string): Promise<void> => {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
        await page.setViewportSize(viewport);
        const file = `${moment}-${size}-${colorScheme}.png`;
        await page.screenshot({ path: `${OUTPUT}/${file}`, fullPage: true });
        files.push(`demo-output/${file}`);
      }
    }
  };
  await take("open");
  await page.click("#connect");
  await watch.until("an answer", () => watch.count("botStoppedSpeaking", 0) > 0, UNTIL_MS);
  await take("talking");
  await page.click("#network");
  await sleep(500);
  await take("cut");
  await stage.close();
  report.saved(files);
}

const report = new Report();
report.heading("rtvi-machine: pictures");
await (process.argv.includes("--screens") ? takeScreens(report) : film(report));
report.close();
process.exit(report.failures.length === 0 ? 0 : 1);
