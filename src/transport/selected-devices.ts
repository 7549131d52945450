import { DeviceError, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import type { MediaManager } from "../media/media-manager.js";
import type { TransportMedia } from "../media/transport-media.js";

/** What the choice of devices needs of its transport. */
export interface SelectedDevicesPorts {
  readonly manager: MediaManager;
  readonly media: TransportMedia;
  /** Calls the app. */
  readonly call: (run: (callbacks: RTVIEventCallbacks) => void) => void;
}

/** Which devices the app has, where the manager alone does not know: the output that plays the bot's track. */
export class SelectedDevices {
  readonly #ports: SelectedDevicesPorts;
  #speaker: MediaDeviceInfo | undefined;

  constructor(ports: SelectedDevicesPorts) {
    this.#ports = ports;
  }

  get speaker(): MediaDeviceInfo | Record<string, never> {
    const { media, manager } = this.#ports;
    return media.speaker === undefined ? manager.selectedSpeaker : (this.#speaker ?? {});
  }

  /** Chooses the output. @throws DeviceError where it cannot be used. */
  async updateSpeaker(speakerId: string): Promise<void> {
    const { media, manager, call } = this.#ports;
    const { speaker } = media;
    if (speaker === undefined) {
      await manager.updateSpeaker(speakerId);
      return;
    }
    await speaker.chooseSink(speakerId).catch((cause: unknown) => {
      const details = cause instanceof Error ? { sourceError: cause } : undefined;
      throw new DeviceError(["speaker"], "not-found", "The chosen speaker cannot be used.", details);
    });
    const id = speakerId === "" ? "default" : speakerId;
    const device = (await manager.getAllSpeakers()).find(({ deviceId }) => deviceId === id);
    this.#speaker = device;
    if (device !== undefined) call((callbacks) => callbacks.onSpeakerUpdated?.(device));
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
