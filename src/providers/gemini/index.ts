export { GeminiLiveWebsocketTransport } from "./transport.js";
export type { GeminiConnectionParams } from "./params.js";
export type { GeminiClientMessage } from "./raw-messages.js";
export type {
  GeminiCredential,
  GeminiGenerationSettings,
  GeminiKeyProvider,
  GeminiKeyRequest,
  GeminiLLMServiceOptions,
  GeminiMessage,
  GeminiSettings,
} from "./options.js";
