import { byId } from "../dom.js";

/** A select that mirrors the devices of one kind and reports a person's choice. */
export class DevicePicker {
  readonly #select: HTMLSelectElement;
  #selected = "default";

  constructor(id: string, choose: (deviceId: string) => void) {
    this.#select = byId(id, HTMLSelectElement);
    this.#select.addEventListener("change", () => {
      choose(this.#select.value);
    });
  }

  /** Every device; browsers leave ids and labels empty until the microphone was allowed once. */
  list(devices: readonly MediaDeviceInfo[]): void {
    const named = devices.filter((device) => device.deviceId !== "");
    const options = named.map((device, index) => {
      const label = device.label === "" ? `Device ${String(index + 1)}` : device.label;
      return new Option(label, device.deviceId);
    });
    this.#select.replaceChildren(...(options.length > 0 ? options : [new Option("System default", "default")]));
    this.select(this.#selected);
  }

  select(deviceId: string | undefined): void {
    if (deviceId === undefined || deviceId === "") return;
    this.#selected = deviceId;
    const listed = Array.from(this.#select.options).some((option) => option.value === deviceId);
    if (listed) this.#select.value = deviceId;
  }
}
