import { PlaybackCore } from "./playback-core.js";
import {
  type PlaybackProcessorCommand,
  type PlaybackMessage,
  type PlaybackOptions,
  PROCESSOR_NAMES,
  type StoppedMessage,
} from "./protocol.js";

class PlaybackProcessor extends AudioWorkletProcessor {
  readonly #core: PlaybackCore;
  #stopped = false;

  constructor(options: { readonly processorOptions: PlaybackOptions }) {
    super();
    this.#core = new PlaybackCore(sampleRate, options.processorOptions, (message: PlaybackMessage) => {
      this.port.postMessage(message);
    });
    this.port.onmessage = (event: MessageEvent<PlaybackProcessorCommand>) => {
      const command = event.data;
      if (command.type === "write") this.#core.write(new Int16Array(command.pcm), command.itemId);
      else if (command.type === "interrupt") this.#core.interrupt(command.requestId, command.fadeMs);
      else this.#stopped = true;
    };
  }

  /** Silence is not the end: only `stop` is. */
  process(_inputs: unknown, outputs: Float32Array[][]): boolean {
    if (this.#stopped) return this.#end();
    const [first, ...others] = outputs[0] ?? [];
    if (first === undefined) return true;
    this.#core.render(first);
    for (const other of others) other.set(first);
    return true;
  }

  /** Called until the node has no input any more: answers each time. */
  #end(): false {
    this.port.postMessage({ type: "stopped" } satisfies StoppedMessage);
    return false;
  }
}

registerProcessor(PROCESSOR_NAMES.playback, PlaybackProcessor);
