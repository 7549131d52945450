import type { BackedService } from "../../examples/voice-console/session-endpoint.js";
import type { LocalService } from "rtvi-machine/local-service";

/** The local service takes any name; this one tells a reader of its log what it stands in for. */
const MODEL = "gpt-realtime";

/** OpenAI Realtime over WebSocket, played by the local service. */
export function onLocalService(local: Pick<LocalService, "url" | "wsUrl">): BackedService {
  return {
    id: "openai-websocket",
    label: "OpenAI Realtime · WebSocket",
    base_url: local.wsUrl,
    model: MODEL,
    mintUrl: `${local.url}/v1/realtime/client_secrets`,
    apiKey: "local",
  };
}

/** OpenAI Realtime over WebSocket, the real one. */
export function onOpenAI(apiKey: string): BackedService {
  return {
    id: "openai-websocket",
    label: "OpenAI Realtime · WebSocket",
    base_url: "wss://api.openai.com/v1/realtime",
    model: MODEL,
    mintUrl: "https://api.openai.com/v1/realtime/client_secrets",
    apiKey,
  };
}
