import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../../src/providers/pipecat/index.js";
import { socketHarness, type ConformanceHarness } from "../../../../src/testing/index.js";
import { canary } from "../secrets/secrets.js";
import { GEMINI, OPENAI, PIPECAT } from "./service-words.js";

/** The transports of this library over WebSockets, each with a scripted service. */
export const geminiHarness = (): ConformanceHarness =>
  socketHarness({
    ...GEMINI,
    finalCode: 3000,
    transport: ({ media, options }) => new GeminiLiveWebsocketTransport({ api_key: canary("AIza-") }, media, options),
  });

export const openaiHarness = (): ConformanceHarness =>
  socketHarness({
    ...OPENAI,
    finalCode: 3000,
    continuity: "replayed",
    transport: ({ media, options }) => new OpenAIRealTimeWebSocketTransport({ api_key: canary() }, media, options),
  });

export const pipecatHarness = (): ConformanceHarness =>
  socketHarness({
    ...PIPECAT,
    finalCode: 4003,
    transport: ({ media, options }) => new WebSocketTransport({ wsUrl: "ws://bot.test/ws-client" }, media, options),
  });
