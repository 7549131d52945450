import { describe, expect, it } from "vitest";
import type { LocalService } from "../../../packages/local-service/src/index.js";
import { GeminiClient } from "../../../packages/testkit/src/clients/gemini-client.js";
import { silence, speech } from "../../../packages/testkit/src/audio/speech.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";

const TEXT = { generationConfig: { responseModalities: ["TEXT"] } };

function resume(handle?: string): object {
  return { ...TEXT, sessionResumption: handle === undefined ? {} : { handle } };
}

/** The newest handle; undefined while there is none. */
function lastHandle(client: GeminiClient): string | undefined {
  return client.messages.findLast((message) => message.sessionResumptionUpdate)?.sessionResumptionUpdate?.newHandle;
}

/** A session with one turn behind it, and its handle. */
async function talked(service: LocalService): Promise<{ client: GeminiClient; handle: string }> {
  const client = await GeminiClient.start(service, resume());
  await client.ask("My name is Ada.");
  await expect.poll(() => lastHandle(client)).toBeDefined();
  return { client, handle: lastHandle(client)! };
}

async function closing(service: LocalService, setup: object): Promise<{ code: number; reason: string }> {
  const client = await GeminiClient.open(service);
  client.send({ setup: { model: "models/gemini-2.5-flash", ...setup } });
  return await client.closed;
}

describe("a session that may be resumed", () => {
  it("goes on over another connection, with everything that was said", async () => {
    const service = await withService({ script: [{}, { say: "Second." }, { say: "Third." }] });
    const { client, handle } = await talked(service);
    const before = service.sessions[0]!.items;
    service.sessions[0]!.terminate();
    expect((await client.closed).code).toBe(1006);
    await expect.poll(() => service.sessions).toHaveLength(0);

    const next = await GeminiClient.start(service, resume(handle));
    expect(service.sessions[0]!.items).toEqual(before);
    expect(await next.ask("What is my name?")).toBe("Second.");
    expect(service.sessions[0]!.items.map(({ role }) => role)).toEqual(["user", "model", "user", "model"]);

    // The first handle still leads to the first state.
    const again = await GeminiClient.start(service, resume(handle));
    expect(service.sessions[1]!.items).toEqual(before);
    expect(await again.ask("And now?")).toBe("Second.");
  });

  it("says when it cannot be resumed: while the model speaks, or waits for a function", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, {
      ...resume(),
      tools: [{ functionDeclarations: [{ name: "get_weather" }] }],
    });
    await client.next("sessionResumptionUpdate");
    const from = client.messages.length;
    client.write("get_weather");
    const id = (await client.next("toolCall", from)).toolCall!.functionCalls[0]!.id;
    const updates = (): unknown[] =>
      client.messages.slice(from).flatMap(({ sessionResumptionUpdate: update }) => (update ? [update] : []));
    expect(updates()).toEqual([{ resumable: false }]);
    client.send({ toolResponse: { functionResponses: [{ id, name: "get_weather", response: {} }] } });
    await expect
      .poll(updates)
      .toEqual([{ resumable: false }, { newHandle: expect.any(String) as string, resumable: true }]);
  });

  it("restores what was spoken", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, { sessionResumption: {} });
    client.speak(Buffer.concat([speech(), silence(800)]));
    await client.next("turnComplete");
    await expect.poll(() => lastHandle(client)).toBeDefined();
    const before = service.sessions[0]!.items;
    await client.close();
    await GeminiClient.start(service, { sessionResumption: { handle: lastHandle(client) } });
    await expect.poll(() => service.sessions.at(-1)?.items).toEqual(before);
    expect(JSON.stringify(before)).toContain("(speech");
  });

  it("does not greet twice", async () => {
    const service = await withService({ greet: true, greetAfterMs: 20 });
    const client = await GeminiClient.start(service, resume());
    await client.next("turnComplete");
    await expect.poll(() => lastHandle(client)).toBeDefined();
    const next = await GeminiClient.start(service, resume(lastHandle(client)));
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(next.kinds()).not.toContain("modelTurn");
  });

  it("is refused with an unknown, an old handle, or another model", async () => {
    const service = await withService({ handleTtl: 0.05 });
    const { handle } = await talked(service);
    expect(await closing(service, { ...resume(handle), model: "models/gemini-other" })).toMatchObject({ code: 1007 });
    const gone = { code: 1008, reason: "BidiGenerateContent session not found" };
    expect(await closing(service, resume(`${handle}x`))).toEqual(gone);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await closing(service, resume(handle))).toEqual(gone);
  });

  it("gets no handles unless it asks", async () => {
    const client = await GeminiClient.start(await withService(), TEXT);
    await client.ask("hello");
    expect(client.kinds()).not.toContain("sessionResumptionUpdate");
  });
});

describe("goAway", () => {
  it("announces the end of a connection, which comes; the session goes on elsewhere", async () => {
    const service = await withService({ goAwayTimeLeftMs: 150 });
    service.faults.goAwayAfterMs = 50;
    const { client, handle } = await talked(service);
    expect((await client.next("goAway")).goAway).toEqual({ timeLeft: "0.15s" });
    expect(await client.ask("still there?")).toBe("You said: still there?");
    expect(await client.closed).toMatchObject({ code: 1001 });
    service.faults.goAwayAfterMs = undefined;
    const next = await GeminiClient.start(service, resume(handle));
    expect(await next.ask("hello")).toBe("You said: hello");
  });

  it("comes before the longest life of a session is over", async () => {
    const service = await withService({ sessionMaxSeconds: 0.2, goAwayTimeLeftMs: 100 });
    const client = await GeminiClient.start(service);
    const openedAt = Date.now();
    await client.next("goAway");
    expect(Date.now() - openedAt).toBeGreaterThan(80);
    expect((await client.closed).code).toBe(1001);
    expect(Date.now() - openedAt).toBeGreaterThan(180);
  });

  it("can be sent by a test, as any other message", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service);
    service.sessions[0]!.send({ goAway: { timeLeft: "12s" } });
    expect((await client.next("goAway")).goAway).toEqual({ timeLeft: "12s" });
    service.sessions[0]!.drop(1011, "Deadline expired");
    expect(await client.closed).toEqual({ code: 1011, reason: "Deadline expired" });
  });
});
