import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startLocalService, type LocalService } from "../../packages/local-service/src/index.js";
import { RawClient } from "../../packages/testkit/src/clients/raw-client.js";
import { like } from "../../packages/testkit/src/util/matchers.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { withService } from "../../packages/testkit/src/worlds/with-service.js";

interface Refusal {
  readonly status: number;
  readonly body: { readonly error: { readonly code: string } };
}

/** The HTTP answer to a handshake that is refused. */
async function refusal(url: string, protocols: string[] = [], headers: Record<string, string> = {}): Promise<Refusal> {
  const socket = new WebSocket(url, protocols, { headers });
  return await new Promise((resolve, reject) => {
    socket.on("open", () => reject(new Error("accepted")));
    socket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Refusal["body"] }),
      );
    });
    socket.on("error", () => undefined);
  });
}

/** All that comes back for these bytes. */
async function rawAnswer(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => undefined); // What is not read of a large body ends in a reset, after the answer.
  socket.write(bytes);
  await new Promise((resolve) => socket.on("close", resolve));
  return text;
}

async function post(service: LocalService, path: string, body: unknown, key = "local"): Promise<Response> {
  return await fetch(`${service.url}${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

describe("keys", () => {
  it.each([
    ["local", true],
    ["sk-anything", true],
    ["sk-bad-key", false],
    ["bad", false],
    ["other", false],
    ["ek_unknown", false],
    [null, false],
  ])("%s opens: %s", async (key, opens) => {
    const service = await withService();
    if (opens) {
      await (await RawClient.open(service.wsUrl, key)).event("session.created");
      return;
    }
    const headers: Record<string, string> = key === null ? {} : { Authorization: `Bearer ${key}` };
    const { status, body } = await refusal(`${service.wsUrl}?model=m`, [], headers);
    expect(status).toBe(401);
    expect(body.error).toMatchObject({
      type: "invalid_request_error",
      code: "invalid_api_key",
      message: like(/./),
    });
    expect(service.sessions).toEqual([]);
  });

  it("may be a list, or any", async () => {
    const listed = await withService({ keys: ["one"] });
    await RawClient.open(listed.wsUrl, "one");
    await expect(RawClient.open(listed.wsUrl, "local")).rejects.toThrow("401");
    const any = await withService({ keys: "any" });
    await RawClient.open(any.wsUrl, "whatever");
    await expect(RawClient.open(any.wsUrl, "sk-bad")).rejects.toThrow("401");
  });

  it("come as a subprotocol from a browser; the answer is realtime, whatever else is offered", async () => {
    const service = await withService();
    const offer = ["realtime", "openai-insecure-api-key.local", "openai-agents-sdk.0.20.0"];
    const client = new RawClient(new WebSocket(`${service.wsUrl}?model=m`, offer));
    await client.event("session.created");
    expect(client.socket.protocol).toBe("realtime");
    expect((await refusal(`${service.wsUrl}?model=m`, ["realtime", "openai-insecure-api-key.bad"])).status).toBe(401);
  });

  it("are refused after the handshake when so configured", async () => {
    const service = await withService({ refusal: "event" });
    const client = await RawClient.open(service.wsUrl, "bad");
    expect((await client.event("error")).error.code).toBe("invalid_api_key");
    expect(await client.closed).toEqual({ code: 3000, reason: "invalid_request_error.invalid_api_key" });
  });

  it("stay out of the log, and so does what was said to be one", async () => {
    const lines: unknown[] = [];
    const keep = (...line: unknown[]): void => void lines.push(line);
    const service = await withService({ logger: { debug: keep, info: keep, warn: keep, error: keep } });
    await RawClient.open(service.wsUrl, "sk-secret");
    await expect(RawClient.open(service.wsUrl, "bad-secret")).rejects.toThrow();
    const { value } = (await (await post(service, "/v1/realtime/client_secrets", {})).json()) as { value: string };
    await RawClient.open(service.wsUrl, value);
    expect(lines.length).toBeGreaterThan(2);
    expect(JSON.stringify([lines, service.events])).not.toMatch(/secret|ek_/);
  });
});

describe("the handshake", () => {
  it("needs a model that exists", async () => {
    const service = await withService();
    const headers = { Authorization: "Bearer local" };
    const unknown = await refusal(`${service.wsUrl}?model=no-such-model`, [], headers);
    expect([unknown.status, unknown.body.error.code]).toEqual([404, "model_not_found"]);
    const missing = await refusal(service.wsUrl, [], headers);
    expect([missing.status, missing.body.error.code]).toEqual([400, "missing_model"]);
    const path = await refusal(service.wsUrl.replace("/v1/", "/v2/"), [], headers);
    expect([path.status, path.body.error.code]).toEqual([404, "unknown_url"]);
  });

  it("reads //v1 as /v1", async () => {
    const service = await withService();
    await (await RawClient.open(service.wsUrl.replace("/v1", "//v1"))).event("session.created");
  });

  it("turns beta clients away as OpenAI does: an error after the handshake, then 4000", async () => {
    const service = await withService();
    const byHeader = new RawClient(
      new WebSocket(`${service.wsUrl}?model=m`, {
        headers: { Authorization: "Bearer local", "OpenAI-Beta": "realtime=v1" },
      }),
    );
    const byProtocol = new RawClient(
      new WebSocket(`${service.wsUrl}?model=m`, [
        "realtime",
        "openai-insecure-api-key.local",
        "openai-beta.realtime-v1",
      ]),
    );
    for (const client of [byHeader, byProtocol]) {
      expect((await client.event("error")).error.code).toBe("beta_api_shape_disabled");
      expect((await client.closed).code).toBe(4000);
    }
  });
});

describe("client secrets", () => {
  it("open sessions with the settings baked in, until they expire", async () => {
    const service = await withService({ clientSecretTtl: 0.4 });
    const answer = await post(service, "/v1/realtime/client_secrets", {
      session: { type: "realtime", model: "gpt-x", instructions: "baked", audio: { output: { voice: "cedar" } } },
    });
    const { value, expires_at: expiresAt, session } = (await answer.json()) as Record<string, unknown>;
    expect(answer.status).toBe(200);
    expect(value).toMatch(/^ek_/);
    expect(expiresAt).toBeGreaterThan(Date.now() / 1000);
    expect(session).toMatchObject({
      type: "realtime",
      object: "realtime.session",
      model: "gpt-x",
      instructions: "baked",
    });

    const first = await RawClient.open(service.wsUrl, String(value));
    const second = await RawClient.open(service.wsUrl, String(value));
    for (const client of [first, second]) {
      const created = await client.event("session.created");
      expect(created.session).toMatchObject({ instructions: "baked", audio: { output: { voice: "cedar" } } });
    }
    await new Promise((resolve) => setTimeout(resolve, 450));
    await expect(RawClient.open(service.wsUrl, String(value))).rejects.toThrow("401");
    expect((await first.ask("still there")).response.status).toBe("completed");
  });

  it("give the model where the address names none", async () => {
    const service = await withService();
    const answer = await post(service, "/v1/realtime/client_secrets", {
      session: { type: "realtime", model: "gpt-x" },
    });
    const { value } = (await answer.json()) as { value: string };
    const client = new RawClient(new WebSocket(service.wsUrl, { headers: { Authorization: `Bearer ${value}` } }));
    expect((await client.event("session.created")).session.model).toBe("gpt-x");
  });

  it.each([
    [{ expires_after: { anchor: "created_at", seconds: 9 } }, 400, "invalid_value"],
    [{ expires_after: { anchor: "created_at", seconds: 7201 } }, 400, "invalid_value"],
    [{ session: { model: "x" } }, 400, "missing_required_parameter"],
    [{ session: { type: "realtime", temperature: 1 } }, 400, "unknown_parameter"],
    [{ sesion: {} }, 400, "unknown_parameter"],
    [[], 400, "invalid_json"],
  ])("are not made for %j", async (body, status, code) => {
    const service = await withService();
    const answer = await post(service, "/v1/realtime/client_secrets", body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code, type: "invalid_request_error" } });
  });

  it("are not made for a bad key, nor for another secret", async () => {
    const service = await withService();
    expect((await post(service, "/v1/realtime/client_secrets", {}, "bad")).status).toBe(401);
    const { value } = (await (await post(service, "/v1/realtime/client_secrets", {})).json()) as { value: string };
    expect((await post(service, "/v1/realtime/client_secrets", {}, value)).status).toBe(401);
  });

  it("come in the beta shape from the beta address", async () => {
    const service = await withService();
    const answer = await post(service, "/v1/realtime/sessions", { model: "m", voice: "ash", modalities: ["text"] });
    const body = (await answer.json()) as { client_secret: { value: string; expires_at: number } };
    expect(body).toMatchObject({ model: "m", voice: "ash", modalities: ["text"], input_audio_format: "pcm16" });
    expect(body.client_secret.expires_at - Date.now() / 1000).toBeLessThanOrEqual(61);
    const client = await RawClient.open(service.wsUrl, body.client_secret.value);
    expect((await client.event("session.created")).session).toMatchObject({ output_modalities: ["text"] });
  });
});

describe("http", () => {
  it("is healthy, and knows its addresses", async () => {
    const service = await withService();
    await RawClient.open(service.wsUrl);
    expect(await (await fetch(`${service.url}/health`)).json()).toEqual({ status: "ok", sessions: 1 });
    const lost = await fetch(`${service.url}/nowhere`);
    expect([lost.status, ((await lost.json()) as { error: { code: string } }).error.code]).toEqual([
      404,
      "unknown_url",
    ]);
  });

  it.each([
    ["http://localhost:5173", true],
    ["HTTP://LocalHost:5173", true],
    ["capacitor://localhost", true],
    ["http://localhost:5174", false],
    ["https://localhost:5173", false],
    ["http://127.0.0.1:5173", false],
    ["https://example.com", false],
    ["null", false],
  ])("lets a page from %s in, where two are allowed: %s", async (origin, allowed) => {
    const service = await withService({
      allowOrigins: ["http://localhost:5173", "capacitor://localhost"],
      logger: silent,
    });
    const answer = await fetch(`${service.url}/v1/realtime/client_secrets`, {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Headers": "authorization, content-type" },
    });
    expect(answer.status).toBe(allowed ? 204 : 403);
    expect(answer.headers.get("access-control-allow-origin")).toBe(allowed ? origin : null);
    if (!allowed) return;
    expect(answer.headers.get("access-control-expose-headers")).toBe("Location");
    expect(answer.headers.get("access-control-allow-headers")).toBe("authorization, content-type");
  });

  it("takes no origin for the allow list that is none", async () => {
    for (const wrong of ["*", "null", "localhost:5173", "http://localhost:5173/", "http://a,http://b", ""]) {
      await expect(startLocalService({ allowOrigins: [wrong] })).rejects.toThrow(`"${wrong}" is not an origin`);
    }
  });

  it("tells the developer once whose page it refused, and how to let it in", async () => {
    const lines: string[] = [];
    const service = await withService({ logger: { ...silent, warn: (line) => void lines.push(line) } });
    const from = (origin: string) => fetch(`${service.url}/health`, { headers: { Origin: origin } });
    for (let time = 0; time < 3; time += 1) expect((await from("http://localhost:5173")).status).toBe(403);
    expect(lines).toEqual([like(/"http:\/\/localhost:5173" are not on the allow list.*--allow-origin <origin>/)]);
    for (let port = 1; port < 100; port += 1) await from(`http://localhost:${String(port)}`);
    expect(lines).toHaveLength(20);
  });

  it.each(["/\\[", "//\\elsewhere/start", "http://[", "http://127.0.0.1/health", "*", "x"])(
    "answers 400 to %s, which is no address",
    async (target) => {
      const service = await withService();
      const ask = (head: string): Promise<string> =>
        rawAnswer(service.port, `GET ${target} HTTP/1.1\r\n${head}\r\n\r\n`);
      const host = `Host: 127.0.0.1:${String(service.port)}\r\nConnection: close`;
      expect(await ask(host)).toMatch(/^HTTP\/1.1 400 /);
      const upgrade = `Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13`;
      expect(await ask(`${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`)).toMatch(/^HTTP\/1.1 400 /);
    },
  );

  it.each([
    ["says so in its header", true],
    ["does not say how long it is", false],
  ])("refuses a body that is too large with 413 where it %s", async (_what, says) => {
    const service = await withService();
    const post = async (path: string, bytes: number): Promise<string> => {
      const body = `{"x":"${"x".repeat(bytes)}"}`;
      const length = says ? `Content-Length: ${String(body.length)}` : "Transfer-Encoding: chunked";
      const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer local\r\nX-Goog-Api-Key: local`;
      const chunk = says ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      const type = "Content-Type: application/json\r\nConnection: close";
      return (await rawAnswer(service.port, `${head}\r\n${type}\r\n${length}\r\n\r\n${chunk}`)).slice(9, 12);
    };
    expect(await post("/v1/realtime/client_secrets", 1_100_000)).toBe("413");
    expect(await post("/v1alpha/auth_tokens", 1_100_000)).toBe("413");
    expect(await post("/v1/realtime/client_secrets", 900_000)).toBe("400"); // read, and then not understood
    expect(await post("/start", 300_000)).toBe("413");
    expect(await post("/start", 200_000)).toBe("200");
  });

  it("frees its port and cuts every line on close, and says when a port is taken", async () => {
    const service = await startLocalService();
    const client = await RawClient.open(service.wsUrl);
    await expect(startLocalService({ port: service.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await service.close();
    expect((await client.closed).code).toBe(1006);
    const again = await startLocalService({ port: service.port });
    await again.close();
  });
});

describe("faults", () => {
  it("silent: accepts and says nothing", async () => {
    const service = await withService();
    const client = await RawClient.open(service.wsUrl, "local", "&fault=silent");
    client.send("session.update", { session: { type: "realtime" } });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(client.events).toEqual([]);
    expect(service.events.map(({ type }) => type)).toEqual(["session.update"]);
  });

  it("no-updated: never answers session.update", async () => {
    const service = await withService({ faults: { noUpdated: true } });
    const client = await RawClient.open(service.wsUrl);
    client.send("session.update", { session: { type: "realtime" } });
    await client.ask("hi");
    expect(client.types()).not.toContain("session.updated");
  });

  it("hang-upgrade: the handshake never ends; close() still does", async () => {
    const service = await withService();
    service.faults.stallUpgrade = true;
    const socket = new WebSocket(`${service.wsUrl}?model=m`, { headers: { Authorization: "Bearer local" } });
    socket.on("error", () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(socket.readyState).toBe(WebSocket.CONNECTING);
    await service.close();
  });

  it("unavailable, drop-after, unauthorized-after-open", async () => {
    const service = await withService();
    await expect(RawClient.open(service.wsUrl, "local", "&fault=unavailable")).rejects.toThrow("503");
    const dropped = await RawClient.open(service.wsUrl, "local", "&fault=drop-after=50");
    await dropped.event("session.created");
    expect((await dropped.closed).code).toBe(1006);
    const unauthorized = await RawClient.open(service.wsUrl, "local", "&fault=unauthorized-after-open");
    expect((await unauthorized.event("error")).error.code).toBe("invalid_api_key");
    expect((await unauthorized.closed).code).toBe(3000);
  });

  it("malformed: breaks the protocol in every way and goes on", async () => {
    const service = await withService();
    const client = await RawClient.open(service.wsUrl, "local", "&fault=malformed,no-such-fault");
    expect((await client.ask("hi")).response.status).toBe("completed");
    expect(client.frames.some(({ binary }) => binary)).toBe(true);
    expect(client.frames.some(({ data }) => data.toString() === "not json")).toBe(true);
    expect(client.frames.some(({ data }) => data.length > 1_000_000)).toBe(true);
    expect(client.frames.some(({ data }) => data.toString().includes('"__proto__":{'))).toBe(true);
  });

  it("survives clients that break the protocol of WebSocket, or of HTTP", async () => {
    const service = await withService();
    for (const text of [
      "GET http://[ HTTP/1.1\r\n\r\n",
      "nonsense\r\n\r\n",
      "GET /v1/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]) {
      const line = connect(service.port, "127.0.0.1");
      line.on("error", () => undefined);
      line.write(text);
      await new Promise((resolve) => {
        line.on("close", resolve);
        line.resume();
        setTimeout(() => line.destroy(), 300);
      });
    }
    const client = await RawClient.open(service.wsUrl);
    client.socket.send("x".repeat(17 * 1024 * 1024));
    expect((await client.closed).code).toBe(1009);
    await (await RawClient.open(service.wsUrl)).event("session.created");
  });
});
