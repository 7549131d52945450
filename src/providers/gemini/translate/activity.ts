import type { EffectSink } from "../../../dialogue/effects.js";

/**
 * What the service is told about the microphone besides its audio: that it fell silent, or that the user speaks. Audio of a
 * muted microphone is not sent: a chunk that was under way would open the stream again.
 */
export class Activity {
  #user: "silent" | "speaking";
  /** Paused: it gave nothing while the user spoke, as the app says. */
  #stream: "muted" | "idle" | "flowing" | "paused";

  /**
   * @param manual Whether the app says when the user speaks.
   * @param speaking Whether the user was speaking when the last connection was lost.
   * @param micOn Whether the microphone is on.
   */
  constructor(
    private readonly sink: EffectSink,
    private readonly manual: boolean,
    speaking: boolean,
    micOn: boolean,
  ) {
    this.#user = manual && speaking ? "speaking" : "silent";
    this.#stream = micOn ? "idle" : "muted";
  }

  /** Whether the user speaks, as the app says. */
  get isOpen(): boolean {
    return this.#user === "speaking";
  }

  /** Whether microphone audio is sent. */
  get takesAudio(): boolean {
    return this.#stream === "flowing";
  }

  /** Audio is about to be sent. Returns whether the user goes on speaking by it. */
  streaming(): boolean {
    const goesOn = this.#stream === "paused";
    if (goesOn || this.#stream === "idle") this.#stream = "flowing";
    return goesOn;
  }

  /** The microphone gives nothing any more, and may go on by itself. Returns whether a turn that the app began is over by it. */
  paused(): boolean {
    if (this.#stream !== "flowing") return false;
    this.#stream = this.isOpen ? "paused" : "idle";
    if (!this.manual) this.sink.send({ realtimeInput: { audioStreamEnd: true } });
    return this.isOpen && this.#end();
  }

  /** The microphone was turned on or off. Off: what was said last is to be answered without waiting for silence. */
  microphone(on: boolean): void {
    const { takesAudio } = this;
    if (on && this.#stream !== "muted") return;
    this.#stream = on ? "idle" : "muted";
    if (!this.manual && takesAudio) this.sink.send({ realtimeInput: { audioStreamEnd: true } });
  }

  #end(): true {
    this.#user = "silent";
    this.sink.send({ realtimeInput: { activityEnd: {} } });
    return true;
  }

  /** The user begins or stops to speak. Returns whether that is news. */
  set(speaking: boolean, ready: boolean): boolean {
    if (!speaking && this.#stream === "paused") this.#stream = "idle";
    if (this.isOpen === speaking) return false;
    this.#user = speaking ? "speaking" : "silent";
    if (ready) this.sink.send({ realtimeInput: speaking ? { activityStart: {} } : { activityEnd: {} } });
    return ready;
  }

  /** A new connection is ready: goes on with what had begun. Returns whether the user speaks. */
  resume(): boolean {
    if (this.isOpen) this.sink.send({ realtimeInput: { activityStart: {} } });
    return this.isOpen;
  }
}
