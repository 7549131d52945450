import { msToBytes, bytesToMs } from "../audio/pcm.js";
import { FRAME_MS, type CallCodec } from "./codec.js";

/** What is looked at of a packet. */
export interface HeardPacket {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** Packets that wait for one that is missing: 80 ms, then it is lost. */
const MOST_WAITING = 4;
/** A stream that jumps farther than this many packets has begun anew. */
const FARTHEST = 500;
/** Silence for a gap in the timestamps, at most, in ms. */
const LONGEST_GAP_MS = 1000;
/** After so long without a packet there is silence, by the clock, in ms: a muted browser may send nothing at all. */
const QUIET_AFTER_MS = 200;

/**
 * The user's sound out of RTP packets: in the order of their sequence numbers, with silence for what was lost and for
 * what was never sent, as by a browser without a microphone or an encoder with DTX (RFC 7587, section 3.1.3).
 */
export class RtpEars {
  readonly #codec: CallCodec;
  readonly #sound: (pcm: Buffer) => void;
  readonly #waiting = new Map<number, HeardPacket>();
  #next: number | undefined;
  /** The timestamp that follows what was heard last. */
  #due: number | undefined;
  #lastAt = 0;
  #tickedAt = 0;
  /** Silence that the clock has given since then, in ms. */
  #filledMs = 0;

  constructor(codec: CallCodec, sound: (pcm: Buffer) => void) {
    this.#codec = codec;
    this.#sound = sound;
  }

  /** @param now ms */
  begin(now: number): void {
    this.#lastAt = now;
    this.#tickedAt = now;
  }

  /** @param now ms */
  packet(packet: HeardPacket, now: number): void {
    this.#lastAt = now;
    const { sequenceNumber } = packet;
    const ahead = this.#ahead(sequenceNumber);
    if (Math.abs(ahead) > FARTHEST) {
      this.#flush();
      this.#next = sequenceNumber;
      this.#due = undefined;
    } else if (ahead < 0) {
      return; // Its time is over, or it came twice.
    }
    this.#waiting.set(sequenceNumber, packet);
    this.#next ??= sequenceNumber;
    this.#inOrder();
    if (this.#waiting.size >= MOST_WAITING) this.#skip();
  }

  /**
   * Every 20 ms. A process that stood still ticks before it reads what arrived meanwhile: that time tells nothing of the
   * sender, and silence for it would end a turn in the middle of a sentence.
   * @param now ms
   */
  tick(now: number): void {
    this.#lastAt += Math.max(0, now - this.#tickedAt - FRAME_MS);
    this.#tickedAt = now;
    if (now - this.#lastAt <= QUIET_AFTER_MS) return;
    this.#flush();
    this.#filledMs += FRAME_MS;
    this.#sound(Buffer.alloc(msToBytes(FRAME_MS)));
  }

  /** How many packets a sequence number is after the next that is wanted; it wraps at 16 bits. */
  #ahead(sequenceNumber: number): number {
    return ((sequenceNumber - (this.#next ?? sequenceNumber)) << 16) >> 16;
  }

  #inOrder(): void {
    for (;;) {
      const packet = this.#next === undefined ? undefined : this.#waiting.get(this.#next);
      if (packet === undefined) return;
      this.#waiting.delete(packet.sequenceNumber);
      this.#next = (packet.sequenceNumber + 1) & 0xffff;
      this.#play(packet);
    }
  }

  /** Gives up the packet that is missing. */
  #skip(): void {
    const [first] = [...this.#waiting.keys()].sort((one, other) => this.#ahead(one) - this.#ahead(other));
    if (first !== undefined) this.#next = first;
    this.#inOrder();
  }

  #flush(): void {
    while (this.#waiting.size > 0) this.#skip();
  }

  #play({ timestamp, payload }: HeardPacket): void {
    if (payload.length === 0) return; // Padding, with which a sender measures the way.
    const perMs = this.#codec.clockRate / 1000;
    const gapMs = ((timestamp - (this.#due ?? timestamp)) | 0) / perMs - this.#filledMs;
    this.#filledMs = 0;
    if (gapMs > 0) this.#sound(Buffer.alloc(msToBytes(Math.min(gapMs, LONGEST_GAP_MS))));
    const pcm = this.#decode(payload);
    this.#due = (timestamp + bytesToMs(pcm.length) * perMs) >>> 0;
    this.#sound(pcm);
  }

  #decode(payload: Buffer): Buffer {
    try {
      return this.#codec.decode(payload);
    } catch {
      return Buffer.alloc(msToBytes(FRAME_MS)); // As good as lost.
    }
  }
}
