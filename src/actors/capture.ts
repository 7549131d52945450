import { fromCallback } from "xstate";
import type { CaptureCommand, CaptureInput, MicrophoneEvent } from "../../machines/microphone.machine.js";
import type { MicrophonePort } from "../contracts/microphone.js";
import type { Logger } from "../log.js";
import type { Enter } from "../policy/entry.js";
import { toDeviceError } from "../media/device-errors.js";
import { tearDown } from "../media/teardown.js";
import type { ErrorRegistry } from "./error-registry.js";
import { lifetimeWithin } from "./lifetime.js";

/** What the capture actor needs of its surroundings. */
export interface CaptureParts {
  readonly port: MicrophonePort;
  readonly errors: ErrorRegistry;
  readonly logger: Logger;
  readonly lifetime: AbortSignal;
  readonly enter: Enter;
}

/** Holds the microphone for as long as it lives. Audio flows from the port to the uplink, never through here. */
export function captureActor({ port, errors, logger, lifetime: outer, enter }: CaptureParts) {
  return fromCallback<CaptureCommand, CaptureInput>(({ input, sendBack, receive }) => {
    const lifetime = lifetimeWithin(outer);
    const { signal } = lifetime;
    if (signal.aborted) return;
    const wanted = { muted: input.muted, streaming: input.streaming };
    let phase: "opening" | "open" | "over" = "opening";
    const report = (fact: MicrophoneEvent): void => {
      if (!signal.aborted) enter(() => sendBack(fact));
    };
    const release = (): void => {
      tearDown(logger, [() => port.close()]);
    };
    signal.addEventListener("abort", release, { once: true });

    // One answer to the request, and at most one loss after it, whatever the port reports when.
    const fail = (error: unknown): void => {
      const type = phase === "open" ? "mic.lost" : "mic.failed";
      if (phase === "over") return;
      phase = "over";
      report({ type, fault: errors.record(toDeviceError("mic", error)) });
    };
    const open = async (): Promise<void> => {
      const device = await port.open({ deviceId: input.deviceId, muted: input.muted, signal }, { lost: fail });
      if (signal.aborted || phase === "over") return;
      port.setMuted(wanted.muted);
      port.setStreaming(wanted.streaming);
      phase = "open";
      report({ type: "mic.acquired", device });
    };
    open().catch(fail);

    receive((command) => {
      // An actor that throws is not cleaned up, and nobody would give the microphone back.
      try {
        if (command.type === "capture.streamed") {
          wanted.streaming = true;
          port.setStreaming(true);
        } else {
          wanted.muted = command.type === "capture.muted";
          port.setMuted(wanted.muted);
        }
      } catch (error) {
        fail(error);
      }
    });
    return () => {
      lifetime.end();
    };
  });
}
