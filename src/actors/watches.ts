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
 * Reports `device.arrived` with the microphones present after one was plugged in, and `device.left`. Of the first change nobody knows
 * what was there before: it may be either. Other devices say nothing.
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
    let before: readonly string[] | undefined;
    const look = async (): Promise<void> => {
      const microphones = await listMicrophones();
      if (lifetime.signal.aborted) return;
      const deviceIds = microphones.map(({ deviceId }) => deviceId);
      const known = before;
      before = deviceIds;
      const fact = factOf(known, { type: "device.arrived", deviceIds, follows: follows() });
      if (fact !== undefined) enter(() => sendBack(fact));
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

function factOf(
  before: readonly string[] | undefined,
  arrived: Extract<MicrophoneEvent, { type: "device.arrived" }>,
): MicrophoneEvent | undefined {
  const { deviceIds } = arrived;
  if (deviceIds.some((id) => before?.includes(id) !== true)) return arrived;
  return before === undefined || before.some((id) => !deviceIds.includes(id)) ? { type: "device.left" } : undefined;
}
