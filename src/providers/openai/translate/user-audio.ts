import { encodeBase64 } from "../../../codec/base64.js";
import type { OpenAISink } from "../effects.js";

/** Bytes of a piece of silence: 100 ms of 24 kHz PCM16. */
const PIECE = 4_800;
const PIECE_MS = 100;
/** A service may say anything of how long it waits. */
const LONGEST_MS = 60_000;

/**
 * The user's audio in events: whether it still flows. The service measures the silence that ends a turn in the stream, and
 * would hear the user speak for ever where that stops in the middle of a word.
 */
export class UserAudio {
  /** What the service has of it: "stopped" with silence behind it, where the service takes the user for speaking. */
  #sound: "none" | "flowing" | "stopped" = "none";

  /** @param silenceMs How long the silence is that ends a turn; undefined where only the app ends one. */
  constructor(
    private readonly sink: OpenAISink,
    private readonly silenceMs: () => number | undefined,
  ) {}

  /** A chunk is about to be sent. */
  streaming(): void {
    this.#sound = "flowing";
  }

  /** No more comes: a mute, a microphone that is gone, an audio context that is closed. */
  stopped(): void {
    if (this.#sound !== "flowing") return;
    this.#sound = "stopped";
    if (this.sink.is("user.speaking")) this.#silence();
  }

  /** The service hears the user begin to speak: what it hears was sent before the audio stopped. */
  speechBegan(): void {
    if (this.#sound === "stopped") this.#silence();
  }

  #silence(): void {
    const ms = this.silenceMs();
    if (ms === undefined) return;
    const audio = encodeBase64(new Uint8Array(PIECE));
    for (let sent = 0; sent < Math.min(ms, LONGEST_MS); sent += PIECE_MS)
      this.sink.send({ type: "input_audio_buffer.append", audio });
  }
}
