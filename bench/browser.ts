import { fileURLToPath } from "node:url";
import { type Browser, type CDPSession, chromium, type Page } from "playwright";
import { speaking } from "../tools/browser-arguments.js";
import { ensureBrowser } from "../tools/ensure-browser.js";
import { bundlePage } from "./bundles.js";
// Its declarations tell what `window.bench` is.
import type { Variant } from "./page.js";

const speech = fileURLToPath(new URL("../packages/testkit/fixtures/speech.wav", import.meta.url));

/** Without native base64, as in browsers before 2025. */
const HIDE_NATIVE_BASE64 =
  "delete Uint8Array.prototype.toBase64; delete Uint8Array.fromBase64; delete Uint8Array.prototype.setFromBase64;";

export interface PageOptions {
  readonly variant: Variant;
  readonly uplink?: boolean;
  readonly nativeBase64?: boolean;
}

/** CPU time in ms since the page was opened. */
export interface CpuTime {
  readonly mainThread: number;
  readonly process: number;
}

/** One Chromium; every measurement has a renderer of its own. */
export class BenchBrowser {
  readonly #browser: Browser;
  readonly #script: string;

  private constructor(browser: Browser, script: string) {
    this.#browser = browser;
    this.#script = script;
  }

  static async launch(): Promise<BenchBrowser> {
    const script = await bundlePage();
    return new BenchBrowser(
      await chromium.launch({ executablePath: await ensureBrowser(), args: speaking(speech) }),
      script,
    );
  }

  get version(): string {
    return this.#browser.version();
  }

  /** Runs `measure` in a fresh page with a manager in it. */
  async inPage<T>(
    { variant, uplink = false, nativeBase64 = true }: PageOptions,
    measure: (page: InspectedPage) => Promise<T>,
  ): Promise<T> {
    const context = await this.#browser.newContext();
    try {
      const page = await context.newPage();
      // Worklets need a secure context, which localhost is.
      await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
      await page.goto("http://localhost/");
      if (!nativeBase64) await page.evaluate(HIDE_NATIVE_BASE64);
      await page.addScriptTag({ content: this.#script });
      const inspected = await InspectedPage.attach(page);
      await page.evaluate(([kind, live]) => window.bench.open(kind, live), [variant, uplink] as const);
      return await measure(inspected);
    } finally {
      await context.close();
    }
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

/** A page seen through the DevTools protocol, its audio worklets included. */
export class InspectedPage {
  readonly page: Page;
  readonly #cdp: CDPSession;
  readonly #worklets = new Set<string>();
  readonly #answers = new Map<number, (message: unknown) => void>();
  #requests = 0;

  private constructor(page: Page, cdp: CDPSession) {
    this.page = page;
    this.#cdp = cdp;
  }

  static async attach(page: Page): Promise<InspectedPage> {
    const cdp = await page.context().newCDPSession(page);
    const inspected = new InspectedPage(page, cdp);
    cdp.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worklet") inspected.#worklets.add(sessionId);
    });
    cdp.on("Target.detachedFromTarget", ({ sessionId }) => inspected.#worklets.delete(sessionId));
    cdp.on("Target.receivedMessageFromTarget", ({ message }) => inspected.#receive(message));
    await cdp.send("Performance.enable");
    await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false });
    return inspected;
  }

  async cpuTime(): Promise<CpuTime> {
    const { metrics } = await this.#cdp.send("Performance.getMetrics");
    const read = (name: string): number => (metrics.find((metric) => metric.name === name)?.value ?? Number.NaN) * 1000;
    return { mainThread: read("ThreadTime"), process: read("ProcessTime") };
  }

  /** Bytes that the page's objects took while `run` ran, collected ones too; contents of ArrayBuffers do not count. */
  async allocated(run: () => Promise<unknown>): Promise<number> {
    await this.#cdp.send("HeapProfiler.startSampling", {
      samplingInterval: 4096,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await run();
    const { profile } = await this.#cdp.send("HeapProfiler.stopSampling");
    return profile.samples.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes that garbage collection leaves, in the page and its worklets, contents of ArrayBuffers included. */
  async retained(): Promise<number> {
    await this.#cdp.send("HeapProfiler.collectGarbage");
    let bytes = usedBytes(await this.#cdp.send("Runtime.getHeapUsage"));
    for (const sessionId of this.#worklets) {
      await this.#ask(sessionId, "HeapProfiler.collectGarbage");
      bytes += usedBytes(await this.#ask(sessionId, "Runtime.getHeapUsage"));
    }
    return bytes;
  }

  async #ask(sessionId: string, method: string): Promise<unknown> {
    this.#requests += 1;
    const id = this.#requests;
    const answer = new Promise<unknown>((resolve) => this.#answers.set(id, resolve));
    await this.#cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
    return answer;
  }

  #receive(text: string): void {
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null || !("id" in message) || !("result" in message)) return;
    if (typeof message.id === "number") this.#answers.get(message.id)?.(message.result);
  }
}

function usedBytes(usage: unknown): number {
  if (typeof usage === "object" && usage !== null && "usedSize" in usage && "backingStorageSize" in usage) {
    const { usedSize, backingStorageSize } = usage;
    if (typeof usedSize === "number" && typeof backingStorageSize === "number") return usedSize + backingStorageSize;
  }
  throw new Error("This browser does not tell how much memory scripts use (Runtime.getHeapUsage).");
}
