import { fromCallback } from "xstate";
import type { MicrophoneEvent } from "../../machines/microphone.machine.js";
import type { Enter } from "../policy/entry.js";
import { lifetimeWithin } from "./lifetime.js";
import { canListen } from "../util/page.js";

/** What the device watch needs: `navigator.mediaDevices`, or a test's stand-in. */
export interface DeviceSource {
  addEventListener(type: "devicechange", listener: () => void, options: { signal: AbortSignal }): void;
}

/**
 * Reports `device.arrived` with the microphones present after each change.
 * @param follows Whether the port goes back to the preferred microphone by itself.
 */
export function deviceWatchActor(
  source: DeviceSource | undefined,
  listMicrophones: () => Promise<readonly { readonly deviceId: string }[]>,
  follows: () => boolean,
  outer: AbortSignal,
  enter: Enter,
) {
  return fromCallback(({ sendBack }) => {
    if (!canListen(source)) return;
    const lifetime = lifetimeWithin(outer);
    const look = async (): Promise<void> => {
      const microphones = await listMicrophones();
      if (lifetime.signal.aborted || microphones.length === 0) return;
      const fact: MicrophoneEvent = {
        type: "device.arrived",
        deviceIds: microphones.map(({ deviceId }) => deviceId),
        follows: follows(),
      };
      enter(() => sendBack(fact));
    };
    source.addEventListener(
      "devicechange",
      () => {
        // A list that cannot be read tells nothing; the next change asks again.
        look().catch(() => undefined);
      },
      { signal: lifetime.signal },
    );
    return () => {
      lifetime.end();
    };
  });
}
