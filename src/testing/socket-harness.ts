import type { Transport } from "@pipecat-ai/client-js";
import type { Continuity } from "../contracts/continuity.js";
import type { TransportOptions } from "../options.js";
import type { ConformanceHarness } from "./conformance/harness.js";
import { ManualClock } from "./manual-clock.js";
import { scriptedConnection, type ServiceWords } from "./scripted-connection.js";
import { RECONNECT, scriptedHands, TIMEOUTS } from "./scripted-hands.js";
import { ScriptedMediaManager } from "./scripted-media.js";

/** What the harness hands to a transport. */
export interface SocketParts {
  /** The service's, and the global one while the harness lives. */
  readonly WebSocket: typeof WebSocket;
  readonly media: ScriptedMediaManager;
  /** Clock, deadlines and sockets of the harness: the last argument of a class of this library. */
  readonly options: TransportOptions;
}

/** What a transport over WebSockets is put into. */
export interface SocketHarnessOptions extends ServiceWords {
  /** Makes the transport. */
  readonly transport: (parts: SocketParts) => Transport;
  /** The close code after which it makes no sense to connect again. Default 1008. */
  readonly finalCode?: number;
  /** What becomes of the conversation when the connection is lost while ready. Default `fresh`. */
  readonly continuity?: Continuity;
  /** When a connection is closed: once the service has answered, or at once, without waiting for it. Default `answered`. */
  readonly closes?: "answered" | "at once";
}

/** A harness for `transportConformance` and `lifecycleModel` around a transport of yours whose service speaks over WebSockets. */
export function socketHarness({
  transport,
  finalCode,
  continuity = "fresh",
  closes = "answered",
  ...words
}: SocketHarnessOptions): ConformanceHarness {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const service = scriptedConnection(words, finalCode);
  const before = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  Object.defineProperty(globalThis, "WebSocket", { configurable: true, writable: true, value: service.WebSocket });
  return {
    transport: transport({
      WebSocket: service.WebSocket,
      media,
      options: {
        clock,
        timeouts: TIMEOUTS,
        reconnect: RECONNECT,
        random: () => 0.5,
        WebSocket: service.WebSocket,
        logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
      },
    }),
    continuity,
    closes,
    service,
    ...scriptedHands(clock, media, () => (service.held === 0 ? [] : [`${service.held} sockets`])),
    dispose: () => {
      if (before === undefined) Reflect.deleteProperty(globalThis, "WebSocket");
      else Object.defineProperty(globalThis, "WebSocket", before);
    },
  };
}

const nothing = (): void => undefined;
