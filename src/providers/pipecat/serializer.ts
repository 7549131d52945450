import type { RTVIMessage } from "@pipecat-ai/client-js";

/** Audio of the bot. */
export interface DecodedAudio {
  readonly type: "audio";
  /** 16-bit PCM; interleaved where there is more than one channel. */
  readonly audio: Int16Array;
  /** Hz. Left out: the rate of the player. */
  readonly sampleRate?: number;
  /** Left out: 1. */
  readonly numChannels?: number;
}

/** An RTVI message of the bot. One whose label is not RTVI's is ignored. */
export interface DecodedMessage {
  readonly type: "message";
  readonly message: RTVIMessage;
  /** All audio before this is void, and what comes after it is new: playback is flushed. */
  readonly interrupts?: boolean;
}

/** Anything else: the app gets it as the server message `{ t: "raw", d: message }`. */
export interface DecodedRaw {
  readonly type: "raw";
  readonly message: unknown;
  /** All audio before this is void: playback is flushed, and the app is not told. */
  readonly interrupts?: boolean;
}

/** What one WebSocket message of the server was. */
export type Decoded = DecodedAudio | DecodedMessage | DecodedRaw;

/**
 * How audio and messages travel, in the shape of Pipecat's serializers, so that one written for Pipecat's transport works
 * here unchanged. `null`, `undefined` or nothing at all from one of the first three means: this is not sent.
 */
export interface WebSocketSerializer {
  /** What `sendRawMessage` was given, for the connection. */
  serialize(data: unknown): unknown;
  /** A chunk of microphone audio, 16-bit little-endian PCM, for the connection. */
  serializeAudio(data: ArrayBuffer, sampleRate: number, numChannels: number): unknown;
  /**
   * An RTVI message for the connection. If it gives nothing for `client-ready`, there is no handshake: the session is ready once
   * the socket is open.
   */
  serializeMessage(message: RTVIMessage): unknown;
  /** One message of the server: a string, or bytes as `binaryType` says. What it throws becomes a `ProtocolError`. */
  deserialize(data: unknown): Promise<Decoded>;
  /** How it wants bytes. Default "blob", as Pipecat's transport hands them. */
  readonly binaryType?: "arraybuffer" | "blob";
  /** A new connection begins: forget the audio of the last one. */
  reset?(): void;
}
