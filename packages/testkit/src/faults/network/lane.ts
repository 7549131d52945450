import type { Socket } from "node:net";
import type { Flow } from "./flow.js";

/** What happens to the bytes of one direction. Times in ms. */
export interface LaneFaults {
  /** Every byte comes so much later. */
  readonly delayMs: number;
  /** And by up to so much more, at random; order is kept, as TCP keeps it. */
  readonly jitterMs: number;
  /** Bytes wait here until this is off again; TCP loses nothing, it stalls. */
  readonly stalled: boolean;
  /** Bytes, and the end of the stream, vanish. */
  readonly blackHole: boolean;
  /** No faster than this; undefined is as fast as can be. */
  readonly bytesPerSecond: number | undefined;
  /** Cuts the line once so many bytes of it have gone this way. */
  readonly cutAtByte: number | undefined;
}

export const NO_LANE_FAULTS: LaneFaults = {
  delayMs: 0,
  jitterMs: 0,
  stalled: false,
  blackHole: false,
  bytesPerSecond: undefined,
  cutAtByte: undefined,
};

export interface LaneParts {
  readonly from: Socket;
  readonly to: Socket;
  readonly flow: Flow;
  /** The faults as they stand now. */
  readonly faults: () => LaneFaults;
  readonly random: () => number;
  /** The line is to be cut. */
  readonly cut: () => void;
}

/** More than this waiting makes the sender feel it, as a full window does. */
const HIGH_WATER = 1 << 20;
const TRICKLE_MS = 20;

/** One direction of one line. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #queue: { readonly bytes: Buffer | "end"; readonly due: number }[] = [];
  #waiting = 0;
  #passed = 0;
  #lastDue = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    parts.from.on("data", (bytes: Buffer) => this.#take(bytes));
    parts.from.on("end", () => this.#take("end"));
    parts.to.on("close", () => this.stop());
  }

  /** The faults have changed. */
  update(): void {
    this.#pump();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(bytes: Buffer | "end"): void {
    const { faults, random, from } = this.#parts;
    const { blackHole, delayMs, jitterMs } = faults();
    if (blackHole) return;
    this.#lastDue = Math.max(this.#lastDue, performance.now() + delayMs + random() * jitterMs);
    this.#queue.push({ bytes, due: this.#lastDue });
    if (bytes !== "end") this.#waiting += bytes.length;
    if (this.#waiting > HIGH_WATER) from.pause();
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const { faults } = this.#parts;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const { stalled, bytesPerSecond } = faults();
      if (stalled) return;
      const early = head.due - performance.now();
      if (early > 0) {
        this.#again(early);
        return;
      }
      this.#queue.shift();
      if (head.bytes === "end") {
        this.#parts.to.end();
        continue;
      }
      const most =
        bytesPerSecond === undefined ? Infinity : Math.max(1, Math.round((bytesPerSecond * TRICKLE_MS) / 1000));
      const rest = head.bytes.subarray(Math.min(most, head.bytes.length));
      this.#pass(head.bytes.subarray(0, head.bytes.length - rest.length));
      if (rest.length > 0) this.#queue.unshift({ bytes: rest, due: head.due });
      if (bytesPerSecond !== undefined) {
        this.#again(TRICKLE_MS);
        return;
      }
    }
  }

  #again(ms: number): void {
    this.#timer = setTimeout(() => this.#pump(), ms);
  }

  #pass(bytes: Buffer): void {
    const { from, to, flow, faults, cut } = this.#parts;
    this.#waiting -= bytes.length;
    if (this.#waiting <= HIGH_WATER && from.isPaused()) from.resume();
    if (faults().blackHole) return;
    const { cutAtByte = Infinity } = faults();
    const allowed = bytes.subarray(0, Math.max(0, cutAtByte - this.#passed));
    this.#passed += bytes.length;
    if (allowed.length > 0 && to.writable) {
      to.write(allowed);
      flow.passed(allowed.length);
    }
    if (this.#passed >= cutAtByte) cut();
  }
}
