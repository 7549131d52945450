export { OpenAIRealTimeWebSocketTransport } from "./transport.js";
export { OpenAIRealTimeWebRTCTransport } from "./webrtc-transport.js";
export type { HistoryLimits } from "../../dialogue/conversation-history.js";
export type { OpenAIDialect } from "./dialect.js";
export type { OpenAIClientEvent } from "./effects.js";
export type { OpenAIConnectionParams } from "./params.js";
export type {
  OpenAICredential,
  OpenAIFunctionTool,
  OpenAIKeyProvider,
  OpenAIKeyRequest,
  OpenAIMessage,
  OpenAISemanticVAD,
  OpenAIServerVad,
  OpenAIServiceOptions,
  OpenAISessionConfig,
  OpenAIVoice,
} from "./options.js";
