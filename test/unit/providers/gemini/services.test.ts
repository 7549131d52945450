import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it, vi } from "vitest";
import { GeminiLiveWebsocketTransport, type GeminiLLMServiceOptions } from "../../../../src/providers/gemini/index.js";
import type { Command } from "../../../../src/contracts/dialogue.js";
import { readConnectionParams } from "../../../../src/providers/gemini/params.js";
import { GeminiProvider } from "../../../../src/providers/gemini/provider.js";
import { planSession } from "../../../../src/providers/gemini/plan.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { silent } from "../../../../packages/testkit/src/worlds/world.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

/** A transport without a session: it answers for itself. */
function offline(options: GeminiLLMServiceOptions = {}) {
  const told: RTVIMessage[] = [];
  const responders = vi.spyOn(GeminiProvider.prototype, "responder");
  const transport = new GeminiLiveWebsocketTransport(
    { api_key: canary("AIza"), ...options },
    new ScriptedMediaManager(),
    { logger: silent },
  );
  const provider = responders.mock.contexts.at(-1) as GeminiProvider;
  transport.initialize({ transport }, (message) => void told.push(message));
  const ask = (type: string, data: unknown = {}) => {
    transport.sendMessage(new RTVIMessage(type, data, "id1"));
    return told.at(-1);
  };
  const set = (service: string, name: string, value: unknown) =>
    ask("update-config", { config: [{ service, options: [{ name, value }] }] });
  const config = () => {
    const { config: all } = ask("get-config")?.data as {
      config: { service: string; options: { name: string; value: unknown }[] }[];
    };
    return Object.fromEntries(
      all.map(({ service, options: list }) => [
        service,
        Object.fromEntries(list.map(({ name, value }) => [name, value])),
      ]),
    );
  };
  /** The `setup` of the next session. */
  const setup = () => planSession(provider.options, undefined, { fresh: false });
  return { ask, set, config, setup };
}

describe("the services of the Gemini transport", () => {
  it("show the options that are set, and never a credential", () => {
    const { config, ask } = offline({
      model: "gemini-x",
      initial_messages: [{ role: "user", content: "hi" }],
      generation_config: { temperature: 0.5, maxOutput_tokens: 100 },
      settings: {
        system_instruction: { parts: [{ text: "Be kind." }, { text: "Be brief." }] },
        top_p: 0.9,
        tools: [{ google_search: {} }],
        realtime_input_config: { automatic_activity_detection: { silence_duration_ms: 300, prefix_padding_ms: 20 } },
        speech_config: { language_code: "de-DE" },
      },
      setup: {
        generationConfig: { topK: 3, speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } } },
      },
    });
    expect(config()).toEqual({
      vad: { enabled: true, params: { stop_secs: 0.3, prefix_secs: 0.02 } },
      stt: { enabled: true },
      llm: {
        model: "gemini-x",
        initial_messages: [{ role: "user", content: "hi" }],
        instructions: "Be kind.\nBe brief.",
        temperature: 0.5,
        top_p: 0.9,
        top_k: 3,
        max_tokens: 100,
        tools: [{ googleSearch: {} }],
      },
      tts: { voice: "Puck", language: "de-DE" },
    });
    expect(JSON.stringify(ask("get-config"))).not.toContain("Secret");
  });

  it("are described in full, with the actions of every provider", () => {
    const { ask } = offline();
    const { config } = ask("describe-config")?.data as { config: { name: string; options: { name: string }[] }[] };
    expect(config.map(({ name, options }) => [name, options.map((option) => option.name).join(" ")])).toEqual([
      ["vad", "enabled params"],
      ["stt", "enabled"],
      ["llm", "model initial_messages instructions temperature top_p top_k max_tokens tools"],
      ["tts", "voice language"],
    ]);
    const { actions } = ask("describe-actions")?.data as { actions: { service: string; action: string }[] };
    expect(actions.map(({ service, action }) => `${service}:${action}`)).toEqual([
      "llm:run",
      "llm:append_to_messages",
      "llm:get_context",
      "llm:set_context",
      "tts:say",
      "tts:interrupt",
    ]);
  });

  it.each<[string, string, unknown, object]>([
    [
      "vad",
      "params",
      { stop_secs: 3, prefix_secs: 0.1 },
      { realtimeInputConfig: { automaticActivityDetection: { silenceDurationMs: 3000, prefixPaddingMs: 100 } } },
    ],
    ["vad", "enabled", false, { realtimeInputConfig: { automaticActivityDetection: { disabled: true } } }],
    ["llm", "model", "gemini-y", { model: "models/gemini-y" }],
    [
      "llm",
      "initial_messages",
      [{ role: "system", content: "Be kind." }],
      { systemInstruction: { parts: [{ text: "Be kind." }] } },
    ],
    ["llm", "instructions", "Be brief.", { systemInstruction: { parts: [{ text: "Be brief." }] } }],
    ["llm", "temperature", 0.7, { generationConfig: { temperature: 0.7 } }],
    ["llm", "top_p", 0.8, { generationConfig: { topP: 0.8 } }],
    ["llm", "top_k", 4, { generationConfig: { topK: 4 } }],
    ["llm", "max_tokens", 50, { generationConfig: { maxOutputTokens: 50 } }],
    ["llm", "tools", [{ googleSearch: {} }], { tools: [{ googleSearch: {} }] }],
    ["tts", "language", "de-DE", { generationConfig: { speechConfig: { languageCode: "de-DE" } } }],
    [
      "tts",
      "voice",
      "Kore",
      { generationConfig: { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } } } },
    ],
  ])("take %s.%s before the session, and send it: %j", (service, name, value, sent) => {
    const { set, config, setup } = offline({
      settings: {
        temperature: 0.1,
        speech_config: { voice_config: { prebuilt_voice_config: { voice_name: "Puck" } } },
      },
      setup: { generationConfig: { temperature: 0.2 } },
    });
    expect(set(service, name, value)).toMatchObject({ type: "config", id: "id1" });
    expect(config()[service]?.[name]).toEqual(value);
    expect(setup().setup).toMatchObject(sent);
  });

  it("turn the user's transcripts off and on", () => {
    const { set, config, setup } = offline({ setup: { inputAudioTranscription: { languageCodes: ["de"] } } });
    set("stt", "enabled", false);
    expect(config().stt).toEqual({ enabled: false });
    expect(setup().setup).not.toHaveProperty("inputAudioTranscription");
    set("stt", "enabled", true);
    expect(setup().setup).toMatchObject({ inputAudioTranscription: {} });
  });

  it("take functions as in chat completions, and leave what was not changed", () => {
    const over = { other_thing: 1, generationConfig: { topK: 3 } };
    const { set, setup } = offline({ settings: { seed: 7, topP: 0.5 }, setup: over });
    set("llm", "tools", [{ type: "function", function: { name: "f" } }]);
    set("llm", "top_p", 0.6);
    expect(setup().setup).toMatchObject({
      ...over,
      generationConfig: { seed: 7, topP: 0.6, topK: 3 },
      tools: [{ functionDeclarations: [{ name: "f" }] }],
    });
  });

  it.each([
    ["vad", "params", { confidence: 0.5 }, 'vad.params has no "confidence" here. There are "stop_secs" and'],
    ["vad", "params", { stop_secs: 61 }, "vad.params.stop_secs must be a number from 0 to 60."],
    ["llm", "model", "", "llm.model must not be empty."],
    ["llm", "initial_messages", ["hi"], "llm.initial_messages[0] must be an object"],
    ["llm", "tools", ["f"], "settings.tools must be a list of objects"],
    ["llm", "temperature", "hot", "llm.temperature must be a number."],
    ["stt", "model", "x", 'There is no option stt.model. The options of "stt" are "enabled".'],
  ])("refuse %s.%s %j, and change nothing", (service, name, value, error) => {
    const { set, config } = offline();
    const before = config();
    expect(set(service, name, value)).toMatchObject({
      type: "error-response",
      data: { error: expect.stringContaining(error) as string },
    });
    expect(config()).toEqual(before);
  });

  it("know no detection's numbers in push to talk", () => {
    const { set, config } = offline();
    set("vad", "enabled", false);
    expect(config().vad).toEqual({ enabled: false });
    expect(set("vad", "params", { stop_secs: 1 })?.data).toMatchObject({
      error: expect.stringContaining("vad.enabled") as string,
    });
  });

  it.each([
    ["llm", "run", {}],
    ["llm", "get_context", {}],
    ["tts", "say", { text: "hi" }],
  ])("act on nothing outside a session: %s:%s", (service, action, args) => {
    const list = Object.entries(args).map(([name, value]) => ({ name, value }));
    expect(offline().ask("action", { service, action, arguments: list })).toMatchObject({
      type: "error-response",
      data: { error: expect.stringContaining("not ready") as string },
    });
  });
});

/** The services of a session, and what they ask of its dialogue. */
function begun(options: GeminiLLMServiceOptions, params?: unknown, isInSession = true) {
  const provider = new GeminiProvider({ name: "TestTransport", options, transport: {} });
  provider.begin({
    params: readConnectionParams(params),
    kept: undefined,
    rates: { input: 16_000, output: 24_000 },
    logger: silent,
    isMicWanted: () => true,
  });
  const advised: Command[] = [];
  const responder = provider.responder({
    isInSession: () => isInSession,
    isReady: () => true,
    command: () => undefined,
    advise: (command) => void advised.push(command),
  });
  const set = (service: string, name: string, value: unknown, interrupt?: boolean) =>
    responder.answer(
      new RTVIMessage("update-config", { config: [{ service, options: [{ name, value }] }], interrupt }, "id1"),
    );
  return { provider, advised, set };
}

describe("a change of the services during a session", () => {
  const interrupts = { type: "interrupt" };
  const updates = { type: "update", settings: { generationConfig: { temperature: 0.7 } } };
  const messages = [{ role: "user", content: "hi" }];

  it.each<[string, unknown, boolean | undefined, object[]]>([
    ["temperature", 0.7, undefined, [updates]],
    ["temperature", 0.7, true, [interrupts, updates]],
    ["temperature", 0.1, undefined, []],
    ["temperature", 0.1, true, [interrupts]],
    ["initial_messages", messages, undefined, []],
  ])(
    "of llm.%s to %j asks for what has changed, and for silence where it is wanted: %j",
    (name, value, wanted, asked) => {
      const { advised, set } = begun({ settings: { temperature: 0.1, top_k: 3 } });
      set("llm", name, value, wanted);
      expect(advised).toEqual(asked);
    },
  );

  it("lies over its connection parameters, and leaves their token", () => {
    const { provider, set } = begun({}, { token: "auth_tokens/1", settings: { temperature: 0.1, seed: 7 } });
    set("llm", "temperature", 0.7);
    expect(provider.params).toEqual({
      secret: "auth_tokens/1",
      fields: { generationConfig: { temperature: 0.7, seed: 7 } },
    });
  });

  it("leaves the parameters of a session that is on its way", () => {
    const { provider, set } = begun({}, { token: "auth_tokens/1", settings: { temperature: 0.1 } }, false);
    set("llm", "temperature", 0.7);
    expect(provider.params).toMatchObject({ secret: "auth_tokens/1" });
  });
});
