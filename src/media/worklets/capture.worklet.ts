import { CaptureCore } from "./capture-core.js";
import {
  type CaptureProcessorCommand,
  type CaptureMessage,
  type CaptureOptions,
  PROCESSOR_NAMES,
  type StoppedMessage,
} from "./protocol.js";

class CaptureProcessor extends AudioWorkletProcessor {
  readonly #core: CaptureCore;
  #stopped = false;

  constructor(options: { readonly processorOptions: CaptureOptions }) {
    super();
    this.#core = new CaptureCore(sampleRate, options.processorOptions, (message: CaptureMessage, transfer) => {
      this.port.postMessage(message, transfer ?? []);
    });
    this.port.onmessage = (event: MessageEvent<CaptureProcessorCommand>) => {
      if (event.data.type === "stop") this.#stopped = true;
      else this.#core.setStreaming(event.data.streaming);
    };
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    if (this.#stopped) return this.#end();
    this.#core.process(inputs[0] ?? [], outputs[0]?.[0]?.length);
    return true;
  }

  /** Called until the node has no input any more: answers each time. */
  #end(): false {
    this.port.postMessage({ type: "stopped" } satisfies StoppedMessage);
    return false;
  }
}

registerProcessor(PROCESSOR_NAMES.capture, CaptureProcessor);
