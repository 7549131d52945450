import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { malformedFrames } from "../../../packages/local-service/src/gemini/malformed.js";
import type { LocalService } from "../../../packages/local-service/src/index.js";
import { GeminiClient, MODEL } from "../../../packages/testkit/src/clients/gemini-client.js";
import { speech } from "../../../packages/testkit/src/audio/speech.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";

const TEXT = { generationConfig: { responseModalities: ["TEXT"] } };

async function mint(service: LocalService, body: object = {}, key: string | null = "local"): Promise<Response> {
  return await fetch(`${service.url}/v1alpha/auth_tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(key === null ? {} : { "x-goog-api-key": key }) },
    body: JSON.stringify(body),
  });
}

async function token(service: LocalService, body: object = {}): Promise<string> {
  const answer = await mint(service, body);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { name: string }).name;
}

function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

/** Opens with a token and sends a setup. */
async function enter(service: LocalService, name: string, setup: object = {}): Promise<GeminiClient> {
  const client = await GeminiClient.open(service, `access_token=${name}`, "v1alpha Constrained");
  client.send({ setup: { model: MODEL, ...setup } });
  return client;
}

describe("a key", () => {
  it("opens every version of the address, with one slash or two", async () => {
    const service = await withService();
    for (const version of ["v1", "v1beta", "v1alpha"]) {
      const client = await GeminiClient.open(service, "key=AIzaLocal", version);
      client.send({ setup: { model: MODEL } });
      await client.next("setupComplete");
    }
    const path = "//ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=local";
    const client = new GeminiClient(new WebSocket(`${service.geminiUrl}${path}`));
    client.socket.on("open", () => client.send({ setup: { model: MODEL } }));
    await client.next("setupComplete");
    expect(service.sessions).toHaveLength(4);
  });

  it("that is wrong is refused after the handshake, with 1007; a missing one with 1008", async () => {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const logger = { debug: note, info: note, warn: note, error: note };
    const service = await withService({ keys: ["AIzaSecret"], logger });
    for (const query of ["key=AIzaWrong", "key=local"]) {
      const closed = await (await GeminiClient.open(service, query)).closed;
      expect(closed).toEqual({ code: 1007, reason: "API key not valid. Please pass a valid API key." });
    }
    for (const query of ["", "key=", "access_token=AIzaSecret"]) {
      expect((await (await GeminiClient.open(service, query)).closed).code).toBe(1008);
    }
    expect(service.sessions).toEqual([]);
    await GeminiClient.start(service, {}, "key=AIzaSecret");
    expect(lines.join("\n")).not.toContain("AIza");
  });

  it("of OpenAI's kind for pages does not open Gemini", async () => {
    const service = await withService();
    const answer = await fetch(`${service.url}/v1/realtime/client_secrets`, {
      method: "POST",
      headers: { Authorization: "Bearer local" },
    });
    const { value } = (await answer.json()) as { value: string };
    expect((await (await GeminiClient.open(service, `key=${value}`)).closed).code).toBe(1007);
  });
});

describe("a token", () => {
  it("opens one session, unless more are asked for", async () => {
    const service = await withService();
    const once = await token(service);
    expect(once).toMatch(/^auth_tokens\/\w+$/);
    await (await enter(service, once)).next("setupComplete");
    expect(await (await enter(service, once)).closed).toEqual({ code: 1007, reason: "auth token has been used up" });
    for (const [uses, sessions] of [
      [2, 2],
      [0, 4],
    ] as const) {
      const name = await token(service, { uses });
      for (let count = 0; count < sessions; count += 1) await (await enter(service, name)).next("setupComplete");
    }
  });

  it("spends no use on coming back", async () => {
    const service = await withService();
    const name = await token(service, { newSessionExpireTime: inMs(300) });
    const client = await enter(service, name, { sessionResumption: {} });
    const handle = (await client.next("sessionResumptionUpdate")).sessionResumptionUpdate!.newHandle;
    await client.close();
    await new Promise((resolve) => setTimeout(resolve, 310));
    await (await enter(service, name, { sessionResumption: { handle } })).next("setupComplete");
    expect((await (await enter(service, name)).closed).reason).toBe("auth token is expired for new sessions");
  });

  it("ends, and a session that it opened ends with it", async () => {
    const service = await withService();
    const name = await token(service, { expireTime: inMs(200), uses: 0 });
    const client = await enter(service, name);
    await client.next("setupComplete");
    expect(await client.closed).toEqual({ code: 1007, reason: "auth token has expired" });
    for (const wrong of [name, "auth_tokens/unknown", "local"]) {
      expect((await (await enter(service, wrong)).closed).code).toBe(1007);
    }
    expect((await (await enter(service, "")).closed).code).toBe(1008);
  });

  it("replaces the setup, or locks the fields that it names", async () => {
    const service = await withService();
    const setup = {
      model: "models/gemini-locked",
      generation_config: { response_modalities: ["TEXT"], temperature: 0 },
    };
    const whole = await enter(service, await token(service, { bidiGenerateContentSetup: setup }), {
      systemInstruction: { parts: [{ text: "Ignored." }] },
      sessionResumption: {},
    });
    await whole.next("setupComplete");
    expect(service.sessions[0]!.config).toEqual({
      model: "models/gemini-locked",
      generationConfig: { responseModalities: ["TEXT"], temperature: 0 },
    });
    const fieldMask = "model,generationConfig.responseModalities,tools";
    const partly = await enter(service, await token(service, { bidiGenerateContentSetup: setup, fieldMask }), {
      generationConfig: { responseModalities: ["AUDIO"], temperature: 1 },
      tools: [{ googleSearch: {} }],
      systemInstruction: { parts: [{ text: "Kept." }] },
    });
    await partly.next("setupComplete");
    expect(service.sessions[1]!.config).toEqual({
      model: "models/gemini-locked",
      generationConfig: { responseModalities: ["TEXT"], temperature: 1 },
      systemInstruction: { parts: [{ text: "Kept." }] },
    });
  });

  it.each([
    [{ uses: -1 }],
    [{ uses: "many" }],
    [{ expireTime: "tomorrow" }],
    [{ expireTime: inMs(-1000) }],
    [{ expireTime: inMs(21 * 3_600_000) }],
    [{ expireTime: inMs(60_000), newSessionExpireTime: inMs(120_000) }],
    [{ bidiGenerateContentSetup: { noSuchField: 1 } }],
    [{ noSuchField: 1 }],
  ])("is not made of %j", async (body) => {
    const answer = await mint(await withService(), body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: 400, status: "INVALID_ARGUMENT" } });
  });

  it("is not made for a wrong key, for none, or for another token", async () => {
    const service = await withService({ allowOrigins: ["http://localhost:3000"] });
    expect((await mint(service, {}, "bad")).status).toBe(400);
    expect((await mint(service, {}, await token(service))).status).toBe(400);
    expect((await mint(service, {}, null)).status).toBe(403);
    const body = await fetch(`${service.url}/v1beta/auth_tokens?key=local`, {
      method: "POST",
      body: "[",
      headers: { "Content-Type": "application/json" },
    });
    expect(body.status).toBe(400);
    const preflight = await fetch(`${service.url}/v1alpha/auth_tokens`, {
      method: "OPTIONS",
      headers: { Origin: "http://localhost:3000", "Access-Control-Request-Headers": "x-goog-api-key" },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toBe("x-goog-api-key");
  });
});

describe("faults", () => {
  const quiet = async (client: GeminiClient): Promise<void> => {
    client.send({ setup: { model: MODEL } });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(client.messages).toEqual([]);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  };

  it("silent and no-updated never answer the setup", async () => {
    const service = await withService();
    await quiet(await GeminiClient.open(service, "key=local&fault=silent"));
    await quiet(await GeminiClient.open(service, "key=local&fault=no-updated"));
  });

  it("hang-upgrade, unavailable, drop-after, unauthorized-after-open", async () => {
    const service = await withService();
    const hanging = GeminiClient.open(service, "key=local&fault=hang-upgrade");
    await expect(Promise.race([hanging, new Promise((resolve) => setTimeout(resolve, 80, "hangs"))])).resolves.toBe(
      "hangs",
    );
    await expect(GeminiClient.open(service, "key=local&fault=unavailable")).rejects.toThrow("503");
    const dropped = await GeminiClient.start(service, {}, "key=local&fault=drop-after=60");
    expect((await dropped.closed).code).toBe(1006);
    const refused = await GeminiClient.open(service, "key=local&fault=unauthorized-after-open");
    expect((await refused.closed).code).toBe(1007);
    await service.close();
    await expect(hanging).rejects.toThrow();
  });

  it("fail-responses ends the connection for want of quota", async () => {
    const client = await GeminiClient.start(await withService(), {}, "key=local&fault=fail-responses");
    client.write("hello");
    expect(await client.closed).toMatchObject({ code: 1011, reason: expect.stringContaining("quota") as string });
  });

  it("late-deltas goes on with an answer that was interrupted", async () => {
    const service = await withService({ replySpeed: 2 });
    const client = await GeminiClient.start(service, {}, "key=local&fault=late-deltas");
    client.write("hello");
    await client.next("modelTurn");
    client.send({ clientContent: { turnComplete: false } });
    await client.next("turnComplete");
    const from = client.messages.length;
    await client.next("modelTurn", from);
  });

  it("malformed breaks the protocol in every way, and goes on", async () => {
    const client = await GeminiClient.start(await withService(), TEXT, "key=local&fault=malformed");
    await expect.poll(() => client.frames.length).toBe(malformedFrames().length + 1);
    client.messages.length = 0;
    expect(await client.ask("hi")).toBe("You said: hi");
    expect(client.frames.some(({ binary }) => !binary)).toBe(true);
    expect(client.frames.some(({ data }) => data.length > 1_000_000)).toBe(true);
  });
});

describe("the event log", () => {
  it("has what happened, and no sound, text or key", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, { ...TEXT, tools: [{ functionDeclarations: [{ name: "f" }] }] });
    client.speak(speech());
    await client.next("turnComplete");
    client.send({ realtimeInput: { text: "f secret" } });
    const { id } = (await client.next("toolCall")).toolCall!.functionCalls[0]!;
    client.send({ toolResponse: { functionResponses: [{ id, name: "f", response: { output: "secret" } }] } });
    await client.next("generationComplete", client.messages.length);
    client.send({ nonsense: "secret" });
    await client.closed;
    const { events } = service;
    expect(events.filter(({ direction }) => direction === "in").map(({ type }) => type)).toEqual([
      "setup",
      "realtimeInput.text",
      "toolResponse",
      "nonsense",
    ]);
    expect(events.find(({ type }) => type === "toolCall")).toMatchObject({ direction: "out", itemId: id });
    expect(events.find(({ type }) => type === "toolResponse")).toMatchObject({ itemId: id });
    expect(events.at(-1)).toMatchObject({ type: "close", code: "1007" });
    expect(JSON.stringify(events)).not.toMatch(/secret|local|"data"/);
  });
});
