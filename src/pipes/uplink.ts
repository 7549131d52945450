/** Where the uplink's audio ends: the provider's encoder and socket. */
export type UplinkSink = (pcm: ArrayBuffer) => void;

/** Limits of the uplink. */
export interface UplinkOptions {
  /** Audio kept while the session is not ready yet, in bytes; the oldest is dropped first. */
  readonly preRollBytes: number;
}

/**
 * Microphone to socket, in plain calls. The root chart turns its valve: `shut` outside a session, `armed` from the
 * request to `ready` (a bounded pre-roll is kept, so that the first words are not lost), `open` while ready.
 */
export class Uplink {
  #valve: "shut" | "armed" | "open" = "shut";
  #preRoll: ArrayBuffer[] = [];
  #preRollBytes = 0;
  readonly #sink: UplinkSink;
  readonly #options: UplinkOptions;

  constructor(sink: UplinkSink, options: UplinkOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** One chunk of 16-bit mono PCM from the microphone. */
  write(pcm: ArrayBuffer): void {
    if (this.#valve === "open") {
      this.#deliver();
      this.#sink(pcm);
    } else if (this.#valve === "armed") {
      this.#keep(pcm);
    }
  }

  /** A session begins, or its link was lost: keep the newest audio. */
  arm(): void {
    this.#valve = "armed";
  }

  /**
   * The service listens: hand over what was kept, in order, and then everything. Not at once but in a microtask: the
   * valve is turned inside a chart's step, and the sink must find `ready` announced.
   */
  open(): void {
    this.#valve = "open";
    queueMicrotask(() => {
      this.#deliver();
    });
  }

  /** The session is over: audio never crosses into the next one. */
  shut(): void {
    this.#valve = "shut";
    this.#forget();
  }

  #deliver(): void {
    if (this.#valve !== "open") return;
    const kept = this.#preRoll;
    this.#forget();
    for (const pcm of kept) this.#sink(pcm);
  }

  #keep(pcm: ArrayBuffer): void {
    this.#preRoll.push(pcm);
    this.#preRollBytes += pcm.byteLength;
    while (this.#preRollBytes > this.#options.preRollBytes) {
      this.#preRollBytes -= this.#preRoll.shift()?.byteLength ?? this.#preRollBytes;
    }
  }

  #forget(): void {
    this.#preRoll = [];
    this.#preRollBytes = 0;
  }
}
