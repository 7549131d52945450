import type { PlaybackReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";
import type { Logger } from "../log.js";
import { tearDown } from "./teardown.js";

const LEVEL_MS = 100;
/** The service owns the playout buffer, so nothing is counted here. */
const UNCOUNTED: PlayedItem = { itemId: "", playedSamples: 0, receivedSamples: 0, sampleRate: 48_000 };

/** What a `TrackSpeaker` plays with. */
export interface TrackSpeakerSettings {
  /** Makes the element; undefined where there is none, or where the app plays the track itself. */
  readonly createElement: () => HTMLAudioElement | undefined;
  /** About ten times a second while the bot speaks, 0 to 1. */
  readonly onLevel: (level: number) => void;
  readonly logger: Logger;
}

/** Where a level comes from. */
export type ReadLevel = () => Promise<number | undefined>;

/** The speaker of a remote track: plays it in an audio element, and reports when the autoplay policy holds it. */
export class TrackSpeaker implements SpeakerPort {
  readonly #settings: TrackSpeakerSettings;
  #element: HTMLAudioElement | undefined;
  #report: ((report: PlaybackReport) => void) | undefined;
  #track: MediaStreamTrack | undefined;
  #readLevel: ReadLevel | undefined;
  #levels: ReturnType<typeof setInterval> | undefined;
  #sinkId = "";
  #blocked = false;
  #speaking = false;

  constructor(settings: TrackSpeakerSettings) {
    this.#settings = settings;
  }

  /** The track to be played, once it has come and until it is gone. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  async open(report: (report: PlaybackReport) => void): Promise<void> {
    this.close();
    this.#report = report;
    this.#element = this.#settings.createElement();
    await this.#applySink().catch((error: unknown) => {
      this.#settings.logger.warn("The chosen speaker cannot be used; the system's default is.", error);
    });
    void this.#play();
  }

  /** Plays another track, or none. */
  setTrack(track: MediaStreamTrack | undefined, readLevel?: ReadLevel): void {
    this.#track = track;
    this.#readLevel = readLevel;
    if (track === undefined) this.setSpeaking(false);
    void this.#play();
  }

  /** The service says when the bot is heard: nothing here can tell silence from speech. */
  setSpeaking(speaking: boolean): void {
    if (this.#speaking === speaking) return;
    this.#speaking = speaking;
    clearInterval(this.#levels);
    if (speaking) {
      this.#levels = setInterval(() => void this.#level(), LEVEL_MS);
    }
    this.#report?.({ type: speaking ? "began" : "drained", item: UNCOUNTED });
  }

  /** Chooses the output; "" is the system's. @throws DOMException of `setSinkId`. */
  async chooseSink(sinkId: string): Promise<void> {
    const before = this.#sinkId;
    this.#sinkId = sinkId === "default" ? "" : sinkId;
    try {
      await this.#applySink();
    } catch (error) {
      this.#sinkId = before;
      throw error;
    }
  }

  /** Takes no samples: the audio comes on the track. */
  write(): void {}

  /** The service empties its own playout buffer; there is nothing here to cut. */
  interrupt(): Promise<readonly PlayedItem[]> {
    return Promise.resolve([]);
  }

  async resume(): Promise<void> {
    await this.#play();
  }

  close(): void {
    const element = this.#element;
    this.setSpeaking(false);
    this.#element = undefined;
    this.#report = undefined;
    this.#blocked = false;
    if (element !== undefined) tearDown(this.#settings.logger, [() => stop(element)]);
  }

  async #applySink(): Promise<void> {
    const element = this.#element;
    if (element !== undefined && "setSinkId" in element && element.sinkId !== this.#sinkId) {
      await element.setSinkId(this.#sinkId);
    }
  }

  async #play(): Promise<void> {
    const element = this.#element;
    const track = this.#track;
    if (element === undefined) return;
    if (track === undefined) {
      stop(element);
      return;
    }
    const playing = element.srcObject instanceof MediaStream && element.srcObject.getTracks().includes(track);
    if (!playing) element.srcObject = new MediaStream([track]);
    try {
      await element.play();
      if (this.#element === element) this.#setBlocked(false);
    } catch (error) {
      // Another track, or the end, came before this one was heard.
      if (this.#element !== element || this.#track !== track) return;
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#setBlocked(true);
      else this.#settings.logger.warn("The bot's track could not be played", error);
    }
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    this.#report?.({ type: blocked ? "blocked" : "unblocked" });
  }

  async #level(): Promise<void> {
    try {
      const level = await this.#readLevel?.();
      if (level !== undefined && this.#speaking) this.#settings.onLevel(level);
    } catch (error) {
      this.#settings.logger.debug("The bot's level could not be read", error);
    }
  }
}

function stop(element: HTMLAudioElement): void {
  element.pause();
  element.srcObject = null;
}
