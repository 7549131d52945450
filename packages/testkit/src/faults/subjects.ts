import type { PipecatClient, Transport } from "@pipecat-ai/client-js";
import type { LocalService } from "../../../local-service/src/index.js";
import type { MediaManager } from "../../../../src/media/media-manager.js";
import type { TransportOptions } from "../../../../src/options.js";
import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../../src/providers/pipecat/index.js";
import type { SubjectName } from "./catalogue/fault.js";
import type { LiarProtocol } from "./liars/liar-protocol.js";
import { geminiLiar } from "./liars/protocols/gemini.js";
import { openAiLiar } from "./liars/protocols/openai.js";
import { pipecatLiar } from "./liars/protocols/pipecat.js";

/** A transport that faults strike. */
export interface Subject<Name extends string = SubjectName> {
  readonly name: Name;
  readonly title: string;
  /** What its lying service speaks. */
  readonly liar: LiarProtocol;
  /** Where the local service takes its sessions. */
  readonly addressOf: (service: LocalService) => string;
  readonly transport: (url: string, key: string, media: MediaManager, options: TransportOptions) => Transport;
  /** How an app sends it a text; default `sendText()`. */
  readonly say?: (client: PipecatClient, text: string) => Promise<unknown>;
  /** Whether it tells what the bot says; default true. Otherwise the sound that comes after a text is its answer. */
  readonly tellsWords?: boolean;
}

/** The transports that the table is about. */
export const SUBJECTS: readonly Subject[] = [
  {
    name: "openai-websocket",
    title: "OpenAI WebSocket",
    liar: openAiLiar,
    addressOf: ({ wsUrl }) => wsUrl,
    transport: (url, key, media, options) =>
      new OpenAIRealTimeWebSocketTransport({ api_key: key, base_url: url }, media, options),
  },
  {
    name: "gemini",
    title: "Gemini Live",
    liar: geminiLiar,
    addressOf: ({ geminiUrl }) => geminiUrl,
    transport: (url, key, media, options) =>
      new GeminiLiveWebsocketTransport({ api_key: key, base_url: new URL(url).origin }, media, options),
  },
  {
    name: "pipecat",
    title: "Pipecat WebSocket",
    liar: pipecatLiar,
    addressOf: ({ port }) => `ws://127.0.0.1:${port}/ws-client`,
    transport: (wsUrl, token, mediaManager, options) => new WebSocketTransport({ wsUrl, token }, mediaManager, options),
  },
];
