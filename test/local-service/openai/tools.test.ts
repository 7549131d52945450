import { describe, expect, it } from "vitest";
import { callsInText, forcedCall } from "../../../packages/local-service/src/bot/tool-calls.js";
import { toolNames } from "../../../packages/local-service/src/openai/turn-of.js";
import { speech } from "../../../packages/testkit/src/audio/speech.js";
import { RawClient } from "../../../packages/testkit/src/clients/raw-client.js";
import { withSession } from "../../../packages/testkit/src/worlds/with-service.js";

const tool = (name: string): object => ({ type: "function", name, description: "", parameters: { type: "object" } });
const TOOLS = { output_modalities: ["text"], tools: [tool("get_weather"), tool("get_time")] };

describe("callsInText", () => {
  const names = ["get_weather", "get_time"];

  it("finds the tools a text names, in its order, with the JSON that follows", () => {
    expect(callsInText('call get_time and get_weather {"city":"Paris","at":{"h":1}} please', names, {})).toEqual([
      { name: "get_time", arguments: "{}" },
      { name: "get_weather", arguments: '{"city":"Paris","at":{"h":1}}' },
    ]);
    expect(callsInText('get_weather({"s":"}"})', names, {})[0]!.arguments).toBe('{"s":"}"}');
    expect(callsInText("get_weather {oops", names, { get_weather: { city: "Rome" } })[0]!.arguments).toBe(
      '{"city":"Rome"}',
    );
  });

  it("needs the whole name", () => {
    expect(callsInText("forget_weather get_weathers get_time-zone", names, {})).toEqual([]);
    expect(callsInText("a.b", ["a.b"], {})).toHaveLength(1);
    expect(callsInText("axb", ["a.b"], {})).toEqual([]);
  });

  it("does what tool_choice forces", () => {
    expect(forcedCall("required", names, {})).toEqual([{ name: "get_weather", arguments: "{}" }]);
    expect(forcedCall({ type: "function", name: "get_time" }, names, {})).toEqual([
      { name: "get_time", arguments: "{}" },
    ]);
    expect(forcedCall("auto", names, {})).toEqual([]);
    expect(forcedCall({ type: "function", name: "other" }, names, {})).toEqual([]);
    expect(toolNames([tool("a"), { type: "mcp" }, 5])).toEqual(["a"]);
    expect(toolNames(undefined)).toEqual([]);
  });
});

describe("tool calls", () => {
  it("come as an item with arguments in pieces, and the outputs are quoted", async () => {
    const { client } = await withSession({}, TOOLS);
    const from = client.events.length;
    const { response } = await client.ask('call get_weather {"city":"Paris"}');
    const call = response.output[0]!;
    expect(call).toMatchObject({
      type: "function_call",
      status: "completed",
      name: "get_weather",
      arguments: '{"city":"Paris"}',
    });
    expect(client.types(from)).toEqual([
      "conversation.item.added",
      "conversation.item.done",
      "response.created",
      "rate_limits.updated",
      "response.output_item.added",
      "conversation.item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "response.output_item.done",
      "conversation.item.done",
      "response.done",
    ]);
    const deltas = client.of("response.function_call_arguments.delta");
    expect(deltas.length).toBeGreaterThan(1);
    expect(deltas.map(({ delta }) => delta).join("")).toBe('{"city":"Paris"}');
    expect(client.of("response.function_call_arguments.done")[0]).toMatchObject({
      call_id: call.call_id,
      name: "get_weather",
    });
    expect(client.of("response.output_item.added")[0]!.item).toMatchObject({ status: "in_progress", arguments: "" });

    const next = client.events.length;
    client.send("conversation.item.create", {
      item: { type: "function_call_output", call_id: call.call_id, output: '{"t":21}' },
    });
    client.send("response.create");
    const done = await client.event("response.done", next);
    expect(RawClient.words(done)).toBe('get_weather returned {"t":21}.');
  });

  it("come several at once, and falsy outputs count", async () => {
    const { client } = await withSession({}, TOOLS);
    const { response } = await client.ask("get_weather and get_time and get_weather again, and get_time");
    expect(response.output.map(({ name }: { name: string }) => name)).toEqual([
      "get_weather",
      "get_time",
      "get_weather",
      "get_time",
    ]);
    expect(client.of("response.output_item.done").map((event) => event.output_index)).toEqual([0, 1, 2, 3]);
    const from = client.events.length;
    for (const [index, output] of ["false", "0", "", "null"].entries()) {
      const item = { type: "function_call_output", call_id: response.output[index]!.call_id, output };
      client.send("conversation.item.create", { item });
    }
    client.send("response.create");
    expect(RawClient.words(await client.event("response.done", from))).toBe(
      'get_weather returned false. get_time returned 0. get_weather returned "". get_time returned null.',
    );
  });

  it("follow the response's own tools, choice and instructions", async () => {
    const { client } = await withSession({ tools: { other: { a: 1 } } }, TOOLS);
    expect((await client.ask("get_weather", { tool_choice: "none" })).response.output[0]!.type).toBe("message");
    const forced = await client.ask("hello", { tool_choice: "required" });
    expect(forced.response.output[0]!.name).toBe("get_weather");
    const own = await client.ask("hello", { tools: [tool("other")], instructions: "use other" });
    expect(own.response.output[0]).toMatchObject({ name: "other", arguments: '{"a":1}' });
  });

  it("can be scripted for a spoken turn", async () => {
    const script = [
      {
        heard: "the weather in Paris",
        calls: [{ name: "get_weather", arguments: { city: "Paris" } }, { name: "get_time" }],
      },
    ];
    const { client } = await withSession({ script }, TOOLS);
    client.speak(speech());
    const { response } = await client.event("response.done");
    expect(response.output).toMatchObject([
      { name: "get_weather", arguments: '{"city":"Paris"}' },
      { name: "get_time", arguments: "{}" },
    ]);
    const from = client.events.length;
    client.speak(speech());
    const next = await client.event("response.done", from);
    expect(next.response.output[0]!.type).toBe("message");
  });
});
