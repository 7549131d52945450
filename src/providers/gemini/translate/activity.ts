import type { EffectSink } from "../../../dialogue/effects.js";

/** What the service is told about the microphone besides its audio: that it fell silent, or that the user speaks. */
export class Activity {
  #open: boolean;
  #streaming = false;

  /**
   * @param manual Whether the app says when the user speaks.
   * @param open Whether the user was speaking when the last connection was lost.
   */
  constructor(
    private readonly sink: EffectSink,
    private readonly manual: boolean,
    open: boolean,
  ) {
    this.#open = manual && open;
  }

  /** Whether the user speaks, as the app says. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Audio is being sent. */
  streaming(): void {
    this.#streaming = true;
  }

  /** No audio comes any more: what was said last is to be answered without waiting for silence. Told once a stretch. */
  streamEnded(): void {
    if (!this.#streaming) return;
    this.#streaming = false;
    this.sink.send({ realtimeInput: { audioStreamEnd: true } });
  }

  /** The user begins or stops to speak. Returns whether that is news. */
  set(open: boolean, ready: boolean): boolean {
    if (this.#open === open) return false;
    this.#open = open;
    if (ready) this.sink.send({ realtimeInput: open ? { activityStart: {} } : { activityEnd: {} } });
    return ready;
  }

  /** A new connection is ready: goes on with what had begun. Returns whether the user speaks. */
  resume(): boolean {
    if (this.#open) this.sink.send({ realtimeInput: { activityStart: {} } });
    return this.#open;
  }
}
