import type { Transport } from "@pipecat-ai/client-js";
import type { LocalService } from "../../../local-service/src/index.js";
import type { TransportOptions } from "../../../../src/options.js";
import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
} from "../../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../../src/providers/pipecat/index.js";
import { createWebSocketTransport } from "../../../../src/compat/thrive/index.js";

/** Where the local service takes its sessions. */
export type Addresses = Pick<LocalService, "wsUrl" | "geminiUrl" | "port">;

const ignore = (): void => undefined;
const OPTIONS: TransportOptions = { logger: { debug: ignore, info: ignore, warn: ignore, error: ignore } };

/** Every transport of the library, with the devices, sockets and connections of the page. */
export const EVERY_TRANSPORT = {
  "OpenAI over a WebSocket": ({ wsUrl }, api_key) =>
    new OpenAIRealTimeWebSocketTransport({ api_key, base_url: wsUrl }, undefined, OPTIONS),
  "OpenAI over WebRTC": ({ wsUrl }, api_key) =>
    new OpenAIRealTimeWebRTCTransport({ api_key, base_url: wsUrl }, undefined, OPTIONS),
  Gemini: ({ geminiUrl }, api_key) =>
    new GeminiLiveWebsocketTransport({ api_key, base_url: geminiUrl }, undefined, OPTIONS),
  Pipecat: ({ port }, token) =>
    new WebSocketTransport({ wsUrl: `ws://127.0.0.1:${String(port)}/ws-client`, token }, undefined, OPTIONS),
  Thrive: ({ wsUrl }, getSessionToken) =>
    createWebSocketTransport({ base_url: wsUrl }, { getSessionToken }, OPTIONS).rtvi,
} satisfies Record<string, (addresses: Addresses, key: () => string) => Transport>;

export type TransportName = keyof typeof EVERY_TRANSPORT;
