import type { PlaybackReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";
import { ConnectionAbortedError } from "../errors.js";
import { type DeviceWatch, findDevice, normaliseDeviceId } from "./devices.js";
import { PlaybackSession, type PlaybackSettings } from "./playback-session.js";

export interface SpeakerSettings extends PlaybackSettings {
  readonly watch: DeviceWatch;
  /** Root mean square of the output, 0..1. */
  readonly onLevel: (rms: number) => void;
  /** The device that is really in use: after opening, and when it changes. */
  readonly onDevice: (device: MediaDeviceInfo) => void;
  /** What waits to be played is forgotten: by `interrupt` or `close`. */
  readonly onFlush: () => void;
}

interface SinkContext {
  setSinkId(sinkId: string): Promise<void>;
}

/** `AudioContext.setSinkId` is not in every browser, and not in the type library. */
function choosesSink(context: object): context is SinkContext {
  return "setSinkId" in context && typeof context.setSinkId === "function";
}

function withdrawal(): ConnectionAbortedError {
  return new ConnectionAbortedError("The speaker is not wanted any more.");
}

/** The SpeakerPort of Web Audio. */
export class WebAudioSpeaker implements SpeakerPort {
  readonly #settings: SpeakerSettings;
  #reports: (report: PlaybackReport) => void = () => undefined;
  #session: PlaybackSession | undefined;
  #unwatch: (() => void) | undefined;
  #signal: AbortSignal | undefined;
  #open = false;
  /** "" is the system's default. */
  #sinkId = "";
  #device: MediaDeviceInfo | undefined;

  constructor(settings: SpeakerSettings) {
    this.#settings = settings;
    this.#session = this.#newSession();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether outputs can be chosen; only an open output can tell that they cannot. */
  get choosable(): boolean {
    const context = this.#session?.context;
    return context === undefined || choosesSink(context);
  }

  async open(reports: (report: PlaybackReport) => void, signal: AbortSignal): Promise<void> {
    if (this.#open) this.close();
    if (signal.aborted) throw withdrawal();
    // What was written before the first opening waits in the session that the constructor made.
    const session = this.#session ?? this.#newSession();
    this.#session = session;
    this.#open = true;
    this.#reports = reports;
    this.#unwatch = this.#settings.watch.hold();
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
    try {
      const started = session.start();
      await Promise.all([started, this.#restoreSink(session)]);
    } catch (error) {
      if (this.#session === session) this.close();
      throw error;
    }
    if (this.#session !== session) throw withdrawal();
    this.#settings.watch.refresh();
  }

  /** After `close`, audio is dropped until the port opens again: nothing crosses sessions. */
  write(pcm: Int16Array, itemId: string): void {
    this.#session?.write(pcm, itemId);
  }

  interrupt(): Promise<readonly PlayedItem[]> {
    this.#settings.onFlush();
    return this.#session?.interrupt() ?? Promise.resolve([]);
  }

  async resume(): Promise<void> {
    await this.#session?.resume();
  }

  /**
   * Moves the output to another device: "" for the system's default. While closed it is remembered.
   * Rejects with what `AudioContext.setSinkId` throws; the output stays where it was.
   */
  async chooseSink(deviceId: string): Promise<void> {
    const sinkId = normaliseDeviceId(deviceId);
    const context = this.#session?.context;
    if (context !== undefined && choosesSink(context)) await context.setSinkId(sinkId);
    this.#sinkId = sinkId;
  }

  /** To be called when devices come or go: an output that is gone gives way to the system's default. */
  devicesChanged(devices: readonly MediaDeviceInfo[]): void {
    let device = findDevice(devices, "audiooutput", this.#sinkId);
    if (device === undefined && this.#sinkId !== "") {
      this.#settings.logger.warn("The chosen speaker is gone; using the system's default.");
      this.chooseSink("").catch((error: unknown) => {
        this.#settings.logger.warn("The system's default speaker cannot be used.", error);
      });
      device = findDevice(devices, "audiooutput", "");
    }
    const same = device?.deviceId === this.#device?.deviceId && device?.label === this.#device?.label;
    if (device === undefined || same) return;
    this.#device = device;
    this.#settings.onDevice(device);
  }

  close(): void {
    this.#settings.onFlush();
    this.#session?.close();
    this.#session = undefined;
    if (!this.#open) return;
    this.#open = false;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#signal = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#reports = () => undefined;
  }

  readonly #onAbort = (): void => this.close();

  /** The sink that was chosen before; without it the default has to do. */
  async #restoreSink({ context }: PlaybackSession): Promise<void> {
    if (this.#sinkId === "" || context === undefined || !choosesSink(context)) return;
    try {
      await context.setSinkId(this.#sinkId);
    } catch (error) {
      this.#sinkId = "";
      this.#settings.logger.warn("The chosen speaker is not there; using the system's default.", error);
    }
  }

  #newSession(): PlaybackSession {
    return new PlaybackSession(this.#settings, {
      report: (report) => this.#reports(report),
      level: this.#settings.onLevel,
    });
  }
}
