import type { PipecatClientOptions, Tracks } from "@pipecat-ai/client-js";
import { InvalidOptionsError } from "../../errors.js";
import { MediaManager } from "../../media/media-manager.js";
import { WebAudioMediaManager } from "../../media/web-audio-media-manager.js";
import type { TransportOptions } from "../../options.js";
import type { WebSocketSerializer } from "./serializer.js";

/** Which attempt asks for an address or a token. */
export interface AttemptRequest {
  /** 1 for the first attempt of a session. */
  readonly attempt: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Asked on every attempt. */
export type Provider<Value> = (request: AttemptRequest) => Value | Promise<Value>;

/** Where the bot is. Taken by the constructor, and as connection parameters, which go first. */
export interface WebSocketTransportOptions {
  /** @deprecated Use `wsUrl`. */
  ws_url?: string | Provider<string>;
  /** `ws(s)` or `http(s)`, or relative to the page. */
  wsUrl?: string | Provider<string>;
  /** Added to a copy of `wsUrl` as the query parameter `token`, on every attempt. A function gives each attempt its own. */
  token?: string | null | Provider<string | null | undefined>;
}

/** The public members of Pipecat's media managers, which are all that is needed of one. */
export interface PipecatMediaManager {
  setUserAudioCallback(callback: (data: ArrayBuffer) => void): void;
  setClientOptions(options: PipecatClientOptions, override?: boolean): void;
  initialize(): Promise<void>;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  userStartedSpeaking(): Promise<unknown>;
  bufferBotAudio(data: ArrayBuffer | Int16Array, id?: string): Int16Array | undefined;
  enableMic(enable: boolean): void | Promise<void>;
  tracks(): Tracks;
}

/** Options of the constructor: Pipecat's, and those of every transport of this library. */
export interface WebSocketTransportConstructorOptions extends WebSocketTransportOptions, TransportOptions {
  /** Default: a `WebAudioMediaManager` at the rates below. One that tells its rates is believed. */
  mediaManager?: PipecatMediaManager;
  /** Default: `ProtobufFrameSerializer`. */
  serializer?: WebSocketSerializer;
  /** Rate of the microphone audio in Hz, a whole number from 8000 to 96000. Default 16000. */
  recorderSampleRate?: number;
  /** Rate of the player in Hz, likewise. Default 24000. Audio of another rate is converted. */
  playerSampleRate?: number;
}

/** Hz. */
export const DEFAULT_RECORDER_RATE = 16_000;
/** Hz. */
export const DEFAULT_PLAYER_RATE = 24_000;

/** Samples of a microphone chunk. */
const CHUNK = 512;

const MANAGER_METHODS = [
  "setUserAudioCallback",
  "setClientOptions",
  "initialize",
  "connect",
  "disconnect",
  "userStartedSpeaking",
  "bufferBotAudio",
  "enableMic",
  "tracks",
] as const satisfies readonly (keyof PipecatMediaManager)[];

const SERIALIZER_METHODS = ["serialize", "serializeAudio", "serializeMessage", "deserialize"] as const;

/** The manager of `options`, or the default one. @throws InvalidOptionsError naming the option that is wrong. */
export function managerIn(options: WebSocketTransportConstructorOptions): MediaManager {
  const { mediaManager, recorderSampleRate, playerSampleRate, audio, workletUrl, logger } = options;
  checkRate("recorderSampleRate", recorderSampleRate);
  checkRate("playerSampleRate", playerSampleRate);
  if (mediaManager !== undefined) return checkManager(mediaManager);
  const inputSampleRate = recorderSampleRate ?? audio?.inputSampleRate ?? DEFAULT_RECORDER_RATE;
  const outputSampleRate = playerSampleRate ?? audio?.outputSampleRate ?? DEFAULT_PLAYER_RATE;
  return new WebAudioMediaManager({
    ...(workletUrl !== undefined && { workletUrl }),
    ...(logger !== undefined && { logger }),
    chunkMs: (CHUNK / inputSampleRate) * 1000,
    ...audio,
    inputSampleRate,
    outputSampleRate,
  });
}

/** @throws InvalidOptionsError when it has not the methods of a serializer. */
export function checkSerializer(serializer: WebSocketSerializer): WebSocketSerializer {
  if (hasMethods(serializer, SERIALIZER_METHODS)) return serializer;
  throw new InvalidOptionsError(`serializer must be an object with ${SERIALIZER_METHODS.join(", ")}.`);
}

function checkManager(manager: PipecatMediaManager): MediaManager {
  if (isManager(manager)) return manager;
  throw new InvalidOptionsError(`mediaManager must be an object with ${MANAGER_METHODS.join(", ")}.`);
}

/** Pipecat declares its class with protected members, so that by type no other class fits, though by its methods one does. */
function isManager(manager: PipecatMediaManager): manager is MediaManager {
  return manager instanceof MediaManager || hasMethods(manager, MANAGER_METHODS);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === "function");
}

function checkRate(key: string, rate: unknown): void {
  if (rate === undefined) return;
  if (typeof rate === "number" && Number.isInteger(rate) && rate >= 8000 && rate <= 96_000) return;
  throw new InvalidOptionsError(
    `${key} must be a whole number of Hz from 8000 to 96000, not ${typeof rate === "number" ? rate : typeof rate}.`,
  );
}

/** What of `options` every transport takes; the rest, a token among it, goes no further. */
export function transportOptionsIn(options: WebSocketTransportConstructorOptions): TransportOptions {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- to leave it out
  const { ws_url, wsUrl, token, mediaManager, serializer, recorderSampleRate, playerSampleRate, ...rest } = options;
  return rest;
}
