import { isMediaManager, MANAGER, type MediaManager, type PipecatMediaManager } from "../../media/media-manager.js";
import { WebAudioMediaManager } from "../../media/web-audio-media-manager.js";
import type { TransportOptions } from "../../options.js";
import { either, FUNCTION, methods, NULL, type Rule, TEXT, whole } from "../../util/check-options.js";
import type { CredentialRequest } from "../../util/credential-source.js";
import type { WebSocketSerializer } from "./serializer.js";

/** Which attempt asks for an address or a token. */
export type AttemptRequest = CredentialRequest;

/** Gives each attempt its own address or token: asked on every one. */
export type PerAttempt<Value> = (request: AttemptRequest) => Value | Promise<Value>;

/** Where the bot is. Taken by the constructor, and as connection parameters, which go first. */
export interface WebSocketTransportOptions {
  /** @deprecated Use `wsUrl`. */
  ws_url?: string | PerAttempt<string>;
  /** `ws(s)` or `http(s)`, or relative to the page. */
  wsUrl?: string | PerAttempt<string>;
  /** Added to a copy of `wsUrl` as the query parameter `token`, on every attempt. A function gives each attempt its own. */
  token?: string | null | PerAttempt<string | null | undefined>;
}

/** Options of the constructor: Pipecat's. */
export interface WebSocketTransportConstructorOptions extends WebSocketTransportOptions {
  /**
   * Pipecat's place for the second argument, which goes first. Default: a `WebAudioMediaManager` at the rates below. One that tells its
   * rates is believed.
   */
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

const SERIALIZER_METHODS = ["serialize", "serializeAudio", "serializeMessage", "deserialize"];
const SOURCE = either(TEXT, FUNCTION, NULL);
const RATE = whole("Hz", 8000, 96_000);

/** What the options may be. */
export const PIPECAT_OPTIONS = {
  wsUrl: SOURCE,
  ws_url: SOURCE,
  token: SOURCE,
  mediaManager: MANAGER,
  serializer: methods(...SERIALIZER_METHODS),
  recorderSampleRate: RATE,
  playerSampleRate: RATE,
} satisfies Record<keyof WebSocketTransportConstructorOptions, Rule>;

/** The manager that was given, or the default one. @throws InvalidOptionsError naming the option of `audio` that is wrong. */
export function managerOf(
  { mediaManager, recorderSampleRate, playerSampleRate }: WebSocketTransportConstructorOptions,
  manager: PipecatMediaManager | undefined,
  { audio, workletUrl, logger }: TransportOptions,
): MediaManager {
  const given = manager ?? mediaManager;
  if (isMediaManager(given)) return given;
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
