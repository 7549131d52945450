import type { NetworkSource } from "./actors/network.js";
import type { Recovery } from "./contracts/continuity.js";
import type { Inspector } from "./contracts/inspector.js";
import type { RetryPolicy } from "./contracts/retry.js";
import type { Logger } from "./log.js";
import type { WebAudioOptions } from "./media/web-audio-options.js";
import { LONGEST_WAIT } from "./policy/time.js";

/**
 * When a lost connection is reconnected. Delays are uniform between 0 and a ceiling that grows (full jitter), on top of
 * what the service asks for (`Retry-After`); all times in ms. Being offline stops the clock, and a session whose network
 * returns connects within 500 ms.
 */
export interface ReconnectOptions {
  /** Also retry the first attempt of a session. Default false: an app wants its error at once. */
  readonly initial?: boolean;
  /** Ceiling of the first delay. Default 250 ms. */
  readonly base?: number;
  /** Growth of the ceiling per reconnect. Default 2. */
  readonly factor?: number;
  /** Highest ceiling. Default 15 000 ms. */
  readonly cap?: number;
  /**
   * Reconnects in a row before giving up; `Infinity` never does. Default 50, about six minutes, and 6 while no connection of the
   * session has opened yet, because the app awaits `connect()`. 0 turns reconnection off.
   */
  readonly attempts?: number;
  /** How long after the loss to give up, whatever `attempts` says, in ms without those offline. Default `Infinity`. */
  readonly budget?: number;
  /** How long the connection must stay up, and the service be ready, before earlier failures are forgotten. Default 5 000 ms. */
  readonly minUptime?: number;
  /** Your own decision in place of `base`, `factor`, `cap`, `attempts` and `budget`. */
  readonly policy?: RetryPolicy;
}

/**
 * The numbers of those who say nothing. The cap is what spreads clients after a long outage: with full jitter they connect
 * every cap / 2 on average, so that of those who wait at its end no more than 100 ms / (cap / 2) come within 100 ms.
 */
export function retryDefaults(options: ReconnectOptions | false = {}) {
  const defaults = { initial: false, base: 250, factor: 2, cap: 15_000, minUptime: 5_000 };
  return { ...defaults, ...(options === false ? { attempts: 0 } : options) };
}

/** What `connectionParams` is told. */
export interface ConnectionParamsRequest {
  /** Which attempt of the session this is; 2 is the first reconnect. */
  readonly attempt: number;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Deadlines; all times in ms. */
export interface TimeoutOptions {
  /** From the attempt to an open connection; `Infinity` waits for ever. Default 15 000 ms. */
  readonly connect?: number;
  /**
   * From an open connection to the service's word that it is ready. Default 15 000 ms. In a session that was ready before, a connection
   * on which this is over counts as a failed reconnect.
   */
  readonly ready?: number;
  /** How long an orderly close may take. Default 2 000 ms. */
  readonly disconnect?: number;
  /**
   * How long the service may say nothing. It is then asked for a sign of life, and the connection is replaced if none comes
   * (without a word from the socket, which may take many minutes to notice). A service that answers the question and still
   * not the user is given one more such time. One that cannot be asked (Gemini Live) may be silent for so long only while it
   * owes something: an answer, or what it is in the middle of saying. 0 or `Infinity` turns it off, and a Pipecat bot is
   * then never pinged. Default 15 000 ms.
   */
  readonly silence?: number;
  /**
   * How long a sign of life may take; also asked for when the page wakes up, or the network is lost or returns. `Infinity` asks for
   * none, because a gateway may not answer: silence then counts as with a service that cannot be asked. Default 3 000 ms.
   */
  readonly probe?: number;
  /**
   * How long no more of the user's words may come before a turn of which only words are known is over: with Gemini Live, which does
   * not say when the user stops. Default 3 000 ms.
   */
  readonly lull?: number;
  /** WebRTC only: how long ICE may stay `disconnected` before the connection counts as lost. Default 5 000 ms. */
  readonly iceGrace?: number;
}

/** When a silent service is asked, and how long it may take to answer. */
export function patienceOf({ silence = 15_000, probe = 3_000 }: TimeoutOptions = {}) {
  return { silence, probe };
}

/** How long a function call may wait, in ms; 0 for ever. */
export function functionCallTimeoutOf({ functionCallTimeout: ms = 30_000 }: TransportOptions): number {
  return ms > LONGEST_WAIT ? 0 : ms;
}

/** Timers, so that tests can turn the clock. */
export interface Clock {
  /**
   * Monotonic time in ms, as a number or as a function that tells it. Default `performance.now()`, and `Date.now()` to see
   * that the machine was asleep.
   */
  readonly now?: number | (() => number);
  setTimeout(run: (...args: never[]) => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

/** The part of the `WebSocket` constructor that is used; pass your own to add headers or to test. */
export type WebSocketConstructor = new (url: string | URL, protocols?: string | string[]) => WebSocket;

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The part of the `RTCPeerConnection` constructor that is used; pass your own to add ICE servers or to test. */
export type PeerConnectionConstructor = new (configuration?: RTCConfiguration) => RTCPeerConnection;

/** Options that every transport takes as its last argument. */
export interface TransportOptions {
  /**
   * Looks at the session: an inspector of `rtvi-machine/inspect`, an observer of XState's inspection events or a function, or
   * several of them in a list.
   */
  readonly inspect?: Inspector | readonly Inspector[];
  /** `false` turns reconnection off. */
  readonly reconnect?: ReconnectOptions | false;
  /**
   * Asked before every reconnect, not before the first attempt, for what `connect()` would be given now: a fresh token, another
   * region. Checked and used like the parameters of `connect()`. A failure counts as a failed attempt that may be retried,
   * unless it is an error of this library that says otherwise.
   */
  readonly connectionParams?: (request: ConnectionParamsRequest) => unknown;
  /** The session is ready again after a loss or a planned change of connections. Called after `ready` was announced. */
  readonly onRecovered?: (recovery: Recovery) => void;
  readonly timeouts?: TimeoutOptions;
  /** Options of the default `WebAudioMediaManager`; without effect when you pass a manager of your own. */
  readonly audio?: WebAudioOptions;
  /** Where the worklet files are served, for pages whose CSP forbids `blob:` scripts. */
  readonly workletUrl?: WebAudioOptions["workletUrl"];
  /** Default: the global `WebSocket`, looked up when connecting. */
  readonly WebSocket?: WebSocketConstructor;
  /** WebRTC only. Default: the global `fetch`, looked up when connecting. */
  readonly fetch?: Fetch;
  /** WebRTC only. Default: the global `RTCPeerConnection`, looked up when connecting. */
  readonly RTCPeerConnection?: PeerConnectionConstructor;
  /**
   * WebRTC only: whether the transport plays the bot's track. Default false, as in Pipecat's classes: the app attaches the track of
   * `onTrackStarted` to an element, or renders client-react's `PipecatClientAudio`. Over a WebSocket the transport always plays, and is
   * silent while an element in the document plays the bot's track.
   */
  readonly playBotTrack?: boolean;
  /** Default: warnings and errors to the console. */
  readonly logger?: Logger;
  /** Default: the global timers. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Tells `online`, `offline`, `pageshow` and `visibilitychange`. Default: the global `window`, where there is one. */
  readonly network?: NetworkSource;
  /**
   * How long a function call of the model may wait for the result of its handler, in ms. The model is then told that there is
   * none, and the app hears of it by `onError`: of a handler that rejects, resolves to undefined or null, or is not registered,
   * client-js says nothing, and the model would wait for ever. 0 or `Infinity` lets it. A Pipecat server watches over its own
   * calls, but for those of the deprecated message `llm-function-call`. Default 30 000 ms.
   */
  readonly functionCallTimeout?: number;
  /**
   * Microphone audio kept from connect() to ready, in ms; the oldest is dropped first. It is sent at once: of what is more than
   * `maxBufferedAmount` the newest is dropped. A track over WebRTC is not kept. Default 2 000 ms.
   */
  readonly preRoll?: number;
  /**
   * Bytes of microphone audio that may wait in the socket before more of it is dropped; whatever else waits there does not count.
   * Default 262 144, some four seconds.
   */
  readonly maxBufferedAmount?: number;
}
