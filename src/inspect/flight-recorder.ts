import type { InspectionEvent } from "xstate";
import type { MessageOutline, SessionInspector } from "../contracts/inspector.js";
import type { Entry, Recording, Surroundings } from "./recording/recording.js";
import { Redaction } from "./recording/redaction.js";
import { Ring } from "./recording/ring.js";
import { Tracer } from "./recording/tracer.js";

/** How much is kept, and what of it. */
export interface FlightRecorderOptions {
  /** How far back it goes, in seconds. Default 300. */
  readonly seconds?: number;
  /** How much is kept, in UTF-16 units of JSON, which are bytes for nearly all of it. Default 2 000 000. */
  readonly bytes?: number;
  /**
   * Keep words and names as well: messages of errors, which may quote a service, and labels of devices, which may hold a person's
   * name. Default false. What was said is no part of any event, and is never kept; neither is audio nor a credential.
   */
  readonly texts?: boolean;
  /** Monotonic time in ms. Default `performance.now()`. */
  readonly now?: () => number;
}

/** A recorder that is always on; pass it to a transport's option `inspect`. It may be given to several. */
export interface FlightRecorder extends SessionInspector {
  readonly message: (outline: MessageOutline) => void;
  /** What happened lately, as one file: write it with `JSON.stringify`, read it with `readRecording`. */
  export(): Recording;
}

/** All numbers of the option are as they should be, or the defaults are used. */
const positive = (value: number | undefined, or: number): number => (value !== undefined && value > 0 ? value : or);

/**
 * Keeps what the session's charts were told lately, where they went, what their connection carried in outline, and where that was:
 * enough to see afterwards why a call dropped, and to `replay` it.
 *
 * @example
 * const recorder = flightRecorder({ seconds: 600 });
 * const transport = new OpenAIRealTimeWebSocketTransport(service, undefined, { inspect: recorder });
 * reportButton.onclick = () => send(JSON.stringify(recorder.export()));
 */
export function flightRecorder(options: FlightRecorderOptions = {}): FlightRecorder {
  const clock = options.now ?? (() => performance.now());
  const start = clock();
  const began = new Date().toISOString();
  const now = (): number => Math.round((clock() - start) * 10) / 10;
  const ring = new Ring({ ms: positive(options.seconds, 300) * 1_000, bytes: positive(options.bytes, 2_000_000) });
  const write = (entry: Entry): void => void ring.add(entry);
  const { trace } = new Tracer(now, new Redaction(options.texts === true), write);
  return {
    inspect: (event: InspectionEvent) => {
      trace(event);
    },
    message: (outline) => {
      write({ kind: "message", at: now(), ...outline, count: 1 });
    },
    export: () => ({
      format: "rtvi-machine recording",
      version: 1,
      began,
      until: now(),
      surroundings: surroundings(),
      base: ring.base,
      entries: ring.entries,
    }),
  };
}

/** Where this runs, as far as it explains a session. */
function surroundings(): Surroundings {
  if (typeof navigator === "undefined") return {};
  const { userAgent, onLine, hardwareConcurrency } = navigator;
  return {
    userAgent,
    ...(typeof onLine === "boolean" && { online: onLine }),
    ...(typeof hardwareConcurrency === "number" && { cores: hardwareConcurrency }),
    ...(typeof document !== "undefined" && { visibility: document.visibilityState }),
  };
}
