import type { Transport } from "@pipecat-ai/client-js";
import type { LocalService } from "../../src/local-service/index.js";
import type { MediaManager } from "../../src/media/media-manager.js";
import type { TransportOptions } from "../../src/options.js";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import type { SubjectName } from "./catalogue/fault.js";
import type { LiarProtocol } from "./support/liar-protocol.js";
import { openAiLiar } from "./support/protocols/openai.js";

/** A transport that the table is about. */
export interface Subject {
  readonly name: SubjectName;
  readonly title: string;
  /** What its lying service speaks. */
  readonly liar: LiarProtocol;
  /** Where the local service takes its sessions. */
  readonly addressOf: (service: LocalService) => string;
  readonly transport: (url: string, key: string, media: MediaManager, options: TransportOptions) => Transport;
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: "openai-websocket",
    title: "OpenAI WebSocket",
    liar: openAiLiar,
    addressOf: ({ wsUrl }) => wsUrl,
    transport: (url, key, media, options) =>
      new OpenAIRealTimeWebSocketTransport({ api_key: key, base_url: url }, media, options),
  },
];
