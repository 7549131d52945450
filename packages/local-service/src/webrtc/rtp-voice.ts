import { SoundDecoder, type AudioEncoding } from "../audio/formats.js";
import { bytesToMs } from "../audio/pcm.js";
import { objectOr, stringOr } from "../json.js";
import type { CutVoice, SessionVoice } from "../openai/session-voice.js";
import type { ServerEvent } from "../openai/server-event.js";
import { FRAME_BYTES } from "./codec.js";

/** Sound of one item that waits to be played. */
interface Queued {
  readonly responseId: string;
  readonly itemId: string;
  pcm: Buffer;
  playedBytes: number;
}

/**
 * The service's playout buffer: takes the sound out of a session's events and gives it out frame by frame, in real time,
 * with `output_audio_buffer.started`, `.stopped` and `.cleared` where they belong.
 */
export class RtpVoice implements SessionVoice {
  readonly #send: (event: ServerEvent) => void;
  readonly #format: () => AudioEncoding;
  readonly #decoder = new SoundDecoder();
  readonly #making = new Set<string>();
  #queue: Queued[] = [];
  #playing: string | undefined;

  /** @param format How deltas are encoded now. */
  constructor(send: (event: ServerEvent) => void, format: () => AudioEncoding) {
    this.#send = send;
    this.#format = format;
  }

  takes(event: ServerEvent): boolean {
    const responseId = stringOr(event.response_id) ?? stringOr(objectOr(event.response).id) ?? "";
    if (event.type === "response.created") this.#making.add(responseId);
    if (event.type === "response.done") this.#making.delete(responseId);
    if (event.type !== "response.output_audio.delta") return false;
    const itemId = stringOr(event.item_id) ?? "";
    const pcm = this.#decoder.push(Buffer.from(stringOr(event.delta) ?? "", "base64"), this.#format());
    const last = this.#queue.at(-1);
    if (last?.itemId === itemId) last.pcm = Buffer.concat([last.pcm, pcm]);
    else this.#queue.push({ responseId, itemId, pcm, playedBytes: 0 });
    return true;
  }

  clear(): CutVoice | undefined {
    const head = this.#queue[0];
    const responseId = this.#playing;
    this.#queue = [];
    this.#playing = undefined;
    if (responseId === undefined) return undefined;
    this.#send({ type: "output_audio_buffer.cleared", response_id: responseId });
    return head && { itemId: head.itemId, playedMs: Math.floor(bytesToMs(head.playedBytes)) };
  }

  /** The next 20 ms as PCM; undefined for silence. To be called in real time. */
  next(): Buffer | undefined {
    const head = this.#queue[0];
    if (head === undefined) return undefined;
    if (this.#playing !== head.responseId) {
      this.#stopped();
      this.#playing = head.responseId;
      this.#send({ type: "output_audio_buffer.started", response_id: head.responseId });
    }
    const frame = head.pcm.subarray(head.playedBytes, head.playedBytes + FRAME_BYTES);
    if (frame.length === FRAME_BYTES) {
      head.playedBytes += FRAME_BYTES;
      return frame;
    }
    // It ran dry: more comes, or this was the last of it.
    if (this.#making.has(head.responseId)) return undefined;
    this.#queue.shift();
    if (this.#queue[0]?.responseId !== head.responseId) this.#stopped();
    return frame.length === 0 ? undefined : Buffer.concat([frame, Buffer.alloc(FRAME_BYTES - frame.length)]);
  }

  #stopped(): void {
    const responseId = this.#playing;
    this.#playing = undefined;
    if (responseId !== undefined) this.#send({ type: "output_audio_buffer.stopped", response_id: responseId });
  }
}
