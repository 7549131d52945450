import { describe, expect, it } from "vitest";
import { like } from "../../../packages/testkit/src/util/matchers.js";
import type { PipecatRawClient, Received } from "../../../packages/testkit/src/clients/pipecat-client.js";
import { silence, speech } from "../../../packages/testkit/src/audio/speech.js";
import { withBot } from "./support.js";

const HELLO = { role: "user", content: "hello" };

function option(service: string, name: string, value: unknown): object {
  return { config: [{ service, options: [{ name, value }] }] };
}

async function act(client: PipecatRawClient, name: string, given: object = {}): Promise<Received> {
  const [service, action] = name.split(":");
  const list = Object.entries(given).map(([key, value]: [string, unknown]) => ({ name: key, value }));
  return await client.request("action", { service, action, ...(list.length > 0 ? { arguments: list } : {}) });
}

async function context(client: PipecatRawClient): Promise<unknown> {
  return (await act(client, "llm:get_context")).data.result;
}

describe("services", () => {
  it("show their configuration, and what can be set", async () => {
    const { client } = await withBot();
    const { type, data } = await client.request("get-config");
    expect(type).toBe("config");
    expect(data).toEqual({
      config: [
        {
          service: "vad",
          options: [
            { name: "confidence", value: 0.5 },
            { name: "start_secs", value: 0.2 },
            { name: "min_volume", value: 0.6 },
            { name: "stop_secs", value: 0.5 },
            { name: "params", value: { confidence: 0.5, start_secs: 0.2, stop_secs: 0.5, min_volume: 0.6 } },
          ],
        },
        {
          service: "stt",
          options: [
            { name: "model", value: "local" },
            { name: "interim_results", value: true },
          ],
        },
        {
          service: "llm",
          options: [
            { name: "model", value: "local" },
            { name: "initial_messages", value: [] },
            { name: "run_on_config", value: false },
          ],
        },
        {
          service: "tts",
          options: [
            { name: "model", value: "local" },
            { name: "voice", value: "recorded" },
          ],
        },
      ],
    });
    const described = await client.request("describe-config");
    expect(described.type).toBe("config-available");
    expect(described.data.config).toContainEqual({
      name: "vad",
      options: [
        { name: "confidence", type: "number" },
        { name: "start_secs", type: "number" },
        { name: "min_volume", type: "number" },
        { name: "stop_secs", type: "number" },
        { name: "params", type: "object" },
      ],
    });
    const actions = await client.request("describe-actions");
    expect(actions.type).toBe("actions-available");
    expect(actions.data.actions).toContainEqual({
      service: "tts",
      action: "say",
      arguments: [
        { name: "text", type: "string" },
        { name: "interrupt", type: "bool" },
      ],
      result: "bool",
    });
    expect(actions.data.actions).toHaveLength(6);
  });

  it("change what can be seen", async () => {
    const { client } = await withBot();
    const answer = await client.request("update-config", {
      config: [
        { service: "llm", options: [{ name: "model", value: "big" }] },
        { service: "tts", options: [{ name: "model", value: "loud" }] },
        { service: "stt", options: [{ name: "interim_results", value: false }] },
      ],
    });
    expect(answer.type).toBe("config");
    expect(answer.data).toEqual((await client.request("get-config")).data);
    expect(JSON.stringify(answer.data)).toContain('{"name":"model","value":"big"}');
    client.speak(speech());
    await client.event("bot-started-speaking");
    expect(client.of("user-transcription").map(({ data }) => data.final)).toEqual([true]);
    const models = client.of("metrics").map(({ data }) => data.ttfb as readonly { readonly model: string }[]);
    expect(models.map(([entry]) => entry!.model)).toEqual(["big", "loud"]);
  });

  it.each([
    ["an option of its own", option("vad", "stop_secs", 1.5)],
    ["one of the detector's params, as Pipecat's documentation writes it", option("vad", "params", { stop_secs: 1.5 })],
  ])("let a turn end sooner or later, by %s", async (_what, update) => {
    const { client } = await withBot();
    await client.request("update-config", update);
    client.speak(speech(), 1000);
    await client.request("client-message", { t: "after" });
    expect(client.of("user-stopped-speaking")).toEqual([]);
    client.speak(silence(600), 0);
    await client.event("user-stopped-speaking");
  });

  it("take the detector's params one by one or together, and show what is set", async () => {
    const { client } = await withBot();
    const vad = async (): Promise<unknown> => {
      const { data } = await client.request("get-config");
      return (data.config as readonly unknown[])[0];
    };
    const shown = (confidence: number, stop_secs: number, start_secs = 0.2, min_volume = 0.6): object => ({
      service: "vad",
      options: [
        { name: "confidence", value: confidence },
        { name: "start_secs", value: start_secs },
        { name: "min_volume", value: min_volume },
        { name: "stop_secs", value: stop_secs },
        { name: "params", value: { confidence, start_secs, stop_secs, min_volume } },
      ],
    });
    const answer = await client.request("update-config", option("vad", "params", { stop_secs: 3 }));
    expect(answer.type).toBe("config");
    expect(await vad()).toEqual(shown(0.5, 3));
    await client.request("update-config", option("vad", "params", { confidence: 0.25 }));
    expect(await vad()).toEqual(shown(0.25, 3));
    await client.request("update-config", option("vad", "params", { confidence: 0.75, stop_secs: 0.2 }));
    expect(await vad()).toEqual(shown(0.75, 0.2));
    await client.request("update-config", option("vad", "params", {}));
    expect(await vad()).toEqual(shown(0.75, 0.2));
    // All of Pipecat's `VADParams`.
    const all = { confidence: 0.7, start_secs: 0.1, stop_secs: 0.8, min_volume: 0.4 };
    await client.request("update-config", option("vad", "params", all));
    expect(await vad()).toEqual(shown(0.7, 0.8, 0.1, 0.4));
  });

  it("take a configuration with all the services at once, as Pipecat's documentation shows it", async () => {
    const { client } = await withBot();
    const config = [
      { service: "vad", options: [{ name: "params", value: { stop_secs: 3.0 } }] },
      { service: "tts", options: [{ name: "voice", value: "79a125e8-cd45-4c13-8a67-188112f4dd22" }] },
      {
        service: "llm",
        options: [
          { name: "model", value: "some-model" },
          { name: "initial_messages", value: [{ role: "system", content: "You are an assistant." }] },
          { name: "run_on_config", value: true },
        ],
      },
    ];
    expect((await client.request("update-config", { config })).type).toBe("config");
  });

  it("begin a new conversation, and answer it when told to", async () => {
    const { service, client } = await withBot();
    await client.request("update-config", option("llm", "initial_messages", [HELLO]));
    expect(await context(client)).toEqual([HELLO]);
    expect(client.of("bot-llm-started")).toEqual([]);
    await client.request("update-config", option("llm", "run_on_config", true));
    await client.request("update-config", {
      interrupt: true,
      ...option("llm", "initial_messages", [{ role: "user", content: [{ type: "text", text: "in parts" }] }]),
    });
    await client.event("bot-stopped-speaking");
    expect(service.sessions[0]!.items.at(-1)).toEqual({ role: "assistant", content: "You said: in parts" });
  });

  it.each([
    [option("nlp", "model", "x"), "Service nlp not registered"],
    [option("__proto__", "model", "x"), "Service __proto__ not registered"],
    [option("llm", "temperature", 1), "Option llm:temperature not registered"],
    [option("llm", "constructor", 1), "Option llm:constructor not registered"],
    [option("llm", "model", 1), "Option llm:model must be of type string"],
    [option("llm", "initial_messages", ["x"]), "Option llm:initial_messages must be messages with a role"],
    [option("llm", "run_on_config", "yes"), "Option llm:run_on_config must be of type bool"],
    [option("vad", "stop_secs", 0), "Option vad:stop_secs must be 0.02 to 60"],
    [option("vad", "confidence", 2), "Option vad:confidence must be 0 to 1"],
    [option("vad", "params", 3), "Option vad:params must be of type object"],
    [option("vad", "params", { confidence: 0.1, stop_secs: 0 }), "Option vad:stop_secs must be 0.02 to 60"],
    [
      option("vad", "params", { stop_secs: 1, max_volume: 1 }),
      "Option vad:params has no max_volume: confidence, start_secs, stop_secs, min_volume",
    ],
    [option("llm", "params", { stop_secs: 1 }), "Option llm:params not registered"],
  ])("refuse %j", async (data, error) => {
    const { client } = await withBot();
    const before = await client.request("get-config");
    expect(await client.request("update-config", data)).toMatchObject({ type: "error-response", data: { error } });
    expect((await client.request("get-config")).data).toEqual(before.data);
  });

  it("are gone when the service plays a server of today", async () => {
    const { client } = await withBot({ pipecat: { services: false } });
    for (const type of ["get-config", "update-config", "describe-config", "describe-actions", "action"]) {
      expect((await client.request(type)).data).toEqual({ error: `Unsupported type ${type}` });
    }
  });
});

describe("actions", () => {
  it("say what they are told, one after the other, and fall silent", async () => {
    const { service, client } = await withBot();
    expect((await act(client, "tts:say", { text: "one." })).data).toEqual({ result: true });
    await act(client, "tts:say", { text: "two." });
    await client.event(({ type, data }) => type === "bot-output" && data.text === "two.");
    expect(client.of("bot-stopped-speaking")).toHaveLength(1);
    expect(client.of("bot-interrupted")).toEqual([]);
    await act(client, "tts:say", { text: "never" });
    expect((await act(client, "tts:interrupt")).data).toEqual({ result: true });
    expect(client.of("bot-interrupted")).toHaveLength(1);
    await act(client, "tts:say", { text: "at once", interrupt: true });
    await client.event(
      ({ type, data }) => type === "bot-output" && data.spoken_status === "completed" && data.text === "at once",
    );
    expect(client.of("bot-output").map(({ data }) => data.text)).not.toContain("never");
    expect(service.sessions[0]!.items[0]).toEqual({ role: "assistant", content: "one." });
  });

  it("are told when too much waits to be said", async () => {
    const { client } = await withBot();
    const results = [];
    for (let count = 0; count < 34; count += 1)
      results.push((await act(client, "tts:say", { text: "so" })).data.result);
    expect(results.map(Number).join("")).toBe(`${"1".repeat(33)}0`);
  });

  it("work on the context", async () => {
    const { client } = await withBot();
    expect((await act(client, "llm:set_context", { messages: [HELLO], interrupt: true })).data).toEqual({
      result: true,
    });
    expect(await context(client)).toEqual([HELLO]);
    await act(client, "llm:run", { interrupt: true });
    await client.event("bot-stopped-speaking");
    expect(client.words()).toBe("You said: hello");
    const from = client.received.length;
    await act(client, "llm:append_to_messages", { messages: [{ role: "user", content: "yo" }], run_immediately: true });
    await client.event("bot-started-speaking", from);
    expect(client.words(from)).toBe("You said: yo");
    await act(client, "llm:append_to_messages", { messages: [{ role: "system", content: "be brief" }] });
    expect(await context(client)).toMatchObject([HELLO, { role: "assistant" }, { content: "yo" }, { role: "system" }]);
  });

  it.each([
    ["tts:sing", {}, "Action tts:sing not registered"],
    ["tts:say", {}, "Argument text must be of type string"],
    ["tts:say", { text: 5 }, "Argument text must be of type string"],
    ["llm:run", { interrupt: "now" }, "Argument interrupt must be of type bool"],
    ["llm:set_context", { messages: [1] }, "Argument messages must be messages with a role"],
    ["llm:append_to_messages", {}, like(/Argument messages/)],
  ])("are refused when wrong: %s %j", async (name, given, error) => {
    const { client } = await withBot();
    expect(await act(client, name, given)).toMatchObject({ type: "error-response", data: { error } });
  });
});
