import type { ServerMessage } from "./message-writer.js";

/** The models that a session's services say they use. */
export interface ModelNames {
  readonly llm: string;
  readonly tts: string;
}

const LLM = "LocalLLMService#0";
const TTS = "LocalTTSService#0";

/** How long the answer took to begin, in seconds as Pipecat counts. */
export function llmMetrics(model: string, delayMs: number): ServerMessage {
  const measured = { processor: LLM, model, value: delayMs / 1000 };
  return { type: "metrics", data: { ttfb: [measured], processing: [measured] } };
}

/** What the voice was given to say. It needs no time: it is recorded. */
export function ttsMetrics(model: string, words: string): ServerMessage {
  const by = { processor: TTS, model };
  return { type: "metrics", data: { ttfb: [{ ...by, value: 0 }], characters: [{ ...by, value: words.length }] } };
}
