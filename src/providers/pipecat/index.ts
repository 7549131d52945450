export { ProtobufFrameSerializer } from "./protobuf-serializer.js";
export { TwilioSerializer } from "./twilio-serializer.js";
export { WebSocketTransport } from "./websocket-transport.js";
export type {
  AttemptRequest,
  PerAttempt,
  WebSocketTransportConstructorOptions,
  WebSocketTransportOptions,
} from "./options.js";
export type { PipecatMediaManager } from "../../media/media-manager.js";
export type { Decoded, DecodedAudio, DecodedMessage, DecodedRaw, WebSocketSerializer } from "./serializer.js";
