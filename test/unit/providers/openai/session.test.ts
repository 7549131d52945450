import { describe, expect, it } from "vitest";
import type { OpenAISessionConfig } from "../../../../src/providers/openai/options.js";
import { buildSession } from "../../../../src/providers/openai/session.js";
import { checkSettings } from "../../../../src/providers/openai/settings.js";

const ga = (settings: object, shape: object = {}) =>
  buildSession(checkSettings(settings, "settings"), { dialect: "ga", defaults: false, formats: true, ...shape })
    .session;
const beta = (settings: object, shape: object = {}) =>
  buildSession(checkSettings(settings, "settings"), { dialect: "beta", defaults: false, formats: true, ...shape })
    .session;

const input = (fields: object) => ({ audio: { input: fields } });
const output = (fields: object) => ({ audio: { output: fields } });
const tool = { type: "function", name: "f", description: "does f", parameters: { type: "object" } } as const;
const vad = { type: "server_vad", threshold: 0.4, prefix_padding_ms: 200, silence_duration_ms: 400 } as const;
const semantic = { type: "semantic_vad", eagerness: "low", create_response: false, interrupt_response: false } as const;

const GA_CASES: [name: string, settings: OpenAISessionConfig, expected: object][] = [
  ["modalities: audio", { modalities: "audio" }, { output_modalities: ["audio"] }],
  ["modalities: text", { modalities: "text" }, { output_modalities: ["text"] }],
  ["modalities: a list of both", { modalities: ["audio", "text"] }, { output_modalities: ["audio"] }],
  ["modalities: both in a string", { modalities: "text, audio" }, { output_modalities: ["audio"] }],
  ["modailities (sic)", { modailities: "text" }, { output_modalities: ["text"] }],
  ["modailities (sic), a list", { modailities: ["text"] }, { output_modalities: ["text"] }],
  ["output_modalities wins", { output_modalities: ["text"], modalities: "audio" }, { output_modalities: ["text"] }],
  ["instructions", { instructions: "be kind" }, { instructions: "be kind" }],
  ["instructions, cleared", { instructions: "" }, { instructions: "" }],
  ["voice", { voice: "marin" }, output({ voice: "marin" })],
  ["voice by id", { voice: { id: "voice_1" } }, output({ voice: { id: "voice_1" } })],
  ["speed", { speed: 1.2 }, output({ speed: 1.2 })],
  [
    "input_audio_transcription",
    { input_audio_transcription: { model: "whisper-1", language: "de" } },
    input({ transcription: { model: "whisper-1", language: "de" } }),
  ],
  [
    "input_audio_transcription.prompt as a list",
    { input_audio_transcription: { model: "whisper-1", prompt: ["Pipecat", "RTVI"] } },
    input({ transcription: { model: "whisper-1", prompt: "Pipecat, RTVI" } }),
  ],
  [
    "input_audio_transcription without a model",
    { input_audio_transcription: { language: "en" } },
    input({ transcription: { model: "gpt-4o-transcribe", language: "en" } }),
  ],
  ["input_audio_transcription: null", { input_audio_transcription: null }, input({ transcription: null })],
  [
    "input_audio_noise_reduction",
    { input_audio_noise_reduction: { type: "far_field" } },
    input({ noise_reduction: { type: "far_field" } }),
  ],
  ["input_audio_noise_reduction: null", { input_audio_noise_reduction: null }, input({ noise_reduction: null })],
  ["turn_detection: server_vad", { turn_detection: vad }, input({ turn_detection: vad })],
  ["turn_detection: semantic_vad", { turn_detection: semantic }, input({ turn_detection: semantic })],
  ["turn_detection: null is push to talk", { turn_detection: null }, input({ turn_detection: null })],
  ["temperature is gone", { temperature: 0.8 }, {}],
  ["max_tokens", { max_tokens: 300 }, { max_output_tokens: 300 }],
  ["max_tokens: inf", { max_tokens: "inf" }, { max_output_tokens: "inf" }],
  ["max_response_output_tokens", { max_response_output_tokens: 7 }, { max_output_tokens: 7 }],
  ["max_output_tokens wins", { max_output_tokens: 9, max_tokens: 7 }, { max_output_tokens: 9 }],
  ["tools", { tools: [tool] }, { tools: [tool] }],
  ["tools, cleared", { tools: [] }, { tools: [] }],
  [
    "tools in the shape of chat completions",
    { tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }] },
    { tools: [{ type: "function", name: "f", parameters: { type: "object" } }] },
  ],
  [
    "an MCP tool",
    { tools: [{ type: "mcp", server_label: "s", server_url: "https://s" }] },
    { tools: [{ type: "mcp", server_label: "s", server_url: "https://s" }] },
  ],
  ["tool_choice", { tool_choice: "required" }, { tool_choice: "required" }],
  [
    "tool_choice of one function, nested",
    { tool_choice: { type: "function", function: { name: "f" } } },
    { tool_choice: { type: "function", name: "f" } },
  ],
  [
    "tool_choice of one function, flat",
    { tool_choice: { type: "function", name: "f" } },
    { tool_choice: { type: "function", name: "f" } },
  ],
  ["truncation", { truncation: "disabled" }, { truncation: "disabled" }],
  ["tracing", { tracing: { workflow_name: "w" } }, { tracing: { workflow_name: "w" } }],
  ["tracing off", { tracing: null }, { tracing: null }],
  ["prompt", { prompt: { id: "pmpt_1" } }, { prompt: { id: "pmpt_1" } }],
  ["include", { include: ["item.x"] }, { include: ["item.x"] }],
  ["reasoning", { reasoning: { effort: "low" } }, { reasoning: { effort: "low" } }],
  ["parallel_tool_calls", { parallel_tool_calls: false }, { parallel_tool_calls: false }],
  [
    "GA audio, merged over the flat names",
    { voice: "ash", turn_detection: vad, audio: { input: { turn_detection: null }, output: { speed: 0.9 } } },
    { audio: { input: { turn_detection: null }, output: { voice: "ash", speed: 0.9 } } },
  ],
];

describe("the GA session object", () => {
  it.each(GA_CASES)("%s", (_name, settings, expected) => {
    expect(ga(settings)).toEqual({ type: "realtime", ...expected });
  });

  it("sends what the service does not assume: 24 kHz PCM16 and the user's transcripts", () => {
    const format = { type: "audio/pcm", rate: 24_000 };
    expect(ga({}, { defaults: true })).toEqual({
      type: "realtime",
      audio: { input: { transcription: { model: "gpt-4o-transcribe" }, format }, output: { format } },
    });
  });

  it("leaves the formats to WebRTC where that negotiates them", () => {
    expect(ga({}, { defaults: true, formats: false })).toEqual({
      type: "realtime",
      audio: { input: { transcription: { model: "gpt-4o-transcribe" } } },
    });
  });

  it("lays the escape hatch `session` over everything, but never another format than the pipes carry", () => {
    const over = { instructions: "raw", audio: { input: { format: { type: "audio/pcmu" }, turn_detection: null } } };
    const session = ga({ instructions: "mapped", turn_detection: vad }, { over, defaults: true });
    expect(session).toMatchObject({
      instructions: "raw",
      audio: { input: { format: { type: "audio/pcm", rate: 24_000 }, turn_detection: null } },
    });
  });

  it("names no audio at all where the escape hatch takes it out", () => {
    expect(ga({ voice: "ash" }, { over: { audio: null } })).toEqual({ type: "realtime" });
  });

  it("warns of temperature, once per session object", () => {
    const built = buildSession({ temperature: 0.7 }, { dialect: "ga", defaults: true, formats: true });
    expect(built.warnings).toEqual([expect.stringContaining("temperature")]);
    expect(JSON.stringify(built.session)).not.toContain("temperature");
  });

  it("sends no unknown key, no undefined and no prototype", () => {
    const settings = JSON.parse('{"nonsense":1,"__proto__":{"polluted":true},"instructions":"x"}') as object;
    const over = JSON.parse('{"audio":{"__proto__":{"polluted":true}}}') as Record<string, unknown>;
    const session = ga({ ...settings, voice: undefined }, { over });
    expect(JSON.stringify(session)).toBe('{"type":"realtime","instructions":"x"}');
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

const BETA_CASES: [name: string, settings: OpenAISessionConfig, expected: object][] = [
  ["modalities: audio", { modalities: "audio" }, { modalities: ["audio", "text"] }],
  ["modailities: text", { modailities: "text" }, { modalities: ["text"] }],
  ["instructions", { instructions: "x" }, { instructions: "x" }],
  ["voice and speed", { voice: "alloy", speed: 1.1 }, { voice: "alloy", speed: 1.1 }],
  ["temperature", { temperature: 0.8 }, { temperature: 0.8 }],
  ["max_tokens", { max_tokens: 5 }, { max_response_output_tokens: 5 }],
  ["turn_detection", { turn_detection: null }, { turn_detection: null }],
  [
    "transcription and noise reduction",
    { input_audio_transcription: { model: "whisper-1" }, input_audio_noise_reduction: { type: "near_field" } },
    { input_audio_transcription: { model: "whisper-1" }, input_audio_noise_reduction: { type: "near_field" } },
  ],
  ["tools", { tools: [tool], tool_choice: "auto" }, { tools: [tool], tool_choice: "auto" }],
];

describe("the beta session object", () => {
  it.each(BETA_CASES)("%s", (_name, settings, expected) => {
    expect(beta(settings)).toEqual(expected);
  });

  it("sends formats and transcription, and no GA key", () => {
    expect(beta({}, { defaults: true })).toEqual({
      input_audio_format: "pcm16",
      output_audio_format: "pcm16",
      input_audio_transcription: { model: "gpt-4o-transcribe" },
    });
  });
});

describe("checkSettings", () => {
  it.each([
    ["modalities", 3],
    ["modailities", "video"],
    ["output_modalities", [1]],
    ["instructions", 3],
    ["voice", 3],
    ["speed", "fast"],
    ["input_audio_transcription", "whisper-1"],
    ["input_audio_noise_reduction", "near_field"],
    ["turn_detection", "server_vad"],
    ["temperature", "hot"],
    ["max_tokens", "many"],
    ["max_output_tokens", NaN],
    ["tools", { type: "function" }],
    ["tools", ["f"]],
    ["tool_choice", 1],
    ["audio", "pcm16"],
    ["truncation", 1],
    ["tracing", 1],
    ["prompt", "p"],
    ["include", "x"],
    ["reasoning", "low"],
    ["parallel_tool_calls", "yes"],
  ])("names the key: %s = %j", (key, value) => {
    expect(() => checkSettings({ [key]: value }, "session_config")).toThrow(`session_config.${key} must be`);
  });

  it("wants an object", () => {
    expect(() => checkSettings("x", "settings")).toThrow("settings must be an object");
  });
});
