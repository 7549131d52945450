import { describe, expect, it } from "vitest";
import { PipecatRawClient, type Received } from "../../../packages/testkit/src/clients/pipecat-client.js";
import { speech } from "../../../packages/testkit/src/audio/speech.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";
import { start, withBot } from "./support.js";

const WRITTEN = { audio_response: false };

function finish(client: PipecatRawClient, { data }: Received, result: unknown): void {
  client.send("llm-function-call-result", { ...data, result });
}

describe("function calls", () => {
  it("run in the client, and the answer quotes what they returned", async () => {
    const { service, client } = await withBot({ tools: { get_weather: { city: "Oslo" } } });
    const from = client.received.length;
    client.send("send-text", { content: 'get_weather {"city":"Paris"}', options: WRITTEN });
    const call = await client.event("llm-function-call-in-progress");
    await client.event("bot-llm-stopped");
    expect(call.data).toEqual({
      tool_call_id: call.data.tool_call_id,
      function_name: "get_weather",
      arguments: { city: "Paris" },
    });
    expect(client.types(from)).toEqual([
      "user-llm-text",
      "bot-llm-started",
      "llm-function-call-started",
      "llm-function-call-in-progress",
      "bot-llm-stopped",
    ]);
    expect(client.of("llm-function-call-started")[0]!.data).toEqual({ function_name: "get_weather" });
    finish(client, call, { sky: "clear" });
    expect((await client.event("llm-function-call-stopped")).data).toEqual({
      tool_call_id: call.data.tool_call_id,
      function_name: "get_weather",
      cancelled: false,
      result: { sky: "clear" },
    });
    await client.event("bot-stopped-speaking");
    expect(client.words()).toBe('get_weather returned {"sky":"clear"}.');
    const { items } = service.sessions[0]!;
    expect(items.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
    expect(items[2]).toEqual({ role: "tool", tool_call_id: call.data.tool_call_id, content: '{"sky":"clear"}' });
  });

  it("may come from the body of /start", async () => {
    const service = await withService();
    const tools = ["one", { name: "two" }, { type: "function", function: { name: "three" } }, 4, null];
    const { wsUrl } = await start(service, { body: { tools } });
    const client = await PipecatRawClient.open(wsUrl);
    await client.ready();
    expect(service.sessions[0]!.config.tools).toEqual(["one", "two", "three"]);
    client.send("send-text", { content: "two, then three" });
    await client.event(({ type, data }) => type === "llm-function-call-in-progress" && data.function_name === "three");
    const [two, three] = client.of("llm-function-call-in-progress");
    finish(client, three!, 3);
    finish(client, two!, 2);
    await client.event("bot-started-speaking");
    expect(client.words()).toBe("three returned 3. two returned 2.");
    expect(client.of("bot-llm-started")).toHaveLength(2);
    finish(client, two!, 2);
    expect((await client.event("error-response")).data.error).toMatch(/No function call call_/);
  });

  it("are cancelled when the user speaks", async () => {
    const { client } = await withBot({
      script: [{ heard: "weather?", calls: [{ name: "get_weather", arguments: "{broken" }] }],
    });
    client.send("send-text", { content: "hm" });
    const call = await client.event("llm-function-call-in-progress");
    expect(call.data.arguments).toBe("{broken");
    client.speak(speech());
    expect((await client.event("llm-function-call-stopped")).data).toEqual({
      tool_call_id: call.data.tool_call_id,
      function_name: "get_weather",
      cancelled: true,
    });
    await client.event("bot-started-speaking");
    expect(client.words()).toMatch(/^You said: \(speech/);
  });
});
