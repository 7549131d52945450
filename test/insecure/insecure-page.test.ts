import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium, type Browser, type Page } from "playwright";
import { afterAll, beforeAll, expect, it } from "vitest";
import { QUIET } from "../../tools/browser-arguments.js";
import { ensureBrowser } from "../../tools/ensure-browser.js";
import { startLocalService, type LocalService } from "../../packages/local-service/src/index.js";
import { EVERY_TRANSPORT, type TransportName } from "../../packages/testkit/src/worlds/every-transport.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
// Its declarations tell what `window.insecure` is.
import type {} from "./page.js";

/** Over http, and not by the name of this machine: that is what makes a page insecure. */
const HOST = "insecure.test";

const site = createServer((_request, response) => {
  response.setHeader("Content-Type", "text/html").end("<!doctype html>");
});
let service: LocalService;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const origin = `http://${HOST}:${String((site.address() as AddressInfo).port)}`;
  service = await startLocalService({ greet: false, logger: silent, allowOrigins: [origin] });
  browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: [...QUIET, `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
  });
  page = await browser.newPage();
  await page.goto(`${origin}/`);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
    bundle: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  await page.addScriptTag({ content: outputFiles.map(({ text }) => text).join("") });
}, 60_000);

afterAll(async () => {
  await browser.close();
  await service.close();
  site.closeAllConnections();
  site.close();
}, 20_000);

it("insecure page: has neither mediaDevices nor worklets in Chromium", async () => {
  const has = await page.evaluate(() => [
    isSecureContext,
    "mediaDevices" in navigator,
    "audioWorklet" in AudioContext.prototype,
  ]);
  expect(has).toEqual([false, false, false]);
});

it.each(Object.keys(EVERY_TRANSPORT) as TransportName[])(
  "insecure page: %s says that the page needs https",
  async (name) => {
    // The service lets no such page call it over HTTP, as WebRTC would have to.
    const connects = name !== "OpenAI over WebRTC";
    const { wsUrl, geminiUrl, port } = service;
    const addresses = { wsUrl, geminiUrl, port };
    const told = await page.evaluate(([each, to, does]) => window.insecure(each, to, does), [
      name,
      addresses,
      connects,
    ] as const);
    const type = "undefined-mediadevices";
    const mic = { devices: ["mic"], type, message: expect.stringMatching(/secure context.*https/) as string };
    const speaker = { devices: ["speaker"], type, message: expect.stringMatching(/AudioWorklet.*https/) as string };
    expect(told).toEqual({
      initialized: "initialized",
      ready: connects ? "ready" : "initialized",
      ended: "disconnected",
      deviceErrors: connects ? [mic, speaker] : [mic],
    });
  },
  20_000,
);
