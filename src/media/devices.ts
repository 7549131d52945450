import type { DeviceInfo } from "../contracts/microphone.js";
import type { Logger } from "../log.js";

/** Ids that are aliases of a real device; Chromium lists them beside it. */
const ALIASES: ReadonlySet<string> = new Set(["", "default", "communications"]);

/** `navigator.mediaDevices`; undefined outside a browser and in an insecure context. */
export function pageMediaDevices(): MediaDevices | undefined {
  return typeof navigator !== "undefined" && "mediaDevices" in navigator ? navigator.mediaDevices : undefined;
}

/** "" for every way to ask for the system's default. */
export function normaliseDeviceId(deviceId: string): string {
  return deviceId === "default" ? "" : deviceId;
}

/** The facts of a device as plain data. */
export function toDeviceInfo({ deviceId, label, groupId }: DeviceInfo): DeviceInfo {
  return { deviceId, label, groupId };
}

/** The devices of one kind, or all; none where the page cannot ask. */
export async function listDevices(
  mediaDevices: MediaDevices | undefined,
  kind?: MediaDeviceKind,
): Promise<MediaDeviceInfo[]> {
  const devices = (await mediaDevices?.enumerateDevices()) ?? [];
  return kind === undefined ? devices : devices.filter((device) => device.kind === kind);
}

/**
 * The entry of `devices` that `deviceId` stands for. An alias gives the real device behind it, found by its group or its
 * label ("Default - Headset"), so that a picker shows what is in use; the alias itself where that cannot be told.
 */
export function findDevice(
  devices: readonly MediaDeviceInfo[],
  kind: MediaDeviceKind,
  deviceId: string,
): MediaDeviceInfo | undefined {
  const ofKind = devices.filter((device) => device.kind === kind);
  if (!ALIASES.has(deviceId)) return ofKind.find((device) => device.deviceId === deviceId);
  const alias = ofKind.find((device) => device.deviceId === (deviceId === "" ? "default" : deviceId)) ?? ofKind[0];
  if (alias === undefined) return undefined;
  const real = ofKind.filter((device) => !ALIASES.has(device.deviceId));
  return (
    real.find((device) => device.label !== "" && alias.label.endsWith(device.label)) ??
    real.find((device) => device.groupId !== "" && device.groupId === alias.groupId) ??
    alias
  );
}

/** Watches for devices that come and go while somebody is interested. */
export class DeviceWatch {
  readonly #mediaDevices: () => MediaDevices | undefined;
  readonly #onChange: (devices: MediaDeviceInfo[]) => void;
  readonly #logger: Logger;
  #watched: MediaDevices | undefined;
  #holds = 0;
  #reading = 0;

  constructor(
    mediaDevices: () => MediaDevices | undefined,
    onChange: (devices: MediaDeviceInfo[]) => void,
    logger: Logger,
  ) {
    this.#mediaDevices = mediaDevices;
    this.#onChange = onChange;
    this.#logger = logger;
  }

  /**
   * Watches until the function that is returned has been called by every holder; calling it twice does no harm.
   */
  hold(): () => void {
    if (this.#holds === 0) {
      this.#watched = this.#mediaDevices();
      this.#watched?.addEventListener("devicechange", this.refresh);
    }
    this.#holds += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#holds > 0) return;
      this.#watched?.removeEventListener("devicechange", this.refresh);
      this.#watched = undefined;
    };
  }

  /** Reads the list and hands it on, unless a later reading has begun or nobody watches any more. */
  readonly refresh = (): void => {
    this.#reading += 1;
    const reading = this.#reading;
    listDevices(this.#mediaDevices()).then(
      (devices) => {
        if (reading === this.#reading && this.#holds > 0) this.#onChange(devices);
      },
      (error: unknown) => {
        this.#logger.warn("The devices could not be listed.", error);
      },
    );
  };
}
