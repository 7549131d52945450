import type { OutputReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";
import { holdsTrack } from "./element-watch.js";
import type { Logger } from "../log.js";
import type { SinkChoice, SinkOutput } from "./sink-choice.js";
import { tearDown } from "./teardown.js";
import type { TrackMeter } from "./track-meter.js";

const LEVEL_MS = 100;
/** How often a track that is paused plays on by itself, until a gesture: a system that holds the output pauses it each time. */
const MOST_REPLAYS = 3;
/** The service owns the playout buffer, so nothing is counted here. */
const UNCOUNTED: PlayedItem = { itemId: "", playedSamples: 0, receivedSamples: 0, sampleRate: 48_000 };

/** What a `TrackSpeaker` plays with. */
export interface TrackSpeakerSettings {
  /** Makes the element; undefined where there is none. */
  readonly createElement: () => HTMLAudioElement | undefined;
  /**
   * Whether the bot is heard here, or by an element of the app. Then ours is mute, and is there because browsers give a remote track
   * to Web Audio, and so to visualisers, only while an element plays it.
   */
  readonly isAudible: boolean;
  /** Root mean square, 0 to 1, about ten times a second while the bot speaks. */
  readonly onLevel: (level: number) => void;
  /** Which device it is played on. */
  readonly sinks: SinkChoice;
  /** Measures a track; absent where there is no Web Audio for it. */
  readonly meter?: ((track: MediaStreamTrack) => TrackMeter) | undefined;
  readonly logger: Logger;
}

/** Where a level comes from. */
export type ReadLevel = () => Promise<number | undefined>;

/** The speaker of a remote track: plays it in an audio element, and reports when the autoplay policy holds it. */
export class TrackSpeaker implements SpeakerPort, SinkOutput {
  readonly #settings: TrackSpeakerSettings;
  #element: HTMLAudioElement | undefined;
  #report: ((report: OutputReport) => void) | undefined;
  #track: MediaStreamTrack | undefined;
  #readLevel: ReadLevel | undefined;
  #levels: ReturnType<typeof setInterval> | undefined;
  /** "none": this track cannot be measured. */
  #meter: TrackMeter | "none" | undefined;
  #unwatch: (() => void) | undefined;
  /** What keeps the bot from being heard: the autoplay policy, or the system. */
  #held: "no" | "blocked" | "interrupted" = "no";
  #replays = 0;

  constructor(settings: TrackSpeakerSettings) {
    this.#settings = settings;
    settings.sinks.playBy(this);
  }

  /** The track to be played, once it has come and until it is gone. */
  get track(): MediaStreamTrack | undefined {
    return this.#track;
  }

  get canChoose(): boolean {
    return this.#element === undefined || "setSinkId" in this.#element;
  }

  async setSink(sinkId: string): Promise<void> {
    const element = this.#element;
    // Of the app's own elements it is told by `onSpeakerUpdated`; ours finds out whether there is such a device.
    if (element !== undefined && "setSinkId" in element && element.sinkId !== sinkId) await element.setSinkId(sinkId);
  }

  async open(report: (report: OutputReport) => void): Promise<void> {
    this.close();
    const { createElement, isAudible, sinks } = this.#settings;
    this.#report = report;
    this.#element = createElement();
    const element = this.#element;
    if (element !== undefined) {
      element.muted = !isAudible;
      element.onpause = () => this.#paused(element);
    }
    this.#unwatch = sinks.hold();
    await sinks.restore();
    void sinks.refresh();
    void this.#play();
  }

  /** Plays another track, or none. */
  setTrack(track: MediaStreamTrack | undefined, readLevel?: ReadLevel): void {
    if (track !== this.#track) {
      this.#endMeter();
      this.#replays = 0;
    }
    this.#track = track;
    this.#readLevel = readLevel;
    if (track === undefined) this.setSpeaking(false);
    void this.#play();
  }

  /** Its level is read just then. */
  get #speaking(): boolean {
    return this.#levels !== undefined;
  }

  /** The service says when the bot is heard: nothing here can tell silence from speech. */
  setSpeaking(speaking: boolean): void {
    if (this.#speaking === speaking) return;
    clearInterval(this.#levels);
    this.#levels = speaking ? setInterval(() => void this.#level(), LEVEL_MS) : undefined;
    this.#report?.({ type: speaking ? "began" : "drained", item: UNCOUNTED });
  }

  /** Takes no samples: the audio comes on the track. */
  write(): void {}

  /** The service empties its own playout buffer; there is nothing here to cut. */
  interrupt(): Promise<readonly PlayedItem[]> {
    return Promise.resolve([]);
  }

  async resume(): Promise<void> {
    this.#replays = 0;
    await this.#play();
  }

  close(): void {
    const element = this.#element;
    this.setSpeaking(false);
    this.#endMeter();
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#element = undefined;
    this.#report = undefined;
    this.#held = "no";
    this.#replays = 0;
    if (element !== undefined) tearDown(this.#settings.logger, [() => stop(element)]);
  }

  async #play(): Promise<void> {
    const element = this.#element;
    const track = this.#track;
    if (element === undefined) return;
    if (track === undefined) {
      stop(element);
      return;
    }
    if (!holdsTrack(element, track)) element.srcObject = new MediaStream([track]);
    try {
      await element.play();
      if (this.#element === element) this.#hold("no");
    } catch (error) {
      // Another track, or the end, came before this one was heard.
      if (this.#element !== element || this.#track !== track) return;
      if (error instanceof DOMException && error.name === "NotAllowedError") this.#hold("blocked");
      else this.#settings.logger.warn("The bot's track could not be played", error);
    }
  }

  /** Nobody here has paused it: the system has, as for a call on a phone, and does not play it on when it is over. */
  #paused(element: HTMLAudioElement): void {
    // A pause of ours is told late: the element may play another track by then.
    if (this.#element !== element || !element.paused || this.#track?.readyState !== "live") return;
    if (this.#held === "blocked") return;
    this.#hold("interrupted");
    this.#replays += 1;
    if (this.#replays <= MOST_REPLAYS) void this.#play();
  }

  #hold(held: "no" | "blocked" | "interrupted"): void {
    if (this.#held === held) return;
    this.#held = held;
    this.#report?.({ type: held === "no" ? "unblocked" : held });
  }

  async #level(): Promise<void> {
    try {
      // Asked in any case: it also finds out whether sound comes.
      const told = await this.#readLevel?.();
      const level = this.#measure() ?? told;
      if (level !== undefined && this.#speaking) this.#settings.onLevel(level);
    } catch (error) {
      this.#settings.logger.debug("The bot's level could not be read", error);
    }
  }

  #measure(): number | undefined {
    const track = this.#track;
    if (track === undefined || !this.#speaking) return undefined;
    // The page may close the context: then another measures.
    if (this.#meter !== "none" && this.#meter?.isOver === true) this.#endMeter();
    try {
      this.#meter ??= this.#settings.meter?.(track) ?? "none";
    } catch (error) {
      this.#meter = "none";
      this.#settings.logger.debug("The bot's track cannot be measured; the connection says how loud it is.", error);
    }
    return this.#meter === "none" ? undefined : this.#meter.read();
  }

  #endMeter(): void {
    if (this.#meter !== "none") this.#meter?.end();
    this.#meter = undefined;
  }
}

function stop(element: HTMLAudioElement): void {
  element.pause();
  element.srcObject = null;
}
