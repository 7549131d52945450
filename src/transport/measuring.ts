import type { Connection } from "../contracts/connection.js";
import type { Statistics } from "../contracts/inspector.js";
import type { SpeakerPort } from "../contracts/speaker.js";
import type { Logger } from "../log.js";
import { MeasuredSpeaker } from "../pipes/measured-speaker.js";
import { timersOf, type Timers } from "../policy/time.js";

/** How often is measured, in ms. */
const EVERY_MS = 5_000;

/** Measures a session for those who inspect it. */
export interface Measuring {
  /** The speaker to be used. */
  readonly speaker: SpeakerPort;
  /** Measures an open connection every few seconds until its signal aborts. */
  readonly follow: (connection: Connection, signal: AbortSignal) => void;
}

/** @param tell Receives what was measured; undefined where nobody wants it: then nothing is counted, asked or timed. */
export function measuringOf(
  tell: ((statistics: Statistics) => void) | undefined,
  speaker: SpeakerPort,
  clock: Timers | undefined,
  logger: Logger,
): Measuring {
  if (tell === undefined) return { speaker, follow: () => undefined };
  const measured = new MeasuredSpeaker(speaker);
  const timers = timersOf(clock);
  const measure = async (connection: Connection, signal: AbortSignal): Promise<void> => {
    const { bufferedAmount } = connection;
    const more = await connection.statistics?.().catch((error: unknown) => {
      logger.debug("The connection could not be measured", error);
    });
    if (!signal.aborted) tell({ bufferedAmount, ...more, ...measured.statistics });
  };
  return {
    speaker: measured,
    follow: (connection, signal) => {
      let timer: unknown;
      const wait = (): void => {
        timer = timers.setTimeout(() => {
          wait();
          void measure(connection, signal);
        }, EVERY_MS);
      };
      signal.addEventListener("abort", () => timers.clearTimeout(timer), { once: true });
      wait();
    },
  };
}
