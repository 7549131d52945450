import type { DeviceInfo } from "../contracts/microphone.js";
import type { Logger } from "../log.js";
import { canListen, pageNavigator } from "../util/page.js";
import { isRecord } from "../util/records.js";

/** Ids that are aliases of a real device; Chromium lists them beside it. */
const ALIASES: ReadonlySet<string> = new Set(["", "default", "communications"]);

/** `navigator.mediaDevices`; undefined outside a browser and in an insecure context. */
export function pageMediaDevices(): MediaDevices | undefined {
  return pageNavigator()?.mediaDevices;
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
  const canList = isRecord(mediaDevices) && "enumerateDevices" in mediaDevices;
  const devices = canList ? await mediaDevices.enumerateDevices() : [];
  return kind === undefined ? devices : devices.filter((device) => device.kind === kind);
}

/**
 * The entry of `devices` that `deviceId` stands for. An alias gives the real device behind it, found by its group, and among those
 * of a group by its label ("Default - Headset"), so that a picker shows what is in use; the alias itself where that cannot be told.
 */
export function findDevice(
  devices: readonly MediaDeviceInfo[],
  kind: MediaDeviceKind,
  deviceId: string,
): MediaDeviceInfo | undefined {
  const ofKind = devices.filter((device) => device.kind === kind);
  if (!ALIASES.has(deviceId)) return ofKind.find((device) => device.deviceId === deviceId);
  const alias = ofKind.find((device) => device.deviceId === (deviceId === "" ? "default" : deviceId)) ?? ofKind[0];
  if (alias === undefined || !ALIASES.has(alias.deviceId)) return alias;
  const real = ofKind.filter((device) => !ALIASES.has(device.deviceId));
  const ofGroup = real.filter(({ groupId }) => groupId !== "" && groupId === alias.groupId);
  return withLabel(ofGroup.length > 0 ? ofGroup : real, alias.label) ?? ofGroup[0] ?? alias;
}

/** "Default - USB Headset" is "USB Headset", not "Headset": of the labels that it ends with, the longest. */
function withLabel(devices: readonly MediaDeviceInfo[], aliasLabel: string): MediaDeviceInfo | undefined {
  const [longest, next] = devices
    .filter(({ label }) => label !== "" && aliasLabel.endsWith(label))
    .sort((one, other) => other.label.length - one.label.length);
  return longest?.label === next?.label ? undefined : longest;
}

/**
 * What tells the system's default of a kind from another: the entry "default" where the browser lists one, else the first of the
 * list, which is the default in Firefox and WebKit. undefined where nothing can be told.
 */
export function defaultKeyOf(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind): string | undefined {
  const ofKind = devices.filter((device) => device.kind === kind);
  const listed = ofKind.find(({ deviceId }) => deviceId === "default") ?? ofKind[0];
  return listed === undefined || listed.deviceId === "" ? undefined : keyOf(listed);
}

function keyOf({ kind, deviceId, groupId, label }: MediaDeviceInfo): string {
  return JSON.stringify([kind, deviceId, groupId, label]);
}

/** The page's devices: read, and told anew as they come and go, while somebody holds the list. */
export class DeviceList {
  readonly #mediaDevices: () => MediaDevices | undefined;
  readonly #onChange: (devices: MediaDeviceInfo[]) => void;
  readonly #logger: Logger;
  #watched: MediaDevices | undefined;
  #holds = 0;
  #reading = 0;
  /** What was handed on last, while somebody held. */
  #published = "";

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
      this.#published = "";
      const mediaDevices = this.#mediaDevices();
      this.#watched = canListen(mediaDevices) ? mediaDevices : undefined;
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
    this.read().catch((error: unknown) => {
      this.#logger.warn("The devices could not be listed.", error);
    });
  };

  /** The devices now; handed on only by `publish`. */
  list(): Promise<MediaDeviceInfo[]> {
    return listDevices(this.#mediaDevices());
  }

  /** Hands a list on that was read just now, unless it is the one that was handed on last. */
  publish(devices: MediaDeviceInfo[]): void {
    this.#reading += 1;
    this.#handOn(devices);
  }

  /** Reads the list, and has handed it on when it resolves. */
  async read(): Promise<MediaDeviceInfo[]> {
    this.#reading += 1;
    const reading = this.#reading;
    const devices = await this.list();
    if (reading === this.#reading) this.#handOn(devices);
    return devices;
  }

  #handOn(devices: MediaDeviceInfo[]): void {
    const list = devices.map(keyOf).join();
    if (this.#holds === 0 || list === this.#published) return;
    this.#published = list;
    this.#onChange(devices);
  }
}
