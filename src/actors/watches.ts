import { fromCallback } from "xstate";
import type { NetworkFact } from "../../machines/link.types.js";
import type { MicrophoneEvent } from "../../machines/microphone.machine.js";
import type { OutageClock } from "../policy/outage-clock.js";
import { lifetimeWithin } from "./lifetime.js";

/** What tells whether there is a network; the browser's `window` with its `navigator.onLine`. */
export interface NetworkSource extends EventTarget {
  readonly navigator?: { readonly onLine?: boolean };
}

/** The page's window; undefined where there is none. */
export function browserNetwork(): NetworkSource | undefined {
  return typeof window === "undefined" ? undefined : window;
}

/** Over how many ms clients are spread whose network returns, because it returns for many at once. */
const SPREAD = 500;

/**
 * Reports `network.lost` and `network.returned`, once for each change, and stops the clock of an outage in between.
 * @param random uniform in [0, 1).
 */
export function networkActor(
  source: NetworkSource | undefined,
  outage: OutageClock,
  random: () => number,
  outer: AbortSignal,
) {
  return fromCallback(({ sendBack }) => {
    outage.resume();
    if (source === undefined) return;
    const lifetime = lifetimeWithin(outer);
    const tell = (fact: NetworkFact): void => {
      sendBack(fact);
    };
    const lost = (): void => {
      outage.pause();
      tell({ type: "network.lost" });
    };
    if (source.navigator?.onLine === false) lost();
    const options = { signal: lifetime.signal };
    source.addEventListener("offline", lost, options);
    source.addEventListener(
      "online",
      () => {
        outage.resume();
        tell({ type: "network.returned", wait: Math.max(random() * SPREAD, outage.held) });
      },
      options,
    );
    return () => {
      lifetime.end();
    };
  });
}

/** What the device watch needs: `navigator.mediaDevices`, or a test's stand-in. */
export interface DeviceSource {
  addEventListener(type: "devicechange", listener: () => void, options: { signal: AbortSignal }): void;
}

/** The page's `navigator.mediaDevices`; undefined where there is none: in Node, and where the context is not secure. */
export function browserDevices(): DeviceSource | undefined {
  return typeof navigator !== "undefined" && "mediaDevices" in navigator ? navigator.mediaDevices : undefined;
}

/** Reports `device.arrived` with the microphones present after each change. */
export function deviceWatchActor(
  source: DeviceSource | undefined,
  listMicrophones: () => Promise<readonly { readonly deviceId: string }[]>,
  outer: AbortSignal,
) {
  return fromCallback(({ sendBack }) => {
    if (source === undefined) return;
    const lifetime = lifetimeWithin(outer);
    const look = async (): Promise<void> => {
      const microphones = await listMicrophones();
      if (lifetime.signal.aborted || microphones.length === 0) return;
      const fact: MicrophoneEvent = {
        type: "device.arrived",
        deviceIds: microphones.map(({ deviceId }) => deviceId),
      };
      sendBack(fact);
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
