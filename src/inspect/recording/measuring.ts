import type { Connection } from "../../contracts/connection.js";
import type { MeasuredSession, Measuring, Statistics } from "../../contracts/inspector.js";
import { MeasuredSpeaker } from "./measured-speaker.js";
import { peerStatistics } from "./peer-statistics.js";

/** How often is measured, in ms. */
const EVERY_MS = 5_000;

/** Measures a session: every few seconds while it has a connection. @param tell Receives what was measured. */
export function measuringOf({ speaker, timers }: MeasuredSession, tell: (statistics: Statistics) => void): Measuring {
  const measured = new MeasuredSpeaker(speaker);
  const measure = async (connection: Connection, signal: AbortSignal): Promise<void> => {
    const { bufferedAmount } = connection;
    // A connection that has just closed refuses: what is known of it is known without it.
    const report = await connection.stats?.().catch(() => undefined);
    if (signal.aborted) return;
    tell({ bufferedAmount, ...(report !== undefined && peerStatistics(report)), ...measured.statistics });
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
