import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../../src/errors.js";
import type { GeminiLLMServiceOptions, GeminiSettings } from "../../../../src/providers/gemini/index.js";
import { readConnectionParams } from "../../../../src/providers/gemini/params.js";
import { readClientMessage } from "../../../../src/providers/gemini/raw-messages.js";
import { planSession, type SessionPlan } from "../../../../src/providers/gemini/plan.js";

const plan = (options: GeminiLLMServiceOptions, params?: unknown, past: object = {}): SessionPlan =>
  planSession(options, readConnectionParams(params), { fresh: false, ...past });
const setupOf = (options: GeminiLLMServiceOptions, params?: unknown) => plan(options, params).setup;

const DEFAULTS = {
  model: "models/gemini-2.5-flash-native-audio-preview-12-2025",
  generationConfig: { responseModalities: ["AUDIO"] },
  inputAudioTranscription: {},
  outputAudioTranscription: {},
  sessionResumption: {},
};

const circle: Record<string, unknown> = {};
circle.again = circle;
const UNWRITABLE: readonly [string, Record<string, unknown>][] = [
  ["settings.tools", { settings: { tools: [{ x: 5n }] } }],
  ["settings.something_new", { settings: { something_new: circle } }],
  ["settings.thinking_config", { settings: { thinking_config: circle } }],
  ["settings.generation_config.seed_of", { settings: { generation_config: { seed_of: 5n } } }],
  ["generation_config.speech_config", { generation_config: { speech_config: circle } }],
  ["initial_messages[0].content", { initial_messages: [{ role: "user", content: [{ inlineData: { x: 5n } }] }] }],
  ["initial_messages[0].content", { initial_messages: [{ role: "tool", tool_call_id: "c", content: circle }] }],
];

describe("options that JSON cannot hold", () => {
  it.each<[string, Record<string, unknown>]>([
    ...UNWRITABLE,
    ["setup", { setup: { x: 5n } }],
    ["setup", { setup: circle }],
  ])("are refused by the plan: %s", (name, options) => {
    expect(() => plan(options)).toThrow(InvalidOptionsError);
    expect(() => plan(options)).toThrow(`${name} cannot be written as JSON`);
  });

  it.each(UNWRITABLE)("are refused as connection parameters: %s", (name, params) => {
    expect(() => readConnectionParams(params)).toThrow(InvalidOptionsError);
    expect(() => readConnectionParams(params)).toThrow(`${name} cannot be written as JSON`);
  });

  it("are refused as a message of the app", () => {
    expect(() => readClientMessage({ clientContent: circle })).toThrow(InvalidOptionsError);
  });
});

describe("setup", () => {
  it("has what RTVI apps live on", () => {
    expect(setupOf({})).toEqual(DEFAULTS);
  });

  it("takes what is undefined for what was left out", () => {
    const settings = { tools: undefined, temperature: undefined, generation_config: undefined };
    const options = { settings, generation_config: { temperature: undefined } };
    expect(setupOf(options as unknown as GeminiLLMServiceOptions)).toStrictEqual(DEFAULTS);
  });

  it.each(["settings", "generation_config"])("is made of the names of Pipecat's README, in %s", (option) => {
    const settings = {
      candidate_count: 1,
      maxOutput_tokens: 100,
      temperature: 0.7,
      top_p: 0.9,
      top_k: 40,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
      response_modalities: "audio",
      speech_config: { voice_config: { prebuilt_voice_config: { voice_name: "Puck" } } },
    };
    expect(setupOf({ [option]: settings })).toEqual({
      ...DEFAULTS,
      generationConfig: {
        candidateCount: 1,
        maxOutputTokens: 100,
        temperature: 0.7,
        topP: 0.9,
        topK: 40,
        presencePenalty: 0.1,
        frequencyPenalty: 0.2,
        responseModalities: ["AUDIO"],
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } },
      },
    });
  });

  it.each<[GeminiLLMServiceOptions, object]>([
    [{ settings: { seed: 7 } }, { generationConfig: { seed: 7 } }],
    [{ settings: { maxOutputTokens: 7 } }, { generationConfig: { maxOutputTokens: 7 } }],
    [{ settings: { generation_config: { top_k: 3 } } }, { generationConfig: { topK: 3 } }],
    [
      { settings: { generationConfig: { topK: 3, newThing: { a_b: 1 } } } },
      { generationConfig: { newThing: { aB: 1 } } },
    ],
    [{ generation_config: { temperature: 1 }, settings: { temperature: 0 } }, { generationConfig: { temperature: 0 } }],
    [
      { settings: { media_resolution: "MEDIA_RESOLUTION_LOW" } },
      { generationConfig: { mediaResolution: "MEDIA_RESOLUTION_LOW" } },
    ],
    [
      { settings: { thinking_config: { thinking_budget: 0 } } },
      { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } },
    ],
    [{ settings: { enable_affective_dialog: true } }, { generationConfig: { enableAffectiveDialog: true } }],
    [
      { settings: { speech_config: { language_code: "de-DE" } } },
      { generationConfig: { speechConfig: { languageCode: "de-DE" } } },
    ],
    [
      { settings: { response_mime_type: "application/json", response_schema: { my_key: 1 } } },
      { generationConfig: { responseMimeType: "application/json", responseSchema: { my_key: 1 } } },
    ],
    [
      { settings: { history_config: { initial_history_in_client_content: true } } },
      { historyConfig: { initialHistoryInClientContent: true } },
    ],
    [{ settings: { stop_sequences: ["x"] } }, { generationConfig: { stopSequences: ["x"] } }],
    [{ settings: { response_modalities: ["AUDIO", "TEXT"] } }, { generationConfig: { responseModalities: ["AUDIO"] } }],
    [{ settings: { system_instruction: "be brief" } }, { systemInstruction: { parts: [{ text: "be brief" }] } }],
    [
      { settings: { systemInstruction: { role: "user", parts: [{ text: "a" }] } } },
      { systemInstruction: { parts: [{ text: "a" }] } },
    ],
    [
      { settings: { systemInstruction: ["a", { text: "b" }] } },
      { systemInstruction: { parts: [{ text: "a" }, { text: "b" }] } },
    ],
    [
      { settings: { realtime_input_config: { automatic_activity_detection: { prefix_padding_ms: 20 } } } },
      { realtimeInputConfig: { automaticActivityDetection: { prefixPaddingMs: 20 } } },
    ],
    [{ settings: { proactivity: { proactive_audio: true } } }, { proactivity: { proactiveAudio: true } }],
    [{ settings: { context_window_compression: true } }, { contextWindowCompression: { slidingWindow: {} } }],
    [
      { settings: { context_window_compression: { trigger_tokens: 25600, sliding_window: { target_tokens: 12800 } } } },
      { contextWindowCompression: { triggerTokens: "25600", slidingWindow: { targetTokens: "12800" } } },
    ],
    [
      { settings: { input_audio_transcription: { language_codes: ["de"] } } },
      { inputAudioTranscription: { languageCodes: ["de"] } },
    ],
    [{ settings: { session_resumption: { transparent: true } } }, { sessionResumption: { transparent: true } }],
    [{ settings: { explicit_vad_signal: true } }, { explicitVadSignal: true }],
    [
      { setup: { generationConfig: { temperature: 2 }, other_thing: 1 } },
      { generationConfig: { temperature: 2 }, other_thing: 1 },
    ],
    [
      {
        settings: { speech_config: { multi_speaker: { speaker_configs: [{ voice_config: { voice_name: "Puck" } }] } } },
      },
      {
        generationConfig: {
          speechConfig: { multiSpeaker: { speakerConfigs: [{ voiceConfig: { voiceName: "Puck" } }] } },
        },
      },
    ],
    [{ model: "gemini-x" }, { model: "models/gemini-x" }],
    [{ model: "models/gemini-x" }, { model: "models/gemini-x" }],
  ])("%j", (options, expected) => {
    expect(setupOf(options)).toMatchObject(expected);
  });

  it.each([
    [{ input_audio_transcription: false }, "inputAudioTranscription"],
    [{ input_audio_transcription: null }, "inputAudioTranscription"],
    [{ output_audio_transcription: false }, "outputAudioTranscription"],
    [{ response_modalities: "TEXT" }, "outputAudioTranscription"],
    [{ session_resumption: false }, "sessionResumption"],
    [{ context_window_compression: false }, "contextWindowCompression"],
  ])("%j leaves %s out", (settings, key) => {
    expect(setupOf({ settings })).not.toHaveProperty(key);
  });

  it("takes tools in the API's shape and in that of chat completions", () => {
    const parameters = { type: "object", properties: { a_b: { type: "string" } } };
    const declared = { function_declarations: [{ name: "f", parameters }] };
    const tools = [
      declared,
      { google_search: {} },
      { type: "function", function: { name: "g", strict: true, parameters } },
      { name: "h" },
    ];
    expect(setupOf({ settings: { tools } }).tools).toEqual([
      { functionDeclarations: [{ name: "f", parameters }] },
      { googleSearch: {} },
      { functionDeclarations: [{ name: "g", parametersJsonSchema: parameters }, { name: "h" }] },
    ]);
    expect(() => setupOf({ settings: { tools: [{ type: "function" }] } })).toThrow("settings.tools");
  });

  it("lets no prototype in", () => {
    const settings = JSON.parse('{"__proto__":{"temperature":1},"speech_config":{"__proto__":{"x":1}}}') as object;
    expect(setupOf({ settings: { ...settings } })).toEqual({
      ...DEFAULTS,
      generationConfig: { responseModalities: ["AUDIO"], speechConfig: {} },
    });
  });

  it.each([
    ["settings", 7],
    ["settings.temperature", { temperature: "hot" }],
    ["settings.top_p", { top_p: NaN }],
    ["settings.response_modalities", { response_modalities: "video" }],
    ["settings.speech_config", { speech_config: "Puck" }],
    ["settings.system_instruction", { system_instruction: 7 }],
    ["settings.tools", { tools: {} }],
    ["settings.realtime_input_config", { realtime_input_config: true }],
    ["settings.session_resumption", { session_resumption: "h" }],
    ["settings.input_audio_transcription", { input_audio_transcription: "en" }],
    ["settings.generation_config", { generation_config: 7 }],
    ["settings.generation_config.top_k", { generation_config: { top_k: "many" } }],
  ])("refuses %s of a wrong type", (named, settings) => {
    expect(() => setupOf({ settings: settings as GeminiSettings })).toThrow(InvalidOptionsError);
    expect(() => setupOf({ settings: settings as GeminiSettings })).toThrow(named);
  });

  it.each([
    ["base_url", { base_url: "nowhere" }],
    ["base_url", { base_url: "ftp://x" }],
    ["initial_messages", { initial_messages: 7 }],
    ["initial_messages[0].role", { initial_messages: [{ role: "robot", content: "x" }] }],
    ["initial_messages[0].content", { initial_messages: [{ role: "user", content: 7 }] }],
    ["generation_config", { generation_config: [] }],
  ])("refuses a wrong %s", (named, options) => {
    expect(() => plan(options as GeminiLLMServiceOptions)).toThrow(named);
  });
});

describe("the conversation so far", () => {
  const initial_messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "hi" },
    { role: "assistant", content: [{ type: "text", text: "hello" }] },
    { role: "system", content: "He is old." },
    { role: "user", content: "go on" },
  ];

  it("is instruction and turns", () => {
    const { setup, history, runInitial } = plan({ initial_messages, settings: { system_instruction: "Be nice." } });
    expect(setup.systemInstruction).toEqual({ parts: [{ text: "Be nice." }, { text: "Be brief." }] });
    expect(history).toEqual([
      { role: "user", parts: [{ text: "hi" }] },
      { role: "model", parts: [{ text: "hello" }] },
      { role: "system", parts: [{ text: "He is old." }] },
      { role: "user", parts: [{ text: "go on" }] },
    ]);
    expect(runInitial).toBe(true);
  });

  it.each([
    [{ run_initial_messages: false, initial_messages }, false],
    [{ initial_messages: [] }, false],
    [{ run_initial_messages: true }, true],
    [{ initial_messages: [{ role: "assistant", content: "x" }] }, false],
    [{ initial_messages: [{ role: "system", content: "x" }] }, false],
  ])("%j is answered: %s", (options, runs) => {
    expect(plan(options).runInitial).toBe(runs);
  });

  it("is not told again where the service knows it, nor answered again where it does not", () => {
    const resumed = plan({ initial_messages }, undefined, { handle: "h1" });
    expect(resumed).toMatchObject({ handle: "h1", history: [], runInitial: false });
    expect(resumed.setup).toMatchObject({ sessionResumption: { handle: "h1" } });
    const items = [
      { type: "message", role: "system", content: "Be kind." },
      { type: "message", role: "user", content: "hi" },
    ] as const;
    const returned = plan({ initial_messages }, undefined, { items });
    expect(returned).toMatchObject({ runInitial: false, initial: [], replays: true });
    expect(returned.history).toEqual([{ role: "user", parts: [{ text: "hi" }] }]);
    expect(returned.setup.systemInstruction).toEqual({ parts: [{ text: "Be kind." }] });
    const later = plan({ initial_messages }, undefined, { handle: "h1", items, uncovered: items.slice(1) });
    expect(later).toMatchObject({ history: returned.history, runInitial: false });
  });

  it("has no call that was never answered: the service would wait", () => {
    const call = (callId: string) => ({ type: "tool-call", callId, name: "f", arguments: "{}" }) as const;
    const items = [call("c1"), call("c2"), { type: "tool-result", callId: "c2", output: "5" } as const];
    expect(plan({}, undefined, { items }).history).toEqual([
      { role: "model", parts: [{ functionCall: { id: "c2", name: "f", args: {} } }] },
      { role: "user", parts: [{ functionResponse: { id: "c2", name: "f", response: { output: "5" } } }] },
    ]);
  });

  it("goes with a word of its own to models that take text as it comes", () => {
    const model = "gemini-3.1-flash-live-preview";
    expect(plan({ model, initial_messages })).toMatchObject({
      textInput: "realtime",
      setup: { historyConfig: { initialHistoryInClientContent: true } },
    });
    expect(plan({ model }).setup).not.toHaveProperty("historyConfig");
    expect(plan({ initial_messages }).setup).not.toHaveProperty("historyConfig");
  });

  it.each([
    ["gemini-2.5-flash", "client_content"],
    ["gemini-3-live", "client_content"],
    ["gemini-3.1-live", "realtime"],
    ["models/gemini-3.10-live", "realtime"],
    ["gemini-4-live", "realtime"],
    ["my-model", "client_content"],
  ])("%s takes text as %s", (model, expected) => {
    expect(plan({ model }).textInput).toBe(expected);
    expect(plan({ model, text_input: "realtime" }).textInput).toBe("realtime");
  });
});

describe("resumption", () => {
  const settings = { session_resumption: { handle: "mine" } };

  it("offers a handle of the settings first, and the newest after that", () => {
    expect(plan({ settings })).toMatchObject({ handle: "mine", setup: { sessionResumption: { handle: "mine" } } });
    expect(plan({ settings }, undefined, { handle: "newer" }).handle).toBe("newer");
  });

  it("offers none once a handle was refused, or where it is turned off", () => {
    const fresh = plan({ settings }, undefined, { fresh: true });
    expect([fresh.handle, fresh.setup.sessionResumption]).toEqual([undefined, {}]);
    expect(plan({ settings: { session_resumption: false } }, undefined, { handle: "h" }).handle).toBeUndefined();
  });
});

describe("connection parameters", () => {
  it("lie over the options for one session", () => {
    const { setup, apiVersion, baseUrl, history } = plan(
      { model: "a", settings: { temperature: 1, top_k: 3 }, initial_messages: [{ role: "user", content: "no" }] },
      {
        model: "b",
        api_version: "v1",
        base_url: "wss://relay.example",
        settings: { temperature: 2 },
        generation_config: { seed: 1 },
        initial_messages: [{ role: "user", content: "yes" }],
      },
    );
    expect(setup).toMatchObject({ model: "models/b", generationConfig: { temperature: 2, topK: 3, seed: 1 } });
    expect([apiVersion, baseUrl.host]).toEqual(["v1", "relay.example"]);
    expect(history).toEqual([{ role: "user", parts: [{ text: "yes" }] }]);
  });

  it("say when push to talk is on, and what a voice interrupts", () => {
    const realtime = { automatic_activity_detection: { disabled: true }, activity_handling: "NO_INTERRUPTION" };
    expect(plan({ settings: { realtime_input_config: realtime } })).toMatchObject({
      manual: true,
      interruptible: false,
    });
    expect(plan({})).toMatchObject({ manual: false, interruptible: true });
  });

  it.each<[unknown, unknown]>([
    ["auth_tokens/1", "auth_tokens/1"],
    [{ name: "auth_tokens/1", expireTime: "2030" }, "auth_tokens/1"],
    [{ token: "auth_tokens/1" }, "auth_tokens/1"],
    [{ auth_token: { name: "auth_tokens/1" } }, "auth_tokens/1"],
    [{ access_token: "auth_tokens/1" }, "auth_tokens/1"],
    [{ api_key: "AIza1" }, "AIza1"],
    [{ name: "room 7" }, undefined],
    [{}, undefined],
  ])("%j bring the credential", (params, secret) => {
    expect(readConnectionParams(params)).toEqual(secret === undefined ? {} : { secret });
  });

  it.each([
    ["", "empty"],
    [7, "object"],
    [{ token: 7 }, "token"],
    [{ api_key: 7 }, "api_key"],
    [{ token: () => "x" }, "token"],
    [{ model: 7 }, "model"],
    [{ base_url: 7 }, "base_url"],
    [{ api_version: 7 }, "api_version"],
    [{ settings: 7 }, "settings"],
    [{ settings: { temperature: "x" } }, "settings.temperature"],
    [{ initial_messages: 7 }, "initial_messages"],
  ])("%j are refused", (params, named) => {
    expect(() => readConnectionParams(params)).toThrow(named);
  });
});
