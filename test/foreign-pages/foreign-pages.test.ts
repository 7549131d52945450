import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser, type Page } from "playwright";
import { createLogger } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { startLocalService, type LocalService } from "../../packages/local-service/src/index.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { QUIET } from "../../tools/browser-arguments.js";
import { serveConsole, type ServedConsole } from "../../tools/console/serve.js";
import { ensureBrowser } from "../../tools/ensure-browser.js";

/** Names of other sites. Chromium is told that all of them are this machine, as a DNS server may at any time. */
const ELSEWHERE = "elsewhere.test";
const REBOUND = "rebound.test";
const LISTED = "listed.test";

/** A page of another origin; whatever it is asked for, it answers with nothing but itself. */
const site: Server = createServer((_request, response) => {
  response.setHeader("Content-Type", "text/html").end("<!doctype html><body></body>");
});
/** Starts bots, and counts how many. */
const bots: Server = createServer((_request, response) => {
  started += 1;
  response.setHeader("Content-Type", "application/json").end('{"wsUrl":"ws://bot.test","token":"bot-token"}');
});
let started = 0;
let sitePort: number;
let service: LocalService;
/** `npm start` with a real service behind it. */
let desk: ServedConsole;
let browser: Browser;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  sitePort = await listen(site);
  const listed = `http://${LISTED}:${String(sitePort)}`;
  service = await startLocalService({ greet: false, logger: silent, allowOrigins: [listed] });
  desk = await serveConsole({
    environment: {
      PIPECAT_START_URL: `http://127.0.0.1:${String(await listen(bots))}/start`,
      RTVI_MACHINE_ALLOW_ORIGINS: listed,
    },
    port: 0,
    logger: silent,
    viteLogger: createLogger("silent"),
  });
  browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: [...QUIET, "--host-resolver-rules=MAP *.test 127.0.0.1"],
  });
}, 60_000);

afterAll(async () => {
  await browser.close();
  await Promise.all([service.close(), desk.close()]);
  for (const server of [site, bots]) {
    server.closeAllConnections();
    server.close();
  }
}, 20_000);

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  started = 0;
});

async function open(url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

/** What a page makes of an answer: its status and text, or that it may not read them. */
interface Read {
  readonly type: string;
  readonly status: number;
  readonly text: string;
}

/** A request by `fetch` in the page; a rejection reads as `blocked`. */
function fetched(page: Page, url: string, init: RequestInit = {}): Promise<Read> {
  return page.evaluate(
    async ([to, options]) => {
      try {
        const answer = await fetch(to, options);
        return { type: answer.type, status: answer.status, text: await answer.text() };
      } catch {
        return { type: "blocked", status: 0, text: "" };
      }
    },
    [url, init] as const,
  );
}

/** A form that the page sends into a frame; resolves when the frame has loaded what came. */
function formSent(page: Page, url: string, name: string, value: string): Promise<void> {
  return page.evaluate(
    ([action, key, text]) =>
      new Promise<void>((resolve) => {
        const name = `frame ${String(document.forms.length)}`;
        const frame = Object.assign(document.createElement("iframe"), { name });
        document.body.append(frame);
        const form = Object.assign(document.createElement("form"), {
          action,
          method: "POST",
          enctype: "text/plain",
          target: name,
        });
        form.append(Object.assign(document.createElement("input"), { name: key, value: text }));
        document.body.append(form);
        frame.onload = () => resolve();
        form.submit();
      }),
    [url, name, value] as const,
  );
}

/** Whether a WebSocket of the page opens. */
function socketOpens(page: Page, url: string, protocols: string[] = []): Promise<boolean> {
  return page.evaluate(
    ([to, offered]) =>
      new Promise<boolean>((resolve) => {
        const socket = new globalThis.WebSocket(to, offered);
        socket.onopen = () => resolve(true);
        socket.onerror = () => resolve(false);
      }),
    [url, protocols] as const,
  );
}

const KEY = { Authorization: "Bearer local" };
const JSON_TYPE = { "Content-Type": "application/json" };
const SESSION = '{"service":"pipecat"}';
const OFFERED = ["realtime", "openai-insecure-api-key.local"];

/** Every endpoint that gives something, with what the legitimate page would send. */
const targets = () => {
  const local = (path: string) => `${service.url}${path}`;
  return [
    { url: new URL("/api/session", desk.url).href, body: SESSION, headers: {} },
    { url: local("/start"), body: "{}", headers: {} },
    { url: local("/v1/realtime/client_secrets"), body: "{}", headers: KEY },
    { url: local("/v1/realtime/sessions"), body: "{}", headers: KEY },
    { url: local("/v1alpha/auth_tokens?key=local"), body: "{}", headers: {} },
    { url: local("/v1/realtime/calls?model=m"), body: "v=0\r\n", headers: KEY },
  ];
};

const sockets = (): { url: string; protocols: string[] }[] => [
  { url: `${service.wsUrl}?model=m`, protocols: OFFERED },
  {
    url: `${service.geminiUrl}/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=local`,
    protocols: [],
  },
  { url: `ws://127.0.0.1:${String(service.port)}/ws-client`, protocols: [] },
];

/** Nothing was started, whatever the page could or could not read. */
function expectNothing(): void {
  expect(started).toBe(0);
  expect(service.sessions).toEqual([]);
}

const at = (name: string, url: string): string => {
  const other = new URL(url);
  other.hostname = name;
  return other.href;
};

// Vite builds the console when it is first asked for.
vi.setConfig({ testTimeout: 30_000 });

describe.each([
  ["a page of another site", () => `http://${ELSEWHERE}:${String(sitePort)}/`],
  ["a page on another port of this machine", () => `http://127.0.0.1:${String(sitePort)}/`],
  ["a page on localhost", () => `http://localhost:${String(sitePort)}/`],
])("%s", (_who, address) => {
  it("foreign page: starts nothing with fetch no-cors and text/plain", async () => {
    const page = await open(address());
    for (const { url, body } of targets()) {
      const init: RequestInit = { method: "POST", mode: "no-cors", body, headers: { "Content-Type": "text/plain" } };
      const { type, text } = await fetched(page, url, init);
      expect([type, text]).toEqual([expect.stringMatching(/^(?:opaque|blocked)$/), ""]);
    }
    expectNothing();
  });

  it("foreign page: starts nothing with a form of text/plain", async () => {
    const page = await open(address());
    // A form writes `name=value`: this is how one writes JSON.
    for (const { url } of targets()) await formSent(page, url, '{"service":"pipecat","x":"', '"}');
    expectNothing();
  });

  it("foreign page: is refused application/json by the preflight", async () => {
    const page = await open(address());
    for (const { url, body, headers } of targets()) {
      const read = await fetched(page, url, { method: "POST", body, headers: { ...JSON_TYPE, ...headers } });
      expect(read).toEqual({ type: "blocked", status: 0, text: "" });
    }
    expectNothing();
  });

  it("foreign page: reads no answer", async () => {
    const page = await open(address());
    const readable = [
      new URL("/api/services", desk.url).href,
      desk.url,
      new URL("/src/main.ts", desk.url).href,
      `${service.url}/health`,
      `${service.url}/status`,
    ];
    for (const url of readable) expect(await fetched(page, url)).toMatchObject({ type: "blocked" });
  });

  it("foreign page: opens no WebSocket", async () => {
    const page = await open(address());
    for (const { url, protocols } of sockets()) expect(await socketOpens(page, url, protocols)).toBe(false);
    expectNothing();
  });

  it("foreign page: shows the console in no frame", async () => {
    const page = await open(address());
    await page.evaluate(
      (url) =>
        new Promise<void>((resolve) => {
          const frame = Object.assign(document.createElement("iframe"), { src: url });
          frame.onload = () => resolve();
          document.body.append(frame);
        }),
      desk.url,
    );
    const frame = page.frames().at(-1);
    expect(await frame?.locator("#service").count()).toBe(0);
  });
});

describe("a rebound host name", () => {
  it("rebound host name: gets neither a token, nor a bot, nor a session", async () => {
    const page = await browser.newPage();
    for (const { url, body, headers } of targets()) {
      const own = at(REBOUND, url);
      // Refused as well, but now the page's origin is that of the service: nothing is foreign to the browser.
      await page.goto(new URL("/attack", own).href);
      const read = await fetched(page, own, { method: "POST", body, headers: { ...JSON_TYPE, ...headers } });
      expect(read).toMatchObject({ type: "basic", status: 403 });
      expect(read.text).not.toMatch(/token|ek_|wsUrl/);
      expect(await fetched(page, new URL("/api/services", own).href)).not.toMatchObject({ status: 200 });
    }
    for (const { url, protocols } of sockets()) {
      const own = at(REBOUND, url);
      await page.goto(new URL("/attack", own.replace(/^ws/, "http")).href);
      expect(await socketOpens(page, own, protocols)).toBe(false);
    }
    expectNothing();
  });
});

describe("who may", () => {
  it("allowed page: the console itself gets the list and a session", async () => {
    for (const url of [desk.url, at("localhost", desk.url)]) {
      const page = await open(url);
      await page.locator("#service").waitFor();
      const list = await fetched(page, new URL("/api/services", url).href);
      expect([list.status, list.text]).toEqual([200, expect.stringContaining("pipecat")]);
      const session = { method: "POST", body: SESSION, headers: JSON_TYPE };
      expect(await fetched(page, new URL("/api/session", url).href, session)).toMatchObject({
        status: 200,
        text: expect.stringContaining("bot-token") as string,
      });
    }
    expect(started).toBe(2);
  });

  it("allowed page: one on the allow list gets everything", async () => {
    const page = await open(`http://${LISTED}:${String(sitePort)}/`);
    for (const { url, body, headers } of targets().slice(0, 5)) {
      const read = await fetched(page, url, { method: "POST", body, headers: { ...JSON_TYPE, ...headers } });
      expect([url, read.type, read.status]).toEqual([url, "cors", 200]);
    }
    for (const { url, protocols } of sockets()) expect(await socketOpens(page, url, protocols)).toBe(true);
  });

  it("allowed program: Node needs no permission", async () => {
    for (const { url, body, headers } of targets().slice(0, 5)) {
      const answer = await fetch(url, { method: "POST", body, headers: { ...JSON_TYPE, ...headers } });
      expect([url, answer.status]).toEqual([url, 200]);
    }
    for (const { url, protocols } of sockets()) {
      const socket = new WebSocket(url, protocols);
      await new Promise<void>((resolve, reject) => {
        socket.on("open", resolve);
        socket.on("error", reject);
      });
      socket.close();
    }
  });
});
