import type { VadSettings } from "../audio/vad.js";
import { TurnFinder } from "../bot/turn-finder.js";
import { wordsOf } from "./bot-output.js";
import { ClientSound, type SoundShape } from "./client-sound.js";
import type { MessageWriter } from "./message-writer.js";

/** What hearing leads to. */
export interface HearingHost {
  readonly writer: MessageWriter;
  /** What a spoken turn is taken to say. */
  hear(pcm: Buffer): string;
  /** Whether guesses are sent before the whole. */
  sendsInterim(): boolean;
  /** The user begins to speak. */
  started(): void;
  /** The user has spoken; without sound when another recogniser heard it. */
  said(text: string, pcm?: Buffer): void;
}

/** As Python writes a moment in UTC. */
function timestamp(): string {
  return new Date().toISOString().replace("Z", "+00:00");
}

/** Finds the user's turns in the client's sound, and transcribes them. */
export class Hearing {
  readonly #host: HearingHost;
  readonly #sound = new ClientSound();
  readonly #finder: TurnFinder;

  constructor(host: HearingHost, vad: VadSettings) {
    this.#host = host;
    this.#finder = new TurnFinder((fact) => {
      if (fact.type === "started") this.#start();
      else this.#stop(this.#host.hear(fact.pcm), fact.pcm);
    });
    this.#finder.configure(vad);
  }

  /** Sound received so far, in ms. */
  get receivedMs(): number {
    return this.#finder.receivedMs;
  }

  /** New settings count from the next frame. */
  configure(vad: VadSettings): void {
    this.#finder.configure(vad);
  }

  /** Interleaved PCM16 of a client, as it came. */
  push(bytes: Uint8Array, shape: SoundShape): void {
    this.#finder.push(this.#sound.push(bytes, shape));
  }

  /** A turn that the client transcribed by itself. */
  transcribed(text: string): void {
    this.#start();
    this.#stop(text);
  }

  #start(): void {
    this.#host.writer.send({ type: "user-started-speaking" });
    this.#host.started();
  }

  #stop(text: string, pcm?: Buffer): void {
    const words = wordsOf(text);
    const half = words
      .slice(0, Math.ceil(words.length / 2))
      .join("")
      .trim();
    if (pcm && this.#host.sendsInterim()) this.#transcript(half, false);
    this.#transcript(text, true);
    this.#host.writer.send({ type: "user-stopped-speaking" });
    this.#host.said(text, pcm);
  }

  #transcript(text: string, final: boolean): void {
    const data = { text, final, timestamp: timestamp(), user_id: "" };
    this.#host.writer.send({ type: "user-transcription", data });
  }
}
