import { fileURLToPath } from "node:url";
import { startLocalService, type LocalServiceOptions } from "@rtvi-machine/local-service";
import { chromium, type Page } from "playwright";
import { build, preview } from "vite";
import { sessionEndpoint, type BackedService } from "../../examples/voice-console/session-endpoint.js";
import { speaking } from "../browser-arguments.js";
import { ensureBrowser } from "../ensure-browser.js";
import { onLocalService } from "./backing.js";
import { DemoFault, faultCalled, takesTheStage } from "./fault.js";
import type { DemoOptions } from "./options.js";
import { PlayedAudio } from "./played-audio.js";
import { installProbe, type Holdings, type RecordedBlock, type SeenEvent } from "./probe.js";
import type { Report } from "./report.js";
import { SentAudio } from "./sent-audio.js";
import { SessionWatch } from "./session-watch.js";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What the fake microphone plays, over and over. */
export const RECORDING = fromRoot("packages/testkit/fixtures/speech.wav");
/** Its words, in order and from the start again: the local service would not know them. */
export const WORDS = [
  "The quick brown fox jumps the fence.",
  "Tell me a story about the sea.",
  "Wait, I have a question.",
] as const;
/** The turns of one run: the whole recording, one that is typed, and the rest of the recording after the muted part. */
const SCRIPT = [
  { heard: WORDS[0] },
  { heard: WORDS[1] },
  { heard: WORDS[2] },
  {},
  { heard: WORDS[1] },
  { heard: WORDS[2] },
];
const VIEWPORT = { width: 1280, height: 800 };

/** What the microphone says, as a WAV file, and how the local service answers. */
export interface Play extends Pick<LocalServiceOptions, "script" | "greet"> {
  readonly recording?: string;
}

/** The page in its browser, with its service, and everything that is seen and heard of it. */
export interface Stage {
  readonly page: Page;
  readonly watch: SessionWatch;
  readonly played: PlayedAudio;
  readonly sent: SentAudio;
  /** Epoch ms of the page's time 0. */
  readonly timeOrigin: number;
  /** The page's clock now, ms. */
  readonly now: () => number;
  readonly holdings: () => Promise<Holdings>;
  /** What is to break, where something is. */
  readonly fault: DemoFault | undefined;
  readonly close: () => Promise<void>;
}

/**
 * Builds and serves the page, starts the local service and a browser whose microphone plays the recording.
 * @param play what is said on both sides, unless a fault takes the stage
 */
export async function setStage(
  report: Report,
  { service: chosen, headed, fault: faultName }: DemoOptions,
  { recording = RECORDING, ...play }: Play = { script: SCRIPT },
): Promise<Stage> {
  const silent = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error };
  const broken = faultName === undefined ? undefined : faultCalled(faultName);
  const configFile = fromRoot("examples/voice-console/vite.config.ts");
  await build({ configFile, logLevel: "error" });
  const services: BackedService[] = [];
  const site = await preview({
    configFile,
    logLevel: "error",
    preview: { host: "127.0.0.1", port: 0 },
    plugins: [sessionEndpoint(services)],
  });
  const url = site.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("Vite serves the page at no address");

  const service = await startLocalService({
    logger: silent,
    allowOrigins: [new URL(url).origin],
    ...(broken && takesTheStage(broken) ? { greet: false, ...broken.options } : play),
  });
  report.setup("service", `${service.wsUrl}  (local: repeats what it hears)`);

  const fault = faultName === undefined ? undefined : await DemoFault.before(service, faultName, chosen);
  services.push(...onLocalService(fault?.front ?? service));
  report.setup("page", url);

  const executablePath = await ensureBrowser();
  const browser = await chromium.launch({
    executablePath,
    headless: !headed,
    args: speaking(recording),
  });
  report.setup("browser", `Chromium ${browser.version()}${headed ? "" : ", headless"}`);

  const page = await browser.newPage({ viewport: VIEWPORT });
  const watch = new SessionWatch(report);
  const played = new PlayedAudio();
  const sent = new SentAudio();
  page.on("websocket", (socket) => sent.watch(socket));
  page.on("pageerror", (error) => report.check(false, `the page threw: ${error.stack ?? error.message}`));
  await page.exposeFunction("demoEvent", (event: SeenEvent) => watch.add(event));
  await page.exposeFunction("demoPlayed", (block: RecordedBlock) => played.add(block));
  await page.exposeFunction("demoSent", (block: RecordedBlock) => sent.add(block));
  // The compiler that runs this script names functions with a helper that the page does not have.
  await page.addInitScript({ content: "globalThis.__name = (target) => target;" });
  await page.addInitScript(installProbe);
  await page.goto(url);
  await page.selectOption("#service", chosen);
  const timeOrigin = await page.evaluate(() => performance.timeOrigin);

  return {
    page,
    watch,
    played,
    sent,
    fault,
    timeOrigin,
    now: () => Date.now() - timeOrigin,
    holdings: () => page.evaluate(() => window.demoHoldings()),
    close: async () => {
      await browser.close();
      await site.close();
      await fault?.close();
      await service.close();
    },
  };
}
