import { fromCallback } from "xstate";
import type { SpeakerEvent } from "../../machines/speaker.machine.js";
import type { PlaybackReport, SpeakerPort } from "../contracts/speaker.js";
import type { Logger } from "../log.js";
import { tearDown } from "../media/teardown.js";
import type { ErrorRegistry } from "./error-registry.js";
import { lifetimeWithin } from "./lifetime.js";

/** What the playback actor needs of its surroundings. */
export interface PlaybackParts {
  /** The output, by way of the downlink pipe. */
  readonly output: Pick<SpeakerPort, "open" | "close">;
  readonly faults: ErrorRegistry;
  /** Hears every report, also those that have a rate. */
  readonly observe: (report: PlaybackReport) => void;
  readonly logger: Logger;
  readonly lifetime: AbortSignal;
}

/** Holds the output for as long as it lives. Edges become facts; progress, which has a rate, goes to `observe` alone. */
export function playbackActor({ output, faults, observe, logger, lifetime: outer }: PlaybackParts) {
  return fromCallback(({ sendBack }) => {
    const lifetime = lifetimeWithin(outer);
    const { signal } = lifetime;
    if (signal.aborted) return;
    const report = (fact: SpeakerEvent): void => {
      if (!signal.aborted) sendBack(fact);
    };
    const close = (): void => {
      tearDown(logger, [() => output.close()]);
    };
    signal.addEventListener("abort", close, { once: true });

    const open = async (): Promise<void> => {
      await output.open((playback) => {
        if (signal.aborted) return;
        if (playback.type !== "progress") report({ type: `playback.${playback.type}` });
        observe(playback);
      }, signal);
    };
    open().catch((error: unknown) => {
      report({ type: "playback.failed", fault: faults.record(error) });
    });
    return () => {
      lifetime.end();
    };
  });
}
