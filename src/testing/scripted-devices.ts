/** The devices of a page, for `audio.mediaDevices`: they come and go when a test says so. */
export interface ScriptedDevices extends EventTarget {
  /** What is plugged in. */
  readonly plugged: readonly MediaDeviceInfo[];
  /** Listeners that are there now; a leak if not 0 after a session. */
  readonly listeners: number;
  enumerateDevices(): Promise<MediaDeviceInfo[]>;
  plug(device: { readonly deviceId: string; readonly label?: string; readonly kind?: MediaDeviceKind }): void;
  unplug(deviceId: string): void;
}

class Devices extends EventTarget implements ScriptedDevices {
  readonly #listening = new Set<unknown>();
  #plugged: readonly MediaDeviceInfo[] = [];

  get plugged(): readonly MediaDeviceInfo[] {
    return this.#plugged;
  }
  get listeners(): number {
    return this.#listening.size;
  }
  override addEventListener(...[type, listener, options]: Parameters<EventTarget["addEventListener"]>): void {
    this.#listening.add(listener);
    const signal = typeof options === "object" ? options.signal : undefined;
    signal?.addEventListener("abort", () => this.#listening.delete(listener));
    super.addEventListener(type, listener, options);
  }
  override removeEventListener(...[type, listener, options]: Parameters<EventTarget["removeEventListener"]>): void {
    this.#listening.delete(listener);
    super.removeEventListener(type, listener, options);
  }
  enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([...this.#plugged]);
  }
  plug({ deviceId, label = deviceId, kind = "audioinput" }: Parameters<ScriptedDevices["plug"]>[0]): void {
    const device = { deviceId, label, kind, groupId: "" };
    this.#plugged = [...this.#plugged, { ...device, toJSON: () => device }];
    this.dispatchEvent(new Event("devicechange"));
  }
  unplug(deviceId: string): void {
    this.#plugged = this.#plugged.filter((device) => device.deviceId !== deviceId);
    this.dispatchEvent(new Event("devicechange"));
  }
}

/** Devices of no page; none is plugged in. */
export function scriptedDevices(): ScriptedDevices {
  return new Devices();
}
