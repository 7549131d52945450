import { fromCallback } from "xstate";
import type { SpeakerEvent } from "../../machines/speaker.machine.js";
import type { PlaybackReport, SpeakerPort } from "../contracts/speaker.js";
import type { Logger } from "../log.js";
import type { Enter } from "../policy/entry.js";
import { tearDown } from "../media/teardown.js";
import type { ErrorRegistry } from "./error-registry.js";
import { lifetimeWithin } from "./lifetime.js";

/** What the playback actor needs of its surroundings. */
export interface PlaybackParts {
  /** The output, by way of the downlink pipe. */
  readonly output: Pick<SpeakerPort, "open" | "close">;
  readonly errors: ErrorRegistry;
  /** Hears every report, also those that have a rate. */
  readonly observe: (report: PlaybackReport) => void;
  readonly logger: Logger;
  readonly lifetime: AbortSignal;
  readonly enter: Enter;
}

/** Holds the output for as long as it lives. Edges become facts; progress, which has a rate, goes to `observe` alone. */
export function playbackActor({ output, errors, observe, logger, lifetime: outer, enter }: PlaybackParts) {
  return fromCallback(({ sendBack }) => {
    const lifetime = lifetimeWithin(outer);
    const { signal } = lifetime;
    if (signal.aborted) return;
    const report = (fact: SpeakerEvent): void => {
      if (!signal.aborted) enter(() => sendBack(fact));
    };
    const close = (): void => {
      tearDown(logger, [() => output.close()]);
    };
    signal.addEventListener("abort", close, { once: true });

    const open = async (): Promise<void> => {
      await output.open((playback) => {
        if (signal.aborted) return;
        if (playback.type === "lost") report({ type: "playback.lost", fault: errors.record(playback.error) });
        else if (playback.type === "interrupted") report({ type: "playback.interrupted" });
        else {
          if (playback.type !== "progress") report({ type: `playback.${playback.type}` });
          observe(playback);
        }
      }, signal);
    };
    open().catch((error: unknown) => {
      report({ type: "playback.failed", fault: errors.record(error) });
    });
    return () => {
      lifetime.end();
    };
  });
}
