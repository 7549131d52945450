import { mixToMono } from "../../codec/pcm16.js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import { ProtocolError } from "../../errors.js";
import { RateConverter } from "../../media/rate-converter.js";
import type { DecodedAudio } from "./serializer.js";

/** How long, in ms, audio of an interrupted utterance may still arrive behind the message that tells of it. */
const LATE_MS = 500;

const MOST_CHANNELS = 8;

/** The bot is interrupted: what was sent before is void, but some of it may still be on its way. */
const CUTS = new Set(["user-started-speaking", "bot-interrupted"]);

/** What comes after one of these is not of the utterance that was cut. */
const RENEWS = new Set([
  "user-stopped-speaking",
  "bot-started-speaking",
  "bot-stopped-speaking",
  "bot-llm-started",
  "bot-tts-started",
]);

/** Where the bot's voice goes. */
export interface VoiceOutput {
  /** Mono PCM at the player's rate. */
  write(pcm: Int16Array, itemId: string): void;
  /** Silences what was written. */
  flush(): void;
}

/** The bot's audio on its way to the player: at the player's rate, in one channel, silenced when it is interrupted. */
export class BotVoice {
  readonly #rate: number;
  readonly #output: VoiceOutput;
  readonly #now: () => number;
  readonly #name: string;
  #converter: RateConverter;
  #utterances = 0;
  /** Audible: something was written that has not been played to its end. */
  #phase: "silent" | "audible" = "silent";
  #dropsUntil = 0;

  /**
   * @param rate Hz of the player
   * @param now milliseconds of a clock that only goes forward
   * @param name What the items are called: no two voices of a session by the same name
   */
  constructor(rate: number, output: VoiceOutput, now: () => number = () => performance.now(), name = "utterance") {
    this.#rate = rate;
    this.#output = output;
    this.#now = now;
    this.#name = name;
    this.#converter = this.#newConverter();
  }

  /** @throws ProtocolError when it is not audio that can be played; once a connection where it is its rate. */
  play({ audio, sampleRate = this.#rate, numChannels = 1 }: DecodedAudio): void {
    const channels = checkChannels(audio, numChannels);
    if (this.#now() < this.#dropsUntil) return;
    const pcm = this.#converter.convert(mixToMono(audio, channels), sampleRate);
    if (pcm.length === 0) return;
    this.#phase = "audible";
    this.#output.write(pcm, this.#itemId);
  }

  /** The server said something; it may be that the bot is interrupted. */
  received(type: string): void {
    if (CUTS.has(type)) {
      // A user who speaks into silence interrupts nobody, and the answer must not lose its beginning.
      if (this.#phase === "audible") this.#cut(this.#now() + LATE_MS);
    } else if (RENEWS.has(type)) {
      this.#dropsUntil = 0;
      if (type === "bot-stopped-speaking") this.#next();
    }
  }

  /** Everything before this is void, and everything after it is new. */
  interrupted(): void {
    if (this.#phase === "audible") this.#cut(0);
    else this.#void();
  }

  /** The app interrupts the bot: as a server that says so, without effect while nothing is audible. */
  interrupt(): void {
    this.received("bot-interrupted");
  }

  playback(report: PlaybackReport): void {
    if (report.type === "drained" && report.item.itemId === this.#itemId) this.#phase = "silent";
  }

  get #itemId(): string {
    return `${this.#name}-${this.#utterances}`;
  }

  #void(): void {
    this.#phase = "silent";
    this.#dropsUntil = 0;
    this.#next();
  }

  #cut(dropsUntil: number): void {
    this.#void();
    this.#dropsUntil = dropsUntil;
    this.#output.flush();
  }

  #next(): void {
    this.#utterances += 1;
    this.#converter.reset();
  }

  #newConverter(): RateConverter {
    return new RateConverter(this.#rate, "The server");
  }
}

function checkChannels(audio: Int16Array, channels: number): number {
  if (!Number.isInteger(channels) || channels < 1 || channels > MOST_CHANNELS) {
    throw new ProtocolError(`The server sent audio with ${String(channels)} channels.`);
  }
  if (audio.length % channels === 0) return channels;
  throw new ProtocolError("The server sent audio that ends in the middle of a frame of its channels.");
}
