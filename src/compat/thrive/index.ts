export { createWebSocketTransport } from "./websocket-transport.js";
export type { ConnectOptions, WebSocketTransport, WebSocketTransportDeps } from "./websocket-transport.js";
export type { WebSocketTransportConfig, WebSocketTransportTool } from "./config.js";
export type { RealtimeEvent } from "./documented-events.js";
export type { SessionToken, SessionTokenProvider, SessionTokenRequest } from "./session-credential.js";
