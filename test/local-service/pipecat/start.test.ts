import { describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { like } from "../../../packages/testkit/src/util/matchers.js";
import { PipecatRawClient } from "../../../packages/testkit/src/clients/pipecat-client.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";
import { post, start } from "./support.js";

/** The HTTP status of a handshake that is refused. */
async function refusal(url: string): Promise<number | undefined> {
  const socket = new WebSocket(url);
  socket.on("error", () => undefined);
  return await new Promise((resolve) => {
    socket.on("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode);
    });
    socket.on("open", () => resolve(undefined));
  });
}

function withToken(url: string, token: string | null): string {
  return `${url}?token=${encodeURIComponent(token ?? "")}`;
}

describe("POST /start", () => {
  it("answers as the development runner does", async () => {
    const service = await withService();
    expect(service.pipecatUrl).toBe(`${service.url}/start`);
    const answer = await post(service.pipecatUrl, { transport: "websocket" });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      wsUrl: `ws://127.0.0.1:${service.port}/ws-client`,
      sessionId: like(/^[0-9a-f-]{36}$/),
      token: null,
    });
    expect(await (await fetch(`${service.url}/status`)).json()).toEqual({ status: "ready", transports: ["websocket"] });
  });

  it("serves pages on the allow list, and no others", async () => {
    const { pipecatUrl } = await withService({ allowOrigins: ["http://localhost:5173"], logger: silent });
    for (const [origin, allowed] of [
      ["http://localhost:5173", true],
      ["http://localhost:5174", false],
      ["https://example.com", false],
    ] as const) {
      const preflight = await fetch(pipecatUrl, { method: "OPTIONS", headers: { Origin: origin } });
      const answer = await post(pipecatUrl, {}, { Origin: origin });
      expect([preflight.status, answer.status]).toEqual(allowed ? [204, 200] : [403, 403]);
      for (const { headers } of [preflight, answer]) {
        expect(headers.get("access-control-allow-origin")).toBe(allowed ? origin : null);
      }
    }
  });

  it.each([
    [{ transport: "webrtc" }, /'webrtc' is not allowed/],
    ["{", /JSON/],
    ["[]", /JSON/],
  ])("refuses %j", async (body, detail) => {
    const { pipecatUrl } = await withService();
    const answer = await post(pipecatUrl, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ detail: like(detail) });
  });
});

describe("tokens", () => {
  it("open one session each, in the query, the path or a header", async () => {
    const service = await withService({ keys: ["mine"] });
    const tokens = await Promise.all([start(service), start(service), start(service)]);
    const [inQuery, inPath, inHeader] = tokens;
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(3);
    const clients = [
      await PipecatRawClient.open(withToken(inQuery.wsUrl, inQuery.token)),
      await PipecatRawClient.open(`${inPath.wsUrl}/${inPath.token}`),
      await PipecatRawClient.open(inHeader.wsUrl, { Authorization: `Bearer ${inHeader.token}` }),
    ];
    for (const client of clients) await client.ready();
    expect(service.sessions.map(({ config }) => config.sessionId)).toEqual(tokens.map(({ sessionId }) => sessionId));
    expect(await refusal(withToken(inQuery.wsUrl, inQuery.token))).toBe(403);
  });

  it("are asked for when the service has keys", async () => {
    const { port } = await withService({ keys: ["mine"] });
    const url = `ws://127.0.0.1:${port}/ws-client`;
    expect(await refusal(url)).toBe(403);
    expect(await refusal(`${url}?token=mine`)).toBe(403);
    expect(await refusal(`${url}/nonsense`)).toBe(403);
    expect(await refusal(`${url}/%zz`)).toBe(403);
    expect(await refusal(`${url}/a/b`)).toBe(404);
  });

  it("are good for 300 seconds", async () => {
    const service = await withService({ keys: ["mine"] });
    const [one, other] = [await start(service), await start(service)];
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(now + 299_000);
    await (await PipecatRawClient.open(withToken(one.wsUrl, one.token))).ready();
    clock.mockReturnValue(now + 301_000);
    expect(await refusal(withToken(other.wsUrl, other.token))).toBe(403);
    clock.mockRestore();
  });
});

describe("clients", () => {
  it("may be many", async () => {
    const service = await withService();
    const { wsUrl } = await start(service);
    for (let count = 1; count <= 3; count += 1) {
      await (await PipecatRawClient.open(wsUrl)).ready();
      expect(service.sessions).toHaveLength(count);
    }
    expect(service.sessions[0]).toMatchObject({ protocol: "pipecat", items: [] });
  });

  it("are one at a time when the service says so", async () => {
    const service = await withService({ pipecat: { singleClient: true } });
    const { wsUrl } = await start(service);
    const first = await PipecatRawClient.open(wsUrl);
    await first.ready();
    const second = await PipecatRawClient.open(wsUrl);
    expect(await second.closed).toEqual({ code: 1013, reason: "Server already has a connected client" });
    await first.close();
    await expect.poll(() => service.sessions).toHaveLength(0);
    await (await PipecatRawClient.open(wsUrl)).ready();
  });
});

describe("a client that comes back", () => {
  async function visit(url: string, text: string): Promise<void> {
    const client = await PipecatRawClient.open(url);
    await client.ready();
    client.send("send-text", { content: text, options: { audio_response: false } });
    await client.event(({ type, data }) => type === "bot-output" && data.text === `You said: ${text}`);
    await client.close();
  }

  it("starts afresh, as with Pipecat itself", async () => {
    const service = await withService();
    const { wsUrl, sessionId } = await start(service, { body: { tools: ["get_weather"] } });
    expect(wsUrl).toContain(`?session_id=${sessionId}`);
    await visit(wsUrl, "one");
    const client = await PipecatRawClient.open(wsUrl);
    expect((await client.ready()).data).not.toHaveProperty("resumed");
    expect(service.sessions.at(-1)).toMatchObject({ items: [], config: { tools: ["get_weather"], resumable: false } });
  });

  it.each([
    ["the service", { pipecat: { resumable: true } }, {}],
    ["the app's server", {}, { resumable: true }],
    ["the app's server, in the body", {}, { body: { resumable: true } }],
  ])("finds its conversation when %s says so", async (_who, options, request) => {
    const service = await withService({ greet: true, ...options });
    const started = await start(service, request);
    expect(started.resumable).toBe(true);
    await visit(started.wsUrl, "one");
    const again = await start(service, { sessionId: started.sessionId });
    expect(again).toEqual(started);
    const client = await PipecatRawClient.open(again.wsUrl);
    expect(await client.ready()).toMatchObject({ data: { resumed: true } });
    const items = service.sessions.at(-1)!.items;
    expect(items.slice(-2)).toEqual([
      { role: "user", content: "one" },
      { role: "assistant", content: "You said: one" },
    ]);
    // The greeting was for the first visit.
    client.send("send-text", { content: "two", options: { audio_response: false } });
    await client.event("bot-output");
    expect(client.words()).toBe("You said: two");
    const stranger = await PipecatRawClient.open(started.wsUrl.replace(/session_id=.*/, "session_id=another"));
    await stranger.ready();
    expect(service.sessions.at(-1)!.items).toEqual([]);
  });

  it("finds what it heard before the line was lost", async () => {
    const service = await withService({ pipecat: { resumable: true } });
    const { wsUrl } = await start(service);
    const client = await PipecatRawClient.open(wsUrl);
    await client.ready();
    client.send("send-text", { content: "one two three" });
    await client.event(({ type, data }) => type === "bot-tts-text" && data.text === "said:");
    client.socket.terminate();
    await expect.poll(() => service.sessions).toHaveLength(0);
    await (await PipecatRawClient.open(wsUrl)).ready();
    expect(service.sessions[0]!.items).toEqual([
      { role: "user", content: "one two three" },
      { role: "assistant", content: like(/^You said:( one)?$/) },
    ]);
  });

  it.each([
    ["once, where clients come back", true, ["one"]],
    ["as often as it comes, where nobody does", false, ["one", "one"]],
  ])("takes a message that comes again %s", async (_how, resumable, heard) => {
    const service = await withService({ pipecat: { resumable } });
    const { wsUrl } = await start(service);
    const client = await PipecatRawClient.open(wsUrl);
    await client.ready();
    const data = { content: "one", options: { run_immediately: false } };
    for (let count = 0; count < 2; count += 1)
      client.message({ label: "rtvi-ai", type: "send-text", id: "same", data });
    // What has an answer is answered each time: it may be the answer that was lost.
    for (let count = 0; count < 2; count += 1) {
      client.message({ label: "rtvi-ai", type: "describe-config", id: "asked", data: {} });
    }
    expect(await client.request("rtvi-machine/ping")).toMatchObject({
      type: "error-response",
      data: { error: "Unsupported type rtvi-machine/ping" },
    });
    expect(service.sessions[0]!.items.map(({ content }) => content)).toEqual(heard);
    expect(client.received.filter(({ id }) => id === "asked")).toHaveLength(2);
  });

  it("needs a new token to do so", async () => {
    const service = await withService({ keys: ["mine"], pipecat: { resumable: true } });
    const first = await start(service);
    await visit(`${first.wsUrl}&token=${first.token}`, "one");
    const { wsUrl, sessionId, token } = await start(service, { sessionId: first.sessionId });
    expect(sessionId).toBe(first.sessionId);
    expect(await refusal(wsUrl)).toBe(403);
    await (await PipecatRawClient.open(`${wsUrl}&token=${token}`)).ready();
    expect(service.sessions.at(-1)!.items).toHaveLength(2);
  });
});
