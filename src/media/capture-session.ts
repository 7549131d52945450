import type { DeviceError } from "@pipecat-ai/client-js";
import { ConnectionAbortedError } from "../errors.js";
import type { Logger } from "../log.js";
import { type AudioEngine, type ContextLease, NATIVE_RATE, resumeContext } from "./audio-engine.js";
import { microphoneError, requireMediaDevices, toMicrophoneError } from "./device-errors.js";
import { onCrash, releaseAfter } from "./end-processor.js";
import { tearDown } from "./teardown.js";
import {
  type CaptureProcessorCommand,
  type CaptureMessage,
  type CaptureOptions,
  PROCESSOR_NAMES,
} from "./worklets/protocol.js";

/** How often is looked whether audio still flows: each look wakes an idle page, for a fifth of a ms. Sooner again where none does. */
const LIVENESS_CHECK_MS = 5000;
const DOUBT_MS = 2000;
/** Seconds without audio after which the microphone counts as lost. One alone may be a device that is about to start. */
const STARVED_ALLOWED = 3;
/** How long a context that ran may stand still before it is asked to go on, and before it counts as lost. */
const STALL_MS = 500;
const STALL_ALLOWED_MS = 3000;

export interface CaptureSettings extends CaptureOptions {
  readonly engine: AudioEngine;
  readonly mediaDevices: () => MediaDevices | undefined;
  readonly logger: Logger;
  /** Whether chunks are asked for at all: else a page whose worklets do not load still has the track. */
  readonly chunksNeeded: () => boolean;
}

export interface CaptureEvents {
  chunk(pcm: ArrayBuffer): void;
  /** Root mean square, 0..1, about ten times a second while there is something to hear, and one 0 after it. */
  level(rms: number): void;
  /** The system holds the audio, as a phone does during a call, or has given it back. */
  interrupted(isInterrupted: boolean): void;
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
  /** It is `opening` until the context has run: one that never did waits for a gesture, as the speaker does. */
  #phase: "opening" | "running" | "interrupted" | "closed" = "opening";
  #lease: ContextLease | undefined;
  #stream: MediaStream | undefined;
  #track: MediaStreamTrack | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #node: AudioWorkletNode | undefined;
  #livenessCheck: ReturnType<typeof setTimeout> | undefined;
  #starved = 0;
  #stall: ReturnType<typeof setTimeout> | undefined;
  #renderedAt = 0;

  constructor(settings: CaptureSettings, events: CaptureEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#withdrawn = new Promise((_, reject) => {
      this.#withdraw = reject;
    });
    this.#withdrawn.catch(() => undefined);
  }

  get closed(): boolean {
    return this.#phase === "closed";
  }

  /** Live from the moment that `start` resolves until the session closes. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  /**
   * Asks for the device and prepares the context side by side. The first context of a page takes long to make: the device is asked
   * for, and the app told that it is, before.
   * @throws DeviceError, UnsupportedEnvironmentError, or ConnectionAbortedError after `close()`.
   */
  async start(constraints: MediaTrackConstraints): Promise<MediaStreamTrack> {
    try {
      const mediaDevices = requireMediaDevices(this.#settings.mediaDevices());
      const acquired = this.#acquire(mediaDevices, constraints);
      const prepared = Promise.resolve().then(() => this.#prepare());
      const [track] = await Promise.race([Promise.all([acquired, prepared]), this.#withdrawn]);
      if (this.#lease !== undefined) await Promise.race([this.#connect(), this.#withdrawn]);
      this.#track = track;
      track.addEventListener("ended", this.#onEnded);
      // It may have ended before anybody listened.
      if (track.readyState === "ended") throw microphoneError("not-found", "The microphone was unplugged.");
      this.#checkLivenessIn(LIVENESS_CHECK_MS);
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

  /** Asks the context to run, where it does not. */
  resume(): void {
    const context = this.#lease?.context;
    if (context?.state === "suspended") this.#resume(context);
  }

  /** Idempotent; never throws. A track that arrives later is stopped at once. */
  close(): void {
    if (this.closed) return;
    this.#phase = "closed";
    const track = this.#track;
    this.#track = undefined;
    tearDown(this.#settings.logger, [
      () => this.#stream?.getTracks().forEach((each) => each.stop()),
      () => track?.removeEventListener("ended", this.#onEnded),
      () => clearTimeout(this.#livenessCheck),
      () => clearTimeout(this.#stall),
      () => this.#disconnect(),
      () => this.#withdraw(withdrawal()),
    ]);
  }

  /** @throws ConnectionAbortedError after `close()`. */
  #mustBeWanted(): void {
    if (this.closed) throw withdrawal();
  }

  /** The context and its worklet; where nothing but the track is needed, what fails is left out. */
  async #prepare(): Promise<void> {
    this.#mustBeWanted();
    try {
      this.#lease = this.#settings.engine.acquire(this.#settings.outputRate, "capture");
      await this.#lease.ready;
    } catch (error) {
      // Closing has taken the context away: the worklet is not wanted, whatever it says.
      this.#mustBeWanted();
      if (this.#settings.chunksNeeded()) throw error;
      this.#settings.logger.warn(
        "The microphone has no levels, and what is said while there is no call is lost.",
        error,
      );
      this.#lease?.release();
      this.#lease = undefined;
    }
  }

  async #acquire(mediaDevices: MediaDevices, audio: MediaTrackConstraints): Promise<MediaStreamTrack> {
    let stream: MediaStream;
    try {
      stream = await mediaDevices.getUserMedia({ audio, video: false });
    } catch (error) {
      throw toMicrophoneError(error);
    }
    const [track] = stream.getAudioTracks();
    if (!this.closed && track !== undefined) {
      this.#stream = stream;
      return track;
    }
    stream.getTracks().forEach((each) => each.stop());
    throw this.closed ? withdrawal() : microphoneError("not-found");
  }

  async #connect(): Promise<void> {
    try {
      this.#join();
    } catch (error) {
      // The context was closed on the way: no other is to be made.
      this.#mustBeWanted();
      // Some browsers cannot connect a device to a context of another rate: take the hardware's rate and resample.
      this.#settings.logger.debug("The microphone does not connect at the service's rate; resampling.", error);
      this.#disconnect();
      this.#lease = this.#settings.engine.acquire(NATIVE_RATE, "capture");
      await this.#lease.ready;
      if (!this.closed) this.#join();
    }
  }

  #join(): void {
    if (this.#lease === undefined || this.#stream === undefined) return;
    const { context } = this.#lease;
    const { outputRate, chunkMs, levelMs } = this.#settings;
    this.#source = context.createMediaStreamSource(this.#stream);
    this.#node = new AudioWorkletNode(context, PROCESSOR_NAMES.capture, {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
      processorOptions: { outputRate, chunkMs, levelMs } satisfies CaptureOptions,
    });
    this.#node.port.onmessage = (event: MessageEvent<CaptureMessage>) => this.#onMessage(event.data);
    onCrash(this.#node, () => this.#lose(microphoneError("unknown", "The capture worklet failed.")));
    context.addEventListener("statechange", this.#onStateChange);
    this.#onStateChange();
    this.#source.connect(this.#node);
    // It is silent, but some browsers run only what leads to the destination.
    this.#node.connect(context.destination);
    if (context.state === "suspended") this.#resume(context);
  }

  /** May stay pending until a gesture; the speaker reports `blocked` meanwhile. */
  #resume(context: AudioContext): void {
    resumeContext(context, this.#settings.logger);
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
      () => lease?.context.removeEventListener("statechange", this.#onStateChange),
      () => source?.disconnect(),
      () => releaseAfter(node, lease, this.#settings.logger),
    ]);
  }

  #send(command: CaptureProcessorCommand): void {
    this.#node?.port.postMessage(command);
  }

  #onMessage(message: CaptureMessage): void {
    if (this.closed) return;
    if (message.type === "starved") this.#onStarved();
    else {
      this.#starved = 0;
      if (message.type === "chunk") this.#events.chunk(message.pcm);
      else this.#events.level(message.rms);
    }
  }

  /** A device that the system has muted gives nothing either, but is not lost. */
  #onStarved(dead?: AudioContext): void {
    this.#starved = this.#track?.muted === true ? 0 : this.#starved + 1;
    if (this.#starved < STARVED_ALLOWED) return;
    const silent = dead === undefined ? "microphone delivers" : "AudioContext of the microphone renders";
    this.#lose(microphoneError("unknown", `The ${silent} no audio.`), dead);
  }

  readonly #onStateChange = (): void => {
    const context = this.#lease?.context;
    if (context === undefined || this.closed) return;
    const { state } = context;
    if (state === "closed") {
      this.#lose(microphoneError("unknown", "The page, or the browser, closed the AudioContext of the microphone."));
    } else if (state === "running") {
      clearTimeout(this.#stall);
      this.#stall = undefined;
      this.#goOn();
    } else if (this.#phase !== "opening") this.#stall ??= setTimeout(() => this.#onStall(context, "first"), STALL_MS);
  };

  /** It ran, and stands still: a change of sink is over by now. */
  #onStall(context: AudioContext, look: "first" | "last"): void {
    this.#stall = undefined;
    // The system gives it back by itself.
    if (context.state === "interrupted") this.#interrupt();
    if (context.state !== "suspended") return;
    if (look === "first") {
      this.#resume(context);
      this.#stall = setTimeout(() => this.#onStall(context, "last"), STALL_ALLOWED_MS - STALL_MS);
      return;
    }
    this.#settings.engine.abandon(context);
    this.#lose(microphoneError("unknown", "The browser, or the page, suspended the AudioContext of the microphone."));
  }

  #interrupt(): void {
    if (this.#phase !== "running") return;
    this.#phase = "interrupted";
    this.#events.interrupted(true);
  }

  #goOn(): void {
    const before = this.#phase;
    this.#phase = "running";
    if (before === "interrupted") this.#events.interrupted(false);
  }

  readonly #onEnded = (): void => {
    this.#lose(microphoneError("not-found", "The microphone was unplugged, or its permission was taken back."));
  };

  /** What nobody tells: a device that ended without a word, and a context that says that it runs and renders nothing. */
  readonly #checkLiveness = (): void => {
    if (this.#track?.readyState === "ended") this.#onEnded();
    const dead = this.#standingStill();
    if (dead !== undefined) this.#onStarved(dead);
    if (!this.closed) this.#checkLivenessIn(dead === undefined ? LIVENESS_CHECK_MS : DOUBT_MS);
  };

  #checkLivenessIn(ms: number): void {
    this.#livenessCheck = setTimeout(this.#checkLiveness, ms);
  }

  #standingStill(): AudioContext | undefined {
    const context = this.#lease?.context;
    if (context?.state !== "running") return undefined;
    const stands = context.currentTime === this.#renderedAt;
    this.#renderedAt = context.currentTime;
    return stands ? context : undefined;
  }

  /** @param dead closed before the owner, which may open another microphone, hears of it. */
  #lose(error: DeviceError, dead?: AudioContext): void {
    if (this.closed) return;
    this.close();
    if (dead !== undefined) this.#settings.engine.giveUp(dead);
    this.#events.lost(error);
  }
}
