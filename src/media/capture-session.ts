import type { DeviceError } from "@pipecat-ai/client-js";
import { ConnectionAbortedError } from "../errors.js";
import type { Logger } from "../log.js";
import { type AudioEngine, type ContextLease, NATIVE_RATE } from "./audio-engine.js";
import { microphoneError, requireMediaDevices, toMicrophoneError } from "./device-errors.js";
import { onCrash, releaseAfter } from "./end-processor.js";
import { tearDown } from "./teardown.js";
import { type CaptureCommand, type CaptureMessage, type CaptureOptions, PROCESSOR_NAMES } from "./worklets/protocol.js";

const HEARTBEAT_CHECK_MS = 1000;
/** Checks in a row without audio after which the microphone counts as lost. One alone may be a busy main thread. */
const MISSES_ALLOWED = 3;

export interface CaptureSettings extends CaptureOptions {
  readonly engine: AudioEngine;
  readonly mediaDevices: () => MediaDevices | undefined;
  readonly logger: Logger;
}

export interface CaptureEvents {
  chunk(pcm: ArrayBuffer): void;
  /** Root mean square, 0..1, about ten times a second. */
  level(rms: number): void;
  /** The device went away or fell silent for good; the session has closed itself. Once. */
  lost(error: DeviceError): void;
}

/** What `start` rejects with after `close`. */
export function withdrawal(): ConnectionAbortedError {
  return new ConnectionAbortedError("The microphone is not wanted any more.");
}

/** One acquisition of one device: stream → worklet → chunks. It is used once; a swap makes another. */
export class CaptureSession {
  readonly #settings: CaptureSettings;
  readonly #events: CaptureEvents;
  readonly #withdrawn: Promise<never>;
  #withdraw: (reason: Error) => void = () => undefined;
  #closed = false;
  #lease: ContextLease | undefined;
  #stream: MediaStream | undefined;
  #track: MediaStreamTrack | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #node: AudioWorkletNode | undefined;
  #livenessCheck: ReturnType<typeof setInterval> | undefined;
  #misses = 0;

  constructor(settings: CaptureSettings, events: CaptureEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#withdrawn = new Promise((_, reject) => {
      this.#withdraw = reject;
    });
    this.#withdrawn.catch(() => undefined);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Live from the moment that `start` resolves until the session closes. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /**
   * Asks for the device and prepares the context side by side.
   * @throws DeviceError, UnsupportedEnvironmentError, or ConnectionAbortedError after `close()`.
   */
  async start(constraints: MediaTrackConstraints): Promise<MediaStreamTrack> {
    try {
      const mediaDevices = requireMediaDevices(this.#settings.mediaDevices());
      this.#lease = this.#settings.engine.acquire(this.#settings.outputRate, "capture");
      const [track] = await Promise.race([
        Promise.all([this.#acquire(mediaDevices, constraints), this.#lease.ready]),
        this.#withdrawn,
      ]);
      await Promise.race([this.#connect(), this.#withdrawn]);
      this.#track = track;
      track.addEventListener("ended", this.#onEnded);
      // It may have ended before anybody listened.
      if (track.readyState === "ended") throw microphoneError("not-found", "The microphone was unplugged.");
      this.#livenessCheck = setInterval(this.#checkHeartbeat, HEARTBEAT_CHECK_MS);
      return track;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Whether chunks flow. */
  setStreaming(streaming: boolean): void {
    this.#send({ type: "streaming", streaming });
  }

  /** Idempotent; never throws. A track that arrives later is stopped at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const track = this.#track;
    this.#track = undefined;
    tearDown(this.#settings.logger, [
      () => this.#stream?.getTracks().forEach((each) => each.stop()),
      () => track?.removeEventListener("ended", this.#onEnded),
      () => clearInterval(this.#livenessCheck),
      () => this.#disconnect(),
      () => this.#withdraw(withdrawal()),
    ]);
  }

  async #acquire(mediaDevices: MediaDevices, audio: MediaTrackConstraints): Promise<MediaStreamTrack> {
    let stream: MediaStream;
    try {
      stream = await mediaDevices.getUserMedia({ audio, video: false });
    } catch (error) {
      throw toMicrophoneError(error);
    }
    const [track] = stream.getAudioTracks();
    if (!this.#closed && track !== undefined) {
      this.#stream = stream;
      return track;
    }
    stream.getTracks().forEach((each) => each.stop());
    throw this.#closed ? withdrawal() : microphoneError("not-found");
  }

  async #connect(): Promise<void> {
    try {
      this.#join();
    } catch (error) {
      // Some browsers cannot connect a device to a context of another rate: take the hardware's rate and resample.
      this.#settings.logger.debug("The microphone does not connect at the service's rate; resampling.", error);
      this.#disconnect();
      this.#lease = this.#settings.engine.acquire(NATIVE_RATE, "capture");
      await this.#lease.ready;
      if (!this.#closed) this.#join();
    }
  }

  #join(): void {
    if (this.#lease === undefined || this.#stream === undefined) return;
    const { context } = this.#lease;
    const { outputRate, chunkMs } = this.#settings;
    this.#source = context.createMediaStreamSource(this.#stream);
    this.#node = new AudioWorkletNode(context, PROCESSOR_NAMES.capture, {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      processorOptions: { outputRate, chunkMs } satisfies CaptureOptions,
    });
    this.#node.port.onmessage = (event: MessageEvent<CaptureMessage>) => this.#onMessage(event.data);
    onCrash(this.#node, () => this.#lose(microphoneError("unknown", "The capture worklet failed.")));
    this.#source.connect(this.#node);
    // It is silent, but some browsers run only what leads to the destination.
    this.#node.connect(context.destination);
    if (context.state === "suspended") this.#resume(context);
  }

  /** May stay pending until a gesture; the speaker reports `blocked` meanwhile. */
  #resume(context: AudioContext): void {
    context.resume().catch((error: unknown) => this.#settings.logger.debug("AudioContext.resume() failed.", error));
  }

  /** Gives the context back when the processor has ended. */
  #disconnect(): void {
    const node = this.#node;
    const source = this.#source;
    const lease = this.#lease;
    this.#node = undefined;
    this.#source = undefined;
    this.#lease = undefined;
    tearDown(this.#settings.logger, [
      () => source?.disconnect(),
      () => releaseAfter(node, lease, this.#settings.logger),
    ]);
  }

  #send(command: CaptureCommand): void {
    this.#node?.port.postMessage(command);
  }

  #onMessage(message: CaptureMessage): void {
    if (this.#closed) return;
    if (message.type === "chunk") {
      this.#events.chunk(message.pcm);
      return;
    }
    if (!message.starved) this.#misses = 0;
    this.#events.level(message.rms);
  }

  readonly #onEnded = (): void => {
    this.#lose(microphoneError("not-found", "The microphone was unplugged, or its permission was taken back."));
  };

  /** A suspended context or a muted device gives nothing either, but is not lost. */
  readonly #checkHeartbeat = (): void => {
    if (this.#track?.readyState === "ended") this.#onEnded();
    const expected = this.#lease?.context.state === "running" && this.#track?.muted !== true;
    this.#misses = expected ? this.#misses + 1 : 0;
    if (this.#misses > MISSES_ALLOWED) this.#lose(microphoneError("unknown", "The microphone delivers no audio."));
  };

  #lose(error: DeviceError): void {
    if (this.#closed) return;
    this.close();
    this.#events.lost(error);
  }
}
