import { createServer, type IncomingMessage } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { inspect } from "node:util";
import { createServer as createVite, type ViteDevServer } from "vite";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  sessionEndpoint,
  type BackedService,
  type EndpointOptions,
} from "../../../../examples/voice-console/session-endpoint.js";
import { onRealServices } from "../../../../tools/demo/backing.js";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The endpoint as `npm start` has it: in Vite, without the page. */
async function served(services: readonly BackedService[], options?: EndpointOptions): Promise<string> {
  const vite: ViteDevServer = await createVite({
    configFile: false,
    root: import.meta.dirname,
    appType: "custom",
    logLevel: "silent",
    optimizeDeps: { noDiscovery: true },
    server: { host: "127.0.0.1", port: 0, cors: false, ws: false, watch: null },
    plugins: [sessionEndpoint(services, options)],
  });
  await vite.listen();
  closing.push(() => vite.close());
  return `http://127.0.0.1:${String((vite.httpServer?.address() as AddressInfo).port)}`;
}

/** A start server that keeps what it was asked, and answers with what it is given. */
async function startServer(answer: (request: IncomingMessage) => { readonly status: number; readonly body: string }) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const { status, body } = answer(request);
    response.writeHead(status, { "Content-Type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, host: `127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}

const post = (url: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/session`, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } });

function counted(answer: () => Promise<Response> = () => Promise.resolve(Response.json({ token: "t" }))) {
  const made = { started: 0 };
  const service: BackedService = {
    id: "bot",
    label: "A bot",
    base_url: "https://bot.test",
    model: "",
    start: () => {
      made.started += 1;
      return answer();
    },
  };
  return { made, service };
}

const WANTED = JSON.stringify({ service: "bot" });
const PORT = /:(\d+)$/;

/** Headers of a request and whether it is answered. A program without a browser sends none of them. */
const REQUESTS: [string, Record<string, string>, number][] = [
  ["a program", {}, 200],
  ["the page", { Origin: "own", "Sec-Fetch-Site": "same-origin" }, 200],
  ["a page on the allow list", { Origin: "http://localhost:3000", "Sec-Fetch-Site": "same-site" }, 200],
  ["another port of this machine", { Origin: "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-site" }, 403],
  ["another site", { Origin: "https://evil.test", "Sec-Fetch-Site": "cross-site" }, 403],
  ["a page that hides its origin", { "Sec-Fetch-Site": "cross-site" }, 403],
  ["a sandboxed frame", { Origin: "null", "Sec-Fetch-Site": "cross-site" }, 403],
  ["a form of text", { "Content-Type": "text/plain" }, 415],
];

describe("session endpoint", () => {
  it.each(REQUESTS)("session endpoint: %s gets what it may", async (_who, headers, status) => {
    const { made, service } = counted();
    const url = await served([service], { allowOrigins: ["http://localhost:3000"] });
    const own = headers.Origin === "own" ? { Origin: url } : {};
    const answer = await post(url, WANTED, { ...headers, ...own });
    expect(answer.status).toBe(status);
    expect(made.started).toBe(status === 200 ? 1 : 0);
    const isListed = headers.Origin === "http://localhost:3000";
    expect(answer.headers.get("access-control-allow-origin")).toBe(isListed ? headers.Origin : null);
    const text = await answer.text();
    expect(text.includes('"token"')).toBe(status === 200);
  });

  it("session endpoint: a name that was pointed at this machine gets neither the list nor a session", async () => {
    const { made, service } = counted();
    const url = await served([service]);
    const port = Number(PORT.exec(url)?.[1]);
    for (const request of [
      `GET /api/services HTTP/1.1\r\nHost: evil.test:${String(port)}`,
      `POST /api/session HTTP/1.1\r\nHost: evil.test:${String(port)}\r\nOrigin: http://evil.test:${String(port)}\r\nContent-Type: application/json\r\nContent-Length: ${String(WANTED.length)}`,
    ]) {
      const socket = connect(port, "127.0.0.1");
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.write(`${request}\r\nConnection: close\r\n\r\n${WANTED}`);
      await new Promise((resolve) => socket.on("close", resolve));
      expect(text).toMatch(/^HTTP\/1.1 403 /);
    }
    expect(made.started).toBe(0);
  });

  it("session endpoint: takes one method each", async () => {
    const { made, service } = counted();
    const url = await served([service]);
    const statuses = await Promise.all([
      fetch(`${url}/api/services`),
      fetch(`${url}/api/services`, { method: "POST", headers: { "Content-Type": "application/json" } }),
      fetch(`${url}/api/session`),
      fetch(`${url}/api/session`, { method: "PUT", headers: { "Content-Type": "application/json" } }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 405, 405, 405]);
    expect(made.started).toBe(0);
  });

  it("session endpoint: reads no more than 10,000 bytes", async () => {
    const { made, service } = counted();
    const url = await served([service]);
    expect((await post(url, JSON.stringify({ service: "bot", more: "x".repeat(9000) }))).status).toBe(200);
    expect((await post(url, JSON.stringify({ service: "bot", more: "x".repeat(10_000) }))).status).toBe(413);
    expect(made.started).toBe(1);
  });

  it("session endpoint: starts no more than eight sessions at a time", async () => {
    const answers: (() => void)[] = [];
    const { made, service } = counted(
      () => new Promise((resolve) => answers.push(() => resolve(Response.json({ token: "t" })))),
    );
    const url = await served([service]);
    const eight = Array.from({ length: 8 }, () => post(url, WANTED));
    await expect.poll(() => made.started, { timeout: 10_000 }).toBe(8);
    expect((await post(url, WANTED)).status).toBe(429);
    for (const answer of answers) answer();
    expect((await Promise.all(eight)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    const ninth = post(url, WANTED);
    await expect.poll(() => made.started, { timeout: 10_000 }).toBe(9);
    answers.at(-1)?.();
    expect((await ninth).status).toBe(200);
  });

  it.each(["{", "[]", "{}", '{"service":7}', '{"service":"<script>"}', '{"service":"__proto__"}'])(
    "session endpoint: answers 400 to %s, without repeating it",
    async (body) => {
      const { service } = counted();
      const answer = await post(await served([service]), body);
      expect(answer.status).toBe(400);
      expect(await answer.text()).not.toContain("script");
    },
  );
});

describe("PIPECAT_START_URL", () => {
  const PARTS = ["start-user-7f3a", "p@ss/word-91c4", "query-key-5e20"] as const;
  const FORMS = PARTS.flatMap((part) => [part, encodeURIComponent(part), Buffer.from(part).toString("base64")]);
  const [user, password, key] = PARTS;
  const secretUrl = (host: string): string =>
    `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}/hidden-path/start?key=${key}`;
  const expectNoSecret = (text: string): void => {
    for (const form of FORMS) expect(text).not.toContain(form);
  };

  it("PIPECAT_START_URL: its secrets reach the start server, and nobody else", async () => {
    const { asked, host } = await startServer(() => ({ status: 200, body: '{"wsUrl":"ws://bot.test/ws"}' }));
    const services = onRealServices({ PIPECAT_START_URL: secretUrl(host) });
    const url = await served(services);
    const list = await (await fetch(`${url}/api/services`)).text();
    expect(JSON.parse(list)).toMatchObject([{ id: "pipecat", base_url: `http://${host}` }]);
    expectNoSecret(list);
    expect(list).not.toContain("hidden-path");
    const answer = await post(url, JSON.stringify({ service: "pipecat" }));
    expect(await answer.json()).toEqual({ wsUrl: "ws://bot.test/ws" });
    expect(asked[0]?.url).toBe(`/hidden-path/start?key=${key}`);
    const login = Buffer.from(`${user}:${password}`).toString("base64");
    expect(asked[0]?.headers.authorization).toBe(`Basic ${login}`);
  });

  it.each([
    ["an error that quotes the request", 401],
    ["a session that quotes the request", 200],
  ])("PIPECAT_START_URL: its secrets are blanked in %s", async (_what, status) => {
    const { host } = await startServer(({ url, headers }) => {
      const body = { detail: `${String(url)} ${String(headers.authorization)} ${user} ${password} ${key}` };
      return { status, body: JSON.stringify(body) };
    });
    const url = await served(onRealServices({ PIPECAT_START_URL: secretUrl(host) }));
    const answer = await post(url, JSON.stringify({ service: "pipecat" }));
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text).toContain("[redacted]");
    expectNoSecret(text);
  });

  it.each([
    ["nobody listens", () => "127.0.0.1:1"],
    ["the answer is not JSON", async () => (await startServer(({ url }) => ({ status: 500, body: String(url) }))).host],
  ])("PIPECAT_START_URL: its secrets stay out of the error where %s", async (_what, host) => {
    const url = await served(onRealServices({ PIPECAT_START_URL: secretUrl(await host()) }));
    const answer = await post(url, JSON.stringify({ service: "pipecat" }));
    expect(answer.status).toBe(502);
    const text = await answer.text();
    expect(text).toMatch(/The service could not start a session\./);
    expectNoSecret(text);
    expect(text).not.toContain("hidden-path");
  });

  it("PIPECAT_START_URL: a start server that never answers is given up after 15 s", async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const waited = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms / 100));
    onTestFinished(() => waited.mockRestore());
    const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const url = await served(onRealServices({ PIPECAT_START_URL: secretUrl(host) }));
    expect((await post(url, JSON.stringify({ service: "pipecat" }))).status).toBe(502);
    expect(waited).toHaveBeenCalledExactlyOnceWith(15_000);
  });

  it("PIPECAT_START_URL: one that is no address is not quoted", () => {
    for (const wrong of [`not an address ${key}`, `ftp://${key}@host`, `http://[${key}`]) {
      expect(() => onRealServices({ PIPECAT_START_URL: wrong })).toThrow(
        /^PIPECAT_START_URL is not an address such as/,
      );
    }
  });

  it("credentials: neither console.log nor JSON of the services shows one", () => {
    const keys = { OPENAI_API_KEY: "sk-openai-41d7", GEMINI_API_KEY: "AIza-gemini-88b2" };
    const services = onRealServices({ ...keys, PIPECAT_START_URL: secretUrl("bot.test") });
    expect(services).toHaveLength(5);
    const shown = [inspect(services, { depth: Infinity, showHidden: true, getters: true }), JSON.stringify(services)];
    for (const text of shown) {
      expectNoSecret(text);
      for (const each of Object.values(keys)) expect(text).not.toContain(each);
    }
  });
});
