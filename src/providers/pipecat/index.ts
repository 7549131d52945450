export { ProtobufFrameSerializer } from "./protobuf-serializer.js";
export { TwilioSerializer } from "./twilio-serializer.js";
export { WebSocketTransport } from "./websocket-transport.js";
export type {
  AttemptRequest,
  PipecatMediaManager,
  Provider,
  WebSocketTransportConstructorOptions,
  WebSocketTransportOptions,
} from "./options.js";
export type { Decoded, DecodedAudio, DecodedMessage, DecodedRaw, WebSocketSerializer } from "./serializer.js";
