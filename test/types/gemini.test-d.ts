import type {
  GeminiLiveWebsocketTransport as Theirs,
  GeminiLLMServiceOptions as TheirOptions,
} from "@pipecat-ai/gemini-live-websocket-transport";
import { PipecatClient, type Transport } from "@pipecat-ai/client-js";
import { describe, expectTypeOf, it } from "vitest";
import { GeminiLiveWebsocketTransport, type GeminiLLMServiceOptions } from "../../src/providers/gemini/index.js";

/** Members that say what belongs to their own class's insides. */
type Shared = Exclude<keyof Theirs, "_validateConnectionParams" | "_connect" | "updateCam" | "updateSpeaker">;

describe("GeminiLiveWebsocketTransport beside Pipecat's", () => {
  it("takes its options", () => {
    expectTypeOf<TheirOptions>().toExtend<GeminiLLMServiceOptions>();
    const transport = new GeminiLiveWebsocketTransport({
      api_key: "YOUR_API_KEY",
      generation_config: { temperature: 0.7, maxOutput_tokens: 1000 },
    });
    expectTypeOf(transport).toExtend<Transport>();
    new PipecatClient({ transport, enableMic: true, callbacks: {} });
  });

  it("has its members", () => {
    expectTypeOf<Shared>().toExtend<keyof GeminiLiveWebsocketTransport>();
    expectTypeOf<GeminiLiveWebsocketTransport["_sendTextInput"]>().toExtend<Theirs["_sendTextInput"]>();
    expectTypeOf<GeminiLiveWebsocketTransport["_sendAudioInput"]>().toExtend<Theirs["_sendAudioInput"]>();
    expectTypeOf<GeminiLiveWebsocketTransport["_sendMsg"]>().toExtend<Theirs["_sendMsg"]>();
  });

  it("takes a key in each shape a server answers with", () => {
    new GeminiLiveWebsocketTransport({ api_key: () => "AIza" });
    new GeminiLiveWebsocketTransport({ api_key: () => Promise.resolve({ name: "auth_tokens/1", expireTime: "2030" }) });
    new GeminiLiveWebsocketTransport({ settings: { systemInstruction: "x", tools: [{ googleSearch: {} }] } });
    // @ts-expect-error a number is no key
    new GeminiLiveWebsocketTransport({ api_key: 42 });
    // @ts-expect-error a temperature is a number
    new GeminiLiveWebsocketTransport({ settings: { temperature: "hot" } });
  });

  it("has an escape hatch that knows the kinds of messages", () => {
    const transport = new GeminiLiveWebsocketTransport({});
    expectTypeOf(transport.sendServiceEvent).toBeCallableWith({ realtimeInput: { activityStart: {} } });
    // @ts-expect-error the setup is sent by the transport
    transport.sendServiceEvent({ setup: {} });
  });
});
