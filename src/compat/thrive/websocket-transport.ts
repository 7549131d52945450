import type { RTVIMessage } from "@pipecat-ai/client-js";
import { AlreadyConnectedError, InvalidOptionsError, NotReadyError } from "../../errors.js";
import { defaultLogger, safeLogger } from "../../log.js";
import { isMediaManager, MANAGER, type MediaManager } from "../../media/media-manager.js";
import { dialectOf, type OpenAIDialect } from "../../providers/openai/dialect.js";
import type { TransportOptions } from "../../options.js";
import { checkOthers, checkService, checkTransport } from "../../transport/check-arguments.js";
import { runSafely } from "../../transport/safe-callbacks.js";
import { FUNCTION, recordOf, type Rule } from "../../util/check-options.js";
import { recordAt } from "../../util/records.js";
import { OpenAIRealTimeWebSocketTransport } from "../../providers/openai/transport.js";
import { readConfig, THRIVE_CONFIG, type WebSocketTransportConfig } from "./config.js";
import { documentedEvents, isOwnRace, rawEvent, type RealtimeEvent } from "./documented-events.js";
import { serviceEvent } from "./service-events.js";
import { SessionCredential, type SessionTokenProvider } from "./session-credential.js";
import { deviceErrorEvent, errorEvent, wasTold } from "./error-events.js";

/** What a transport needs of the app. */
export interface WebSocketTransportDeps {
  /** Asked on every attempt. Without it the `token` of `connect()` is the credential. */
  getSessionToken?: SessionTokenProvider;
  /** Addition. Devices and playback; default `WebAudioMediaManager` at 24 kHz. */
  mediaManager?: MediaManager;
}

const DEPS = { getSessionToken: FUNCTION, mediaManager: MANAGER } satisfies Record<keyof WebSocketTransportDeps, Rule>;

/** What one session is opened with. */
export interface ConnectOptions {
  /**
   * Authentication token: handed to `getSessionToken`, for your own server; the credential itself where there is no
   * such function.
   */
  token: string;
  /** Hears every event of the session, audio too. What it throws, or rejects with, is logged and changes nothing. */
  onEvent: (event: RealtimeEvent) => void;
}

/** A session over a WebSocket, with microphone and playback. Works any number of times. */
export interface WebSocketTransport {
  readonly kind: "websocket";
  /**
   * Resolves when the session is configured and may be spoken to.
   * @throws AuthenticationError, ConnectionFailedError, ConnectTimeoutError, ReadyTimeoutError, ServiceError,
   * InvalidOptionsError; ConnectionAbortedError when `close()` came first; AlreadyConnectedError during a session, which
   * goes on. Nothing is held any more when it rejects.
   */
  connect(options: ConnectOptions): Promise<void>;
  /**
   * Sends a client event of the Realtime API. `response.cancel` also silences what is being played.
   * @throws NotReadyError outside a session, and while it reconnects; InvalidOptionsError for what cannot be sent.
   */
  send(event: RealtimeEvent | { readonly type: string }): void;
  /** Legal at any time. Resolves when nothing is held any more; from the call on `onEvent` hears nothing. */
  close(): Promise<void>;
  /** Addition. The RTVI transport beneath: state, actor, mute, devices, levels, `resumeAudio()`, `interrupt()`. */
  readonly rtvi: OpenAIRealTimeWebSocketTransport;
}

/**
 * Makes a transport for OpenAI's Realtime API with the events and the shapes of the Thrive platform.
 *
 * ```ts
 * const transport = createWebSocketTransport({ voice: "alloy", capabilities: ["text", "audio", "tools"] }, { getSessionToken });
 * await transport.connect({ token, onEvent: (event) => console.log(event) });
 * ```
 * @param options Addition. WebSocket, inspection, audio, deadlines, reconnection: as for every transport of this library, but the
 * first attempt is retried too unless `reconnect` says otherwise.
 * @throws InvalidOptionsError naming the field or the option that is wrong, or misplaced.
 */
export function createWebSocketTransport(
  config: WebSocketTransportConfig = {},
  deps: WebSocketTransportDeps = {},
  options: TransportOptions = {},
): WebSocketTransport {
  checkService(config, options, THRIVE_CONFIG, "config");
  checkDeps(deps);
  checkTransport(options);
  const { service, hears } = readConfig(config);
  const logger = safeLogger(options.logger ?? defaultLogger);
  const credential = new SessionCredential(deps.getSessionToken);
  const rtvi = new OpenAIRealTimeWebSocketTransport(service, deps.mediaManager, retrying(options), credential.read);
  let session: { readonly onEvent: ConnectOptions["onEvent"] } | undefined;
  /** The session whose events come. One that begins while another ends has none yet. */
  let current: typeof session;
  let released: Promise<void> | undefined;
  let dialect: OpenAIDialect = "ga";
  let last: string | undefined;

  const listener = (): typeof session => (session === current ? session : undefined);

  /** Unless another session has begun, whose it is. */
  const forgetToken = (): void => {
    if (session === undefined) credential.authenticate("");
  };

  const release = (): Promise<void> => {
    session = undefined;
    const releasing = rtvi.disconnect();
    const forget = (): void => {
      if (released === releasing) released = undefined;
      forgetToken();
    };
    released = releasing;
    releasing.then(forget, forget);
    return releasing;
  };

  const receive = (message: RTVIMessage): void => {
    const event = message.type === "server-message" ? rawEvent(message.data) : undefined;
    if (event === undefined || isOwnRace(event)) return;
    if (event.type === "session.created") dialect = dialectOf(recordAt(event, "session")) ?? "ga";
    last = event.type;
    for (const each of documentedEvents(event, dialect)) listener()?.onEvent(each);
  };

  const callbacks = {
    onError: ({ data }: RTVIMessage): void => {
      const event = errorEvent(data);
      const told = listener();
      if (!wasTold(event, last)) told?.onEvent(event);
      // In an app on a PipecatClient it is the client that closes.
      if (event.error.fatal === true && session === told) void release();
    },
    onDeviceError: (error: Parameters<typeof deviceErrorEvent>[0]): void => {
      listener()?.onEvent(deviceErrorEvent(error));
    },
    onTransportStateChanged: (state: string): void => {
      if (state === "connecting") [current, last] = [session, undefined];
      // Ended through `rtvi`; an end of our own making has said so already, and may have been followed by a new session.
      if (state === "disconnecting" && released === undefined) session = undefined;
      if (state === "disconnected") forgetToken();
    },
  };
  rtvi.initialize({ transport: rtvi, callbacks, enableMic: hears }, receive);

  return {
    kind: "websocket",
    rtvi,
    async connect(given) {
      const { token, onEvent } = checkOptions(given);
      if (session !== undefined) throw new AlreadyConnectedError("This transport is in a session; close() it first.");
      const mine = {
        onEvent: (event: RealtimeEvent): void => runSafely("onEvent", logger, () => onEvent(event)),
      };
      session = mine;
      credential.authenticate(token);
      try {
        await rtvi.connect();
        await rtvi.sendReadyMessage();
      } catch (error) {
        if (session === mine) void release();
        await released;
        throw error;
      }
    },
    send(event) {
      if (session === undefined) throw new NotReadyError("There is no session: await connect() first.");
      const sent = serviceEvent(event, dialect);
      rtvi.sendServiceEvent(sent);
      // The service stops making it; what is queued here would go on being heard.
      if (sent.type === "response.cancel") rtvi.interrupt();
    },
    close: release,
  };
}

/** The documented transport tries its first attempt again, too. */
function retrying({ reconnect, ...options }: TransportOptions): TransportOptions {
  return { ...options, reconnect: reconnect === false ? false : { initial: true, ...reconnect } };
}

function checkDeps(deps: unknown): void {
  if (isMediaManager(deps))
    throw new InvalidOptionsError("Pass the media manager as `mediaManager` of the second argument.");
  checkOthers(deps, "The second argument", DEPS);
}

function checkOptions(given: ConnectOptions): ConnectOptions {
  const { token, onEvent } = recordOf(given, "What connect() is called with");
  if (typeof token !== "string") throw new InvalidOptionsError("`token` must be a string.");
  if (typeof onEvent !== "function") throw new InvalidOptionsError("`onEvent` must be a function.");
  return given;
}
