import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import type { OutputReport } from "../../../src/contracts/speaker.js";
import { WebAudioMediaManager } from "../../../src/media/web-audio-media-manager.js";
import type { WebAudioOptions } from "../../../src/media/web-audio-options.js";

const RECORDER = `
registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([input]) {
    const block = input[0] ? input[0].slice() : new Float32Array(128);
    this.port.postMessage(block, [block.buffer]);
    return true;
  }
});`;

/** An AudioContext whose destination can be recorded, sample by sample. */
export class TappedContext extends AudioContext {
  static readonly made: TappedContext[] = [];
  readonly #tap: GainNode;
  readonly #blocks: Float32Array[] = [];

  constructor(options?: AudioContextOptions) {
    super(options);
    this.#tap = new GainNode(this);
    this.#tap.connect(super.destination);
    TappedContext.made.push(this);
  }

  override get destination(): AudioDestinationNode {
    return this.#tap as AudioNode as AudioDestinationNode;
  }

  static get open(): number {
    return this.made.filter((context) => context.state !== "closed").length;
  }

  async record(): Promise<void> {
    const url = URL.createObjectURL(new Blob([RECORDER], { type: "text/javascript" }));
    await this.audioWorklet.addModule(url);
    const recorder = new AudioWorkletNode(this, "recorder");
    recorder.port.onmessage = (event: MessageEvent<Float32Array>) => this.#blocks.push(event.data);
    this.#tap.connect(recorder);
    recorder.connect(super.destination);
  }

  /** What was heard since `record`, from the first sample that is not zero. */
  heard(): Float32Array {
    const all = new Float32Array(this.#blocks.length * 128);
    this.#blocks.forEach((block, index) => all.set(block, index * 128));
    const first = all.findIndex((sample) => sample !== 0);
    return first < 0 ? new Float32Array(0) : all.subarray(first);
  }
}

/** Without trailing silence. */
export function trimmed(samples: Float32Array): Float32Array {
  let end = samples.length;
  while (end > 0 && samples[end - 1] === 0) end -= 1;
  return samples.subarray(0, end);
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Samples 1, 2, 3 …: no two blocks are alike, and none is silent. */
export const ramp = (length: number, from = 0): Int16Array<ArrayBuffer> =>
  Int16Array.from({ length }, (_, index) => ((from + index) % 20_000) + 1);

export const integers = (samples: Float32Array): Int16Array =>
  Int16Array.from(samples, (sample) => Math.round(sample * 32768));

/** A manager with an open, recorded speaker. */
export async function openSpeaker(options: WebAudioOptions = {}) {
  const manager = new WebAudioMediaManager({ AudioContext: TappedContext, ...options });
  const reports: OutputReport[] = [];
  const abort = new AbortController();
  const { speaker } = manager.ports;
  await speaker.open((report) => reports.push(report), abort.signal);
  const context = TappedContext.made.at(-1)!;
  await context.record();
  return { manager, speaker, reports, abort, context };
}

/** A manager with a microphone; what it says is collected. */
export function collectingManager(options: WebAudioOptions = {}) {
  const manager = new WebAudioMediaManager({ AudioContext: TappedContext, ...options });
  const chunks: Int16Array[] = [];
  const events: string[] = [];
  const levels: number[] = [];
  const callbacks: RTVIEventCallbacks = {
    onMicUpdated: (mic) => events.push(`mic ${mic.label}`),
    onSpeakerUpdated: (speaker) => events.push(`speaker ${speaker.label}`),
    onAvailableMicsUpdated: (mics) => events.push(`mics ${mics.length}`),
    onTrackStarted: (track, participant) => events.push(`started ${track.kind} ${participant?.id}`),
    onTrackStopped: (track, participant) => events.push(`stopped ${track.kind} ${participant?.id}`),
    onDeviceError: (error) => events.push(`error ${error.devices.join()} ${error.type}`),
    onLocalAudioLevel: (level) => levels.push(level),
  };
  manager.setClientOptions({ callbacks, transport: undefined as never });
  manager.setUserAudioCallback((data) => chunks.push(new Int16Array(data)));
  return { manager, chunks, events, levels };
}

/** A microphone that the test plays itself: a tone, at the rate of an ordinary device. */
export function toneMicrophone(frequency: number) {
  const context = new AudioContext({ sampleRate: 48_000 });
  const oscillator = new OscillatorNode(context, { frequency });
  const tracks: MediaStreamTrack[] = [];
  oscillator.start();
  const getUserMedia = async (): Promise<MediaStream> => {
    const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    oscillator.connect(destination);
    tracks.push(...destination.stream.getTracks());
    return destination.stream;
  };
  return { mediaDevices: mediaDevicesWith(getUserMedia), tracks, end: () => context.close() };
}

/** A microphone among devices that the test plugs and unplugs. */
export function pluggableDevices() {
  const tone = toneMicrophone(440);
  const listeners = new Set<() => void>();
  const asked: string[] = [];
  let devices: MediaDeviceInfo[] = [];
  const mediaDevices = {
    getUserMedia: async (constraints: { audio: { deviceId?: { exact: string } } }) => {
      const deviceId = constraints.audio.deviceId?.exact ?? "default";
      asked.push(deviceId);
      if (!devices.some((device) => device.deviceId === deviceId)) {
        throw new DOMException("gone", "OverconstrainedError");
      }
      const stream = await tone.mediaDevices.getUserMedia();
      stream.getTracks()[0]!.getSettings = () => ({ deviceId });
      return stream;
    },
    enumerateDevices: async () => devices,
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  } as unknown as MediaDevices;
  /** Devices as `id label`. */
  const plug = (...list: string[]): void => {
    devices = list.map((entry) => {
      const [deviceId = "", ...words] = entry.split(" ");
      const label = words.join(" ");
      return { deviceId, label, groupId: "", kind: "audioinput", toJSON: () => ({}) };
    });
    for (const listener of listeners) listener();
  };
  return { mediaDevices, plug, asked, tracks: tone.tracks, end: tone.end };
}

/** The page's mediaDevices with another getUserMedia; its listeners are counted. */
export function mediaDevicesWith(
  getUserMedia: (constraints?: MediaStreamConstraints) => Promise<MediaStream>,
): MediaDevices & { readonly listeners: number } {
  let listeners = 0;
  const real = navigator.mediaDevices;
  return {
    getUserMedia,
    enumerateDevices: () => real.enumerateDevices(),
    addEventListener: () => (listeners += 1),
    removeEventListener: () => (listeners -= 1),
    get listeners() {
      return listeners;
    },
  } as unknown as MediaDevices & { readonly listeners: number };
}
