import type { Logger } from "../log.js";
import { within } from "../util/within.js";
import { type DeviceList, findDevice, normaliseDeviceId } from "./devices.js";

/** How long an output may take to move to the device that was chosen before it counts as open. */
const RESTORE_MS = 2_000;
/** The same for one that moves because devices came or went, before it counts as refused: lists wait for it. */
const MOVE_MS = 10_000;

/** What plays, as far as its device can be chosen. */
export interface SinkOutput {
  /** Whether the browser can choose; only an open output can tell that it cannot. */
  readonly canChoose: boolean;
  /** Moves the output to a device, "" for the system's default. @throws what `setSinkId` throws. */
  setSink(sinkId: string): Promise<void>;
}

export interface SinkChoiceSettings {
  readonly deviceList: DeviceList;
  /** The device that is really in use: after opening, when it changes, and after each choice. */
  readonly onDevice: (device: MediaDeviceInfo) => void;
  readonly logger: Logger;
}

/** Which device the bot is played on, whatever plays it. A choice counts once the output has taken it. */
export class SinkChoice {
  readonly #settings: SinkChoiceSettings;
  #output: SinkOutput;
  /** What the user wants, and what is in use: "" is the system's default. */
  #preferred = "";
  #sinkId = "";
  #device: MediaDeviceInfo | undefined;
  #choices = 0;
  /** The newest choice that the output has taken. */
  #taken = 0;
  /** One move at a time: what a list says meanwhile is looked at when it is over. */
  #phase: "resting" | "moving" = "resting";
  #unseen: readonly MediaDeviceInfo[] | undefined;
  /** Whoever chose waits for the answer, also where nothing changes. */
  #answerDue = false;

  constructor(settings: SinkChoiceSettings, output: SinkOutput) {
    this.#settings = settings;
    this.#output = output;
  }

  get canChoose(): boolean {
    return this.#output.canChoose;
  }

  /** The device in use, where the browser lists it. */
  get device(): MediaDeviceInfo | undefined {
    return this.#device;
  }

  /** This is what plays from now on. */
  playBy(output: SinkOutput): void {
    this.#output = output;
  }

  /** Watches the devices until the function that is returned is called. */
  hold(): () => void {
    return this.#settings.deviceList.hold();
  }

  /** Looks which device is in use, and has told of it when it resolves, unless the output is moving. Never rejects. */
  async refresh(): Promise<void> {
    const { deviceList, logger } = this.#settings;
    try {
      this.devicesChanged(await deviceList.read());
    } catch (error) {
      logger.warn("The devices could not be listed.", error);
    }
  }

  /** Brings an output that has just opened to the device that was chosen; without it the default has to do. */
  async restore(): Promise<void> {
    if (this.#sinkId === "") return;
    const taken = this.#taken;
    try {
      await within(this.#output.setSink(this.#sinkId), RESTORE_MS, undefined);
    } catch (error) {
      if (taken === this.#taken) this.#sinkId = "";
      this.#settings.logger.warn("The chosen speaker is not there; using the system's default.", error);
    }
  }

  /** @throws what `setSinkId` throws; the output stays where it was. */
  async choose(deviceId: string): Promise<void> {
    const sinkId = normaliseDeviceId(deviceId);
    this.#choices += 1;
    const choice = this.#choices;
    await this.#output.setSink(sinkId);
    // A later one was faster. One that is refused, or has no answer yet, changes nothing.
    if (choice < this.#taken) return;
    this.#taken = choice;
    this.#preferred = sinkId;
    this.#sinkId = sinkId;
    this.#answerDue = true;
  }

  /** To be called when devices come or go: one that is gone gives way to the system's default, until it is back. */
  devicesChanged(devices: readonly MediaDeviceInfo[]): void {
    if (this.#phase === "moving") {
      this.#unseen = devices;
      return;
    }
    const isListed = (sinkId: string): boolean => findDevice(devices, "audiooutput", sinkId) !== undefined;
    // A browser that lists no outputs does not say that one is gone.
    if (!isListed("")) return;
    if (!isListed(this.#sinkId)) {
      this.#settings.logger.warn("The chosen speaker is gone; using the system's default.");
      void this.#move("", devices);
    } else if (this.#sinkId !== this.#preferred && isListed(this.#preferred)) void this.#move(this.#preferred, devices);
    else this.#tell(devices);
  }

  /** Where the output does not take the device, it stays where it was, and that is told. */
  async #move(sinkId: string, devices: readonly MediaDeviceInfo[]): Promise<void> {
    this.#phase = "moving";
    try {
      if ((await within(this.#moved(sinkId), MOVE_MS, "late")) === "late")
        throw new Error("The output does not answer.");
    } catch (error) {
      this.#settings.logger.warn(`The speaker "${sinkId === "" ? "default" : sinkId}" cannot be used.`, error);
    }
    this.#phase = "resting";
    const unseen = this.#unseen;
    this.#unseen = undefined;
    if (unseen === undefined) this.#tell(devices);
    else this.devicesChanged(unseen);
  }

  async #moved(sinkId: string): Promise<void> {
    let taken = this.#taken;
    await this.#output.setSink(sinkId);
    if (taken === this.#taken) this.#sinkId = sinkId;
    // A choice that was taken meanwhile may have come to the output before this: it goes there again.
    while (taken !== this.#taken) {
      taken = this.#taken;
      await this.#output.setSink(this.#sinkId);
    }
  }

  #tell(devices: readonly MediaDeviceInfo[]): void {
    const device = findDevice(devices, "audiooutput", this.#sinkId);
    const same = device?.deviceId === this.#device?.deviceId && device?.label === this.#device?.label;
    if (device === undefined || (same && !this.#answerDue)) return;
    this.#answerDue = false;
    this.#device = device;
    this.#settings.onDevice(device);
  }
}
