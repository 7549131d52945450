/**
 * `npm run picture`: the moving picture of README, from the voice console in a headless Chromium whose microphone plays recorded
 * speech. The network is cut while the bot speaks, and restored. Then the inspector as documents show it. With `-- --screens`, pictures of the console at desktop and phone width, dark
 * and light, in `demo-output/`, to look at.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { CDPSession } from "playwright";
import { DEFAULT_SERVICE } from "./demo/backing.js";
import { Report } from "./demo/report.js";
import { cut, utterances } from "./demo/sound.js";
import { RECORDING, setStage, WORDS, type Stage } from "./demo/stage.js";
import { readWav, writeWav } from "./demo/wav.js";
import { animatedPng, type Frame } from "./picture/apng.js";

const IMAGES = fileURLToPath(new URL("../docs/images", import.meta.url));
const OUTPUT = fileURLToPath(new URL("../demo-output", import.meta.url));
const LARGEST_BYTES = 3_000_000;

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** As wide as README shows it; as high as the conversation and the chart beside it need. */
const FILMED = { width: 1120, height: 790 };
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

/** Takes the pictures that the page's compositor makes, at most one in each `FRAME_MS`, until told to stop. */
class Camera {
  readonly #pictures: { readonly png: Buffer; readonly at: number }[] = [];
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on("Page.screencastFrame", ({ data, metadata, sessionId }) => {
      const at = (metadata.timestamp ?? 0) * 1000;
      const last = this.#pictures.at(-1);
      const png = Buffer.from(data, "base64");
      if (last && at - last.at < FRAME_MS) this.#pictures.splice(-1, 1, { png, at: last.at });
      else this.#pictures.push({ png, at });
      // The session is detached while frames are on their way.
      session.send("Page.screencastFrameAck", { sessionId }).catch(() => undefined);
    });
  }

  static async start({ page }: Stage): Promise<Camera> {
    const session = await page.context().newCDPSession(page);
    const camera = new Camera(session);
    await session.send("Page.startScreencast", { format: "png" });
    return camera;
  }

  async stop(): Promise<readonly Frame[]> {
    await this.#session.send("Page.stopScreencast");
    await this.#session.detach();
    return this.#pictures.map(({ png, at }, index) => {
      const next = this.#pictures[index + 1];
      return { png, ms: next ? next.at - at : LAST_FRAME_MS };
    });
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
  const camera = await Camera.start(stage);
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
  const frames = await camera.stop();
  const stills = await takeInspector(stage);
  await stage.close();
  await rm(folder, { recursive: true });

  const picture = animatedPng(frames);
  const seconds = frames.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  report.check(
    picture.length < LARGEST_BYTES,
    `${String(frames.length)} frames, ${seconds.toFixed(1)} s, ${String(Math.round(picture.length / 1000))} kB (at most 3000)`,
  );
  await writeFile(join(IMAGES, "recovery.png"), picture);
  report.saved(["docs/images/recovery.png", ...stills]);
}

/** The inspector alone, as documents show it: wide and light, and on a phone in the dark. */
async function takeInspector({ page }: Stage): Promise<string[]> {
  await page.addStyleTag({ content: ".console { display: block } .app { display: none }" });
  await page.getByRole("tab", { name: "turns" }).click();
  const inspector = page.locator("#inspector");
  const take = async (name: string, colorScheme: "dark" | "light", viewport: typeof DESKTOP): Promise<string> => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await inspector.screenshot({ path: `${IMAGES}/${name}` });
    return `docs/images/${name}`;
  };
  return [await take("live-inspector.png", "light", DESKTOP), await take("live-inspector-phone.png", "dark", PHONE)];
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
