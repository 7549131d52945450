import { describe, expect, it } from "vitest";
import { GeminiClient } from "../../../packages/testkit/src/clients/gemini-client.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";

function tools(behavior?: string): object {
  const functionDeclarations = [
    { name: "get_weather", ...(behavior === undefined ? {} : { behavior }) },
    { name: "get_time", parametersJsonSchema: { type: "object" } },
  ];
  return { tools: [{ functionDeclarations }], generationConfig: { responseModalities: ["TEXT"] } };
}

async function call(client: GeminiClient, text = 'get_weather {"city":"Oslo"}'): Promise<string> {
  const from = client.messages.length;
  client.write(text);
  return (await client.next("toolCall", from)).toolCall!.functionCalls[0]!.id;
}

function respond(client: GeminiClient, ...responses: object[]): void {
  client.send({ toolResponse: { functionResponses: responses } });
}

describe("a tool", () => {
  it("is called with arguments, and its result is quoted in the same turn", async () => {
    const service = await withService();
    const client = await GeminiClient.start(service, { ...tools(), sessionResumption: {} });
    const from = client.messages.length;
    const id = await call(client);
    const [made] = client.messages.at(-1)!.toolCall!.functionCalls;
    expect(made).toEqual({ id, name: "get_weather", args: { city: "Oslo" } });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(client.kinds(from)).not.toContain("turnComplete");
    respond(client, { id, name: "get_weather", response: { output: "rain" } });
    await client.next("turnComplete", from);
    expect(client.words()).toBe("get_weather returned rain.");
    const kinds = (): string[] => client.kinds(from).filter((kind) => kind !== "modelTurn");
    const resumption = "sessionResumptionUpdate";
    await expect.poll(kinds).toEqual([resumption, "toolCall", "generationComplete", "turnComplete", resumption]);
    expect(service.sessions[0]!.items[2]).toEqual({
      role: "user",
      parts: [{ functionResponse: { id, name: "get_weather", response: { output: "rain" } } }],
    });
  });

  it.each([
    [{ output: false }, "false"],
    [{ output: 0 }, "0"],
    [{ output: null }, "null"],
    [{ output: "" }, '""'],
    [{}, "{}"],
    [{ error: "no" }, '{"error":"no"}'],
  ])("may return %j", async (response, shown) => {
    const client = await GeminiClient.start(await withService(), tools());
    respond(client, { id: await call(client), name: "get_weather", response });
    await client.next("turnComplete");
    expect(client.words()).toBe(`get_weather returned ${shown}.`);
  });

  it("is waited for with all others of the turn", async () => {
    const client = await GeminiClient.start(await withService(), tools());
    client.write("get_weather and get_time");
    const { functionCalls } = (await client.next("toolCall")).toolCall!;
    const [weather, time] = functionCalls;
    respond(client, { id: time!.id, name: "get_time", response: { output: "noon" } });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(client.words()).toBe("");
    respond(client, { id: weather!.id, name: "get_weather", response: { output: "rain" } });
    await client.next("turnComplete");
    expect(client.words()).toBe("get_time returned noon. get_weather returned rain.");
  });

  it("is called off by an interruption, and a late response is let pass", async () => {
    const client = await GeminiClient.start(await withService(), tools());
    const id = await call(client);
    const from = client.messages.length;
    client.write("never mind");
    await expect.poll(() => client.kinds(from).slice(-2)).toEqual(["generationComplete", "turnComplete"]);
    expect(client.kinds(from).slice(0, 3)).toEqual(["interrupted", "toolCallCancellation", "turnComplete"]);
    expect(client.messages[from + 1]!.toolCallCancellation).toEqual({ ids: [id] });
    respond(client, { id, name: "get_weather", response: { output: "late" } });
    expect(await client.ask("well?")).toBe("You said: well?");
  });

  it("is not waited for when it is NON_BLOCKING", async () => {
    const client = await GeminiClient.start(await withService(), tools("NON_BLOCKING"));
    const id = await call(client);
    await client.next("turnComplete");
    expect(await client.ask("meanwhile")).toBe("You said: meanwhile");
    let from = client.messages.length;
    respond(client, {
      id,
      name: "get_weather",
      response: { output: "half" },
      willContinue: true,
      scheduling: "SILENT",
    });
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(client.kinds(from)).toEqual([]);
    from = client.messages.length;
    respond(client, { id, name: "get_weather", response: { output: "rain" }, scheduling: "WHEN_IDLE" });
    await client.next("turnComplete", from);
    expect(client.words(from)).toBe("get_weather returned half. get_weather returned rain.");
  });

  it("may interrupt with its result", async () => {
    const service = await withService({ replySpeed: 1 });
    const client = await GeminiClient.start(service, tools("NON_BLOCKING"));
    const id = await call(client);
    await client.next("turnComplete");
    const from = client.messages.length;
    client.write("tell me a very long story please");
    await client.next("modelTurn", from);
    respond(client, { id, name: "get_weather", response: { output: "rain" }, scheduling: "INTERRUPT" });
    await client.next("interrupted", from);
    await client.next("generationComplete", from);
    expect(client.words(from)).toContain("get_weather returned rain.");
  });

  it.each([
    [{ name: "get_weather", response: {} }, /missing its id/],
    [{ id: "ID", response: {} }, /missing its name/],
    [{ id: "ID", name: "get_weather" }, /missing its response object/],
    [{ id: "ID", name: "get_weather", response: "rain" }, /Struct/],
    [{ id: "ID", name: "get_weather", response: ["rain"] }, /Struct/],
    [{ id: "fc_unknown", name: "get_weather", response: {} }, /does not match any function call/],
  ])("closes with 1007 on the response %j", async (response, reason) => {
    const client = await GeminiClient.start(await withService(), tools());
    const id = await call(client);
    respond(client, { ...response, ...("id" in response && response.id === "ID" ? { id } : {}) });
    const closed = await client.closed;
    expect(closed.code).toBe(1007);
    expect(closed.reason).toMatch(reason);
  });
});
