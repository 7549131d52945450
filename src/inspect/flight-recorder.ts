import type {
  MeasuredSession,
  Measuring,
  MessageOutline,
  SessionInspector,
  Statistics,
} from "../contracts/inspector.js";
import { measuringOf } from "./recording/measuring.js";
import { Recorder, type RecorderOptions } from "./recording/recorder.js";
import type { Recording } from "./recording/recording.js";

/** How much is kept, and what of it. */
export type FlightRecorderOptions = RecorderOptions;

/** A recorder that is always on; pass it to a transport's option `inspect`. It may be given to several. */
export interface FlightRecorder extends SessionInspector {
  readonly message: (outline: MessageOutline) => void;
  readonly measure: (session: MeasuredSession) => Measuring;
  /** Adds what was measured elsewhere. What the session's connection and player measure comes by itself. */
  readonly statistics: (statistics: Statistics) => void;
  /** What happened lately, as one file: write it with `JSON.stringify`, read it with `readRecording`. */
  export(): Recording;
}

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
  const recorder = new Recorder(options);
  return {
    inspect: recorder.trace,
    message: (outline) => {
      recorder.message(outline);
    },
    measure: (session) => measuringOf(session, (statistics) => recorder.statistics(statistics)),
    statistics: (statistics) => {
      recorder.statistics(statistics);
    },
    export: () => recorder.export(),
  };
}
