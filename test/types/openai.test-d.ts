import { PipecatClient, type Tracks, type Transport } from "@pipecat-ai/client-js";
import type {
  OpenAIRealTimeWebRTCTransport as Theirs,
  OpenAIServiceOptions as TheirOptions,
} from "@pipecat-ai/openai-realtime-webrtc-transport";
import { describe, expectTypeOf, it } from "vitest";
import { WebAudioMediaManager, type MediaManager, type TransportOptions } from "../../src/index.js";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
  type OpenAIServiceOptions,
  type OpenAISessionConfig,
} from "../../src/providers/openai/index.js";

describe("OpenAIRealTimeWebSocketTransport, as an app writes it", () => {
  it("takes the options of the seed documents", () => {
    const options: OpenAIServiceOptions = {
      api_key: "YOUR_API_KEY",
      initial_messages: [{ content: "Hello", role: "user" }],
      session_config: {
        modailities: "audio",
        instructions: "you are a confused jellyfish",
        voice: "verse",
        input_audio_transcription: { model: "whisper-1" },
        temperature: 0.8,
        max_tokens: "inf",
      },
    };
    const transport = new OpenAIRealTimeWebSocketTransport(options);
    expectTypeOf(transport).toExtend<Transport>();
    new PipecatClient({ transport, enableMic: true, enableCam: false, callbacks: {} });
  });

  it("takes Pipecat's names for the same", () => {
    const settings: OpenAISessionConfig = {
      turn_detection: { type: "semantic_vad", eagerness: "low" },
      input_audio_noise_reduction: { type: "near_field" },
      tools: [{ type: "function", name: "f", description: "d", parameters: { type: "object" } }],
    };
    const transport = new OpenAIRealTimeWebSocketTransport({ api_key: "k", model: "gpt-realtime", settings });
    expectTypeOf(transport.updateSettings).toBeCallableWith({ instructions: "shorter", turn_detection: null });
  });

  it("takes a key as a string or as a function of the attempt, in each shape a server answers with", () => {
    expectTypeOf<OpenAIServiceOptions>().toExtend<object>();
    new OpenAIRealTimeWebSocketTransport({ api_key: () => "ek_1" });
    new OpenAIRealTimeWebSocketTransport({ api_key: () => Promise.resolve({ value: "ek_1", expires_at: 1 }) });
    new OpenAIRealTimeWebSocketTransport({
      api_key: async () => Promise.resolve({ client_secret: { value: "ek_1" } }),
    });
    new OpenAIRealTimeWebSocketTransport({
      api_key: async ({ attempt, signal }) => (await fetch(`/key?${attempt}`, { signal })).text(),
    });
    // @ts-expect-error a number is no key
    new OpenAIRealTimeWebSocketTransport({ api_key: 42 });
  });

  it("takes a manager and the options of every transport", () => {
    const options: TransportOptions = {
      inspect: (event) => {
        expectTypeOf(event.type).toExtend<string>();
      },
      reconnect: { attempts: 3, base: 100, factor: 2, cap: 1000, minUptime: 1000, initial: true },
      timeouts: { connect: 5000, ready: 5000, disconnect: 500 },
      audio: { chunkMs: 40, echoCancellation: false, workletUrl: "/worklets/" },
      workletUrl: { capture: "/c.js", playback: "/p.js" },
      logger: console,
    };
    const manager: MediaManager = new WebAudioMediaManager({ inputSampleRate: 24_000 });
    new OpenAIRealTimeWebSocketTransport({ api_key: "k" }, manager, options);
    new OpenAIRealTimeWebSocketTransport({ api_key: "k" }, undefined, { reconnect: false });
    // @ts-expect-error the option is called attempts
    const wrong: TransportOptions = { reconnect: { maxAttempts: 3 } };
    expectTypeOf(wrong).toEqualTypeOf<TransportOptions>();
  });

  it("has an escape hatch that wants a type", () => {
    const transport = new OpenAIRealTimeWebSocketTransport({});
    expectTypeOf(transport.sendServiceEvent).toBeCallableWith({ type: "input_audio_buffer.commit" });
    // @ts-expect-error an event has a type
    transport.sendServiceEvent({ audio: "…" });
  });
});

/** What Pipecat's declarations call private methods, and members that say what belongs to their own class's insides. */
type Inside = "_connectLLM" | "_disconnectLLM" | "_negotiateConnection" | "_validateConnectionParams";
type Shared = Exclude<keyof Theirs, Inside>;

describe("OpenAIRealTimeWebRTCTransport beside Pipecat's", () => {
  it("is made with what it is made with", () => {
    expectTypeOf<TheirOptions>().toExtend<OpenAIServiceOptions>();
    expectTypeOf<ConstructorParameters<typeof Theirs>>().toExtend<
      ConstructorParameters<typeof OpenAIRealTimeWebRTCTransport>
    >();
    const options: TheirOptions = { api_key: "YOUR_API_KEY", settings: { instructions: "shorter", voice: "verse" } };
    new PipecatClient({ transport: new OpenAIRealTimeWebRTCTransport(options), enableMic: true, callbacks: {} });
  });

  it("has its members, which take and give what its members do", () => {
    expectTypeOf<Shared>().toExtend<keyof OpenAIRealTimeWebRTCTransport>();
    expectTypeOf<OpenAIRealTimeWebRTCTransport>().toExtend<Pick<Theirs, Shared>>();
    expectTypeOf<Parameters<Theirs["updateSettings"]>>().toExtend<
      Parameters<OpenAIRealTimeWebRTCTransport["updateSettings"]>
    >();
    expectTypeOf<OpenAIRealTimeWebRTCTransport>().toExtend<Transport>();
    expectTypeOf<ReturnType<OpenAIRealTimeWebRTCTransport["tracks"]>>().toEqualTypeOf<Tracks>();
  });

  it("takes what it is built on", () => {
    new OpenAIRealTimeWebRTCTransport({ api_key: "k" }, undefined, {
      fetch,
      RTCPeerConnection,
      playBotTrack: true,
      timeouts: { iceGrace: 1000 },
    });
  });
});
