import type { OutputReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";
import { ConnectionAbortedError } from "../errors.js";
import { PlaybackSession, type PlaybackSettings } from "./playback-session.js";
import { SinkChoice, type SinkChoiceSettings, type SinkOutput } from "./sink-choice.js";

export interface SpeakerSettings extends PlaybackSettings, SinkChoiceSettings {
  /** Root mean square of the output, 0..1. */
  readonly onLevel: (rms: number) => void;
  /** The bot's audio as a track: while the output is open. */
  readonly onTrackStarted: (track: MediaStreamTrack) => void;
  readonly onTrackStopped: (track: MediaStreamTrack) => void;
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
export class WebAudioSpeaker implements SpeakerPort, SinkOutput {
  /** Which device it is played on. */
  readonly sinks: SinkChoice;
  readonly #settings: SpeakerSettings;
  #reports: (report: OutputReport) => void = () => undefined;
  #session: PlaybackSession | undefined;
  #unwatch: (() => void) | undefined;
  #signal: AbortSignal | undefined;
  #track: MediaStreamTrack | undefined;

  constructor(settings: SpeakerSettings) {
    this.#settings = settings;
    this.sinks = new SinkChoice(settings, this);
    this.#session = this.#newSession();
  }

  get isOpen(): boolean {
    return this.#unwatch !== undefined;
  }

  /** The bot's audio as a track, for visualisers. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  get canChoose(): boolean {
    const context = this.#session?.context;
    return context === undefined || choosesSink(context);
  }

  async open(reports: (report: OutputReport) => void, signal: AbortSignal): Promise<void> {
    if (this.isOpen) this.close();
    if (signal.aborted) throw withdrawal();
    // What was written before the first opening waits in the session that the constructor made.
    const session = this.#session ?? this.#newSession();
    this.#session = session;
    this.#reports = reports;
    this.sinks.playBy(this);
    this.#unwatch = this.sinks.hold();
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
    try {
      await Promise.all([session.start(), this.sinks.restore()]);
    } catch (error) {
      if (this.#session === session) this.close();
      throw error;
    }
    if (this.#session !== session) throw withdrawal();
    this.#announce(session.track);
    void this.sinks.refresh();
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
    // The microphone's context may be another one.
    this.#settings.engine.resume();
    await this.#session?.resume();
  }

  async setSink(sinkId: string): Promise<void> {
    const context = this.#session?.context;
    if (context !== undefined && choosesSink(context)) await context.setSinkId(sinkId);
  }

  close(): void {
    this.#settings.onFlush();
    this.#announce(undefined);
    this.#session?.close();
    this.#session = undefined;
    if (!this.isOpen) return;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#signal = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#reports = () => undefined;
  }

  readonly #onAbort = (): void => this.close();

  /** Each track that was told of is told of again when it ends. */
  #announce(track: MediaStreamTrack | undefined): void {
    const before = this.#track;
    if (before === track) return;
    this.#track = track;
    if (before !== undefined) this.#settings.onTrackStopped(before);
    if (track !== undefined) this.#settings.onTrackStarted(track);
  }

  #newSession(): PlaybackSession {
    const session: PlaybackSession = new PlaybackSession(this.#settings, {
      report: (report) => {
        const reports = this.#reports;
        if (report.type === "lost" && this.#session === session) this.close();
        reports(report);
      },
      level: this.#settings.onLevel,
    });
    return session;
  }
}
