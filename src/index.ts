export {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  turnsMachine,
} from "../machines/index.js";
export type { RtviTag, TransportContext, TransportEvent, TransportFact } from "../machines/index.js";
export type { NetworkSource } from "./actors/network.js";
export type { TransportActor } from "./compose.js";
export type { Fault, FaultCode } from "./contracts/fault.js";
export type { DeviceInfo, MicrophonePort, MicrophoneReports, MicrophoneRequest } from "./contracts/microphone.js";
export type { PlaybackReport, PlayedItem, SpeakerPort } from "./contracts/speaker.js";
export type { Continuity, Recovery } from "./contracts/continuity.js";
export type { RetryContext, RetryPolicy } from "./contracts/retry.js";
export { openSocketConnection } from "./connection/socket-connection.js";
export type { SocketParts } from "./connection/socket-connection.js";
export type { Attempt, BotTrack, Connection, Upcalls } from "./contracts/connection.js";
export type { Command, Dialogue, Effect, Expects, OutgoingMessage } from "./contracts/dialogue.js";
export type {
  MediaPlan,
  Provider,
  ProviderSession,
  Responder,
  ResponderHost,
  SessionStart,
} from "./contracts/provider.js";
export type { TurnEdge, TurnFact, Turns, TurnTag } from "./contracts/turns.js";
export {
  AlreadyConnectedError,
  AuthenticationError,
  CongestionError,
  ConnectionAbortedError,
  ConnectionFailedError,
  ConnectionLostError,
  ConnectTimeoutError,
  FunctionCallError,
  InternalError,
  InvalidOptionsError,
  NotReadyError,
  ProtocolError,
  ReadyTimeoutError,
  RequestRejectedError,
  RequestTimeoutError,
  isRtviMachineError,
  RtviMachineError,
  ServiceError,
  UnsupportedEnvironmentError,
} from "./errors.js";
export type { ErrorFacts } from "./errors.js";
export type { Logger } from "./log.js";
export { MediaManager } from "./media/media-manager.js";
export type { MediaPorts } from "./media/media-manager.js";
export { WebAudioMediaManager } from "./media/web-audio-media-manager.js";
export type { AudioContextConstructor, WebAudioOptions } from "./media/web-audio-options.js";
export type { WorkletUrl } from "./media/worklet-loader.js";
export type {
  Clock,
  ConnectionParamsRequest,
  ReconnectOptions,
  TimeoutOptions,
  TransportOptions,
  WebSocketConstructor,
} from "./options.js";
export { RealTimeWebsocketTransport } from "./compat/real-time-websocket-transport.js";
export type { LLMServiceOptions } from "./compat/real-time-websocket-transport.js";
export type { TrackSampleOffset } from "./transport/speaking.js";
export { VoiceTransport } from "./transport/voice-transport.js";
export { rtviStateOf } from "./transport/rtvi-state.js";
