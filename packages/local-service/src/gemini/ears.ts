import { CONVERSATION_LIMITS, dropOldest } from "../bounded-list.js";
import { TurnFinder } from "../bot/turn-finder.js";
import type { Piece } from "../bot/turn.js";
import type { BlobMessage, RealtimeInputMessage } from "./client-message.js";
import { SoundStream } from "./media.js";
import { invalidArgument } from "./refusal.js";
import type { Setup } from "./setup.js";

/** What is told of the user's input. */
export interface EarsHost {
  readonly setup: Setup;
  /** An activity begins. */
  started(): void;
  /** It is over, and this is what it was; never empty. */
  ended(pieces: readonly Piece[]): void;
}

/** Takes `realtimeInput`: finds the user's activities in it, or is told where they are. */
export class Ears {
  readonly #host: EarsHost;
  readonly #stream = new SoundStream();
  readonly #finder: TurnFinder;
  /** Text and the latest frame of video that came during the activity. */
  #texts: Piece[] = [];
  #frame: Piece | undefined;
  /** Between `activityStart` and `activityEnd`. */
  #told = false;

  constructor(host: EarsHost) {
    this.#host = host;
    this.#finder = new TurnFinder((fact) => {
      if (fact.type === "started") host.started();
      else this.#end(fact.pcm);
    });
    this.#finder.configure(host.setup.detection);
  }

  /** Sound received since the session began, in ms. */
  get receivedMs(): number {
    return this.#finder.receivedMs;
  }

  /**
   * One message; its fields count in the order of time.
   * @throws Refusal when a field does not fit the session's way of finding activities, or media are none.
   */
  take(input: RealtimeInputMessage): void {
    if (input.activityStart) this.#activityStart();
    if (input.audio) this.#sound(input.audio, "realtime_input.audio");
    for (const [index, chunk] of (input.mediaChunks ?? []).entries()) {
      const path = `realtime_input.media_chunks[${String(index)}]`;
      if (chunk.mimeType?.startsWith("image/") === true) this.#see(chunk, path);
      else this.#sound(chunk, path);
    }
    if (input.video) this.#see(input.video, "realtime_input.video");
    if (input.text !== undefined) this.#text(input.text);
    if (input.activityEnd) this.#activityEnd();
    if (input.audioStreamEnd === true) this.#streamEnd();
  }

  #sound({ data = Buffer.alloc(0), mimeType = "" }: BlobMessage, path: string): void {
    this.#finder.push(this.#stream.push(data, mimeType, path));
  }

  #see({ mimeType = "" }: BlobMessage, path: string): void {
    if (!mimeType.startsWith("image/")) {
      throw invalidArgument(`Invalid value at '${path}': unsupported MIME type '${mimeType}'.`);
    }
    this.#frame = { kind: "image", mimeType };
  }

  #text(text: string): void {
    this.#texts.push({ kind: "text", text });
    dropOldest(this.#texts, () => 0, CONVERSATION_LIMITS);
    if (this.#told || this.#finder.speaking) return;
    this.#host.started();
    this.#end(Buffer.alloc(0));
  }

  #activityStart(): void {
    this.#refuseWhenDetecting();
    if (this.#told) return;
    this.#told = true;
    this.#finder.clear();
    this.#host.started();
  }

  #activityEnd(): void {
    this.#refuseWhenDetecting();
    if (!this.#told) return;
    this.#told = false;
    this.#end(this.#finder.finish());
  }

  #refuseWhenDetecting(): void {
    if (!this.#host.setup.detection) return;
    throw invalidArgument("Explicit activity control is not supported when automatic activity detection is enabled.");
  }

  /** The microphone is closed: what was begun is over, without waiting for silence. */
  #streamEnd(): void {
    if (!this.#host.setup.detection) {
      throw invalidArgument("audioStreamEnd is only supported when automatic activity detection is enabled.");
    }
    if (this.#finder.speaking) this.#end(this.#finder.finish());
    else this.#finder.clear();
  }

  #end(pcm: Buffer): void {
    const sound: Piece[] = pcm.length > 0 ? [{ kind: "sound", pcm, transcript: null }] : [];
    const pieces = [...sound, ...this.#texts, ...(this.#frame ? [this.#frame] : [])];
    this.#texts = [];
    this.#frame = undefined;
    if (pieces.length > 0) this.#host.ended(pieces);
  }
}
