import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import type { TransportActor } from "../compose.js";
import { speakerError } from "../media/device-errors.js";
import { normaliseDeviceId } from "../media/devices.js";
import type { MediaManager } from "../media/media-manager.js";
import type { TransportMedia } from "../media/transport-media.js";
import { isMicrophoneHeld } from "./microphone-state.js";

/** What the choice of devices needs of its transport. */
export interface SelectedDevicesPorts {
  readonly manager: MediaManager;
  readonly media: TransportMedia;
  readonly actor: () => TransportActor;
  /** An order to the charts. */
  readonly order: (event: { readonly type: "mic.chosen"; readonly deviceId: string }) => void;
  /** Calls the app. */
  readonly call: (run: (callbacks: RTVIEventCallbacks) => void) => void;
}

/** Which devices the app has. */
export class SelectedDevices {
  readonly #ports: SelectedDevicesPorts;
  /** Microphones that are being changed to. */
  readonly #choices = new Set<{ readonly deviceId: string }>();

  constructor(ports: SelectedDevicesPorts) {
    this.#ports = ports;
  }

  get speaker(): MediaDeviceInfo | Record<string, never> {
    const { media, manager } = this.#ports;
    return media.sinks === undefined ? manager.selectedSpeaker : (media.sinks.device ?? {});
  }

  /** Chooses the microphone: at once where one is held, and then it counts if it could be had; else for the next time. */
  async updateMic(micId: string): Promise<void> {
    const { manager, actor, order } = this.#ports;
    const deviceId = normaliseDeviceId(micId);
    if (!isMicrophoneHeld(actor())) {
      order({ type: "mic.chosen", deviceId });
      await manager.updateMic(micId);
      return;
    }
    const choice = { deviceId };
    this.#choices.add(choice);
    try {
      await manager.updateMic(micId);
      if (this.#choices.has(choice)) order({ type: "mic.chosen", deviceId: this.#preferred ?? deviceId });
    } finally {
      this.#choices.delete(choice);
    }
  }

  /** The manager's choice that could be had; undefined where it does not say. */
  get #preferred(): string | undefined {
    return this.#ports.manager.ports?.microphone.preferred;
  }

  /** The manager reports its microphone: a choice that could be had counts before the app hears of it, and may ask for it anew. */
  microphoneReported(mic: MediaDeviceInfo): void {
    const preferred = this.#preferred ?? normaliseDeviceId(mic.deviceId);
    for (const choice of this.#choices) {
      if (choice.deviceId !== preferred) continue;
      this.#choices.delete(choice);
      this.#ports.order({ type: "mic.chosen", deviceId: preferred });
    }
  }

  /** Chooses the output. @throws DeviceError where it cannot be used. */
  async updateSpeaker(speakerId: string): Promise<void> {
    const { media, manager } = this.#ports;
    const { sinks } = media;
    if (sinks === undefined) {
      await manager.updateSpeaker(speakerId);
      return;
    }
    await sinks.choose(speakerId).catch((cause: unknown) => {
      throw speakerError(cause);
    });
    sinks.devicesChanged(await manager.getAllSpeakers());
  }

  /** Tells the app which output it has, after it was silent, or was asked for another. */
  reportSpeaker(): void {
    const { speaker } = this;
    if (isDevice(speaker)) this.#ports.call((callbacks) => callbacks.onSpeakerUpdated?.(speaker));
  }

  /** Tells the app through `onMicUpdated` which microphone it has. */
  reportMicrophone(): void {
    const mic = this.#ports.manager.selectedMic;
    if (isDevice(mic)) this.#ports.call((callbacks) => callbacks.onMicUpdated?.(mic));
  }
}

function isDevice(device: MediaDeviceInfo | Record<string, never>): device is MediaDeviceInfo {
  return "deviceId" in device;
}
