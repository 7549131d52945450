import { bytesToMs } from "../audio/pcm.js";
import type { JsonObject } from "../json.js";
import type { Item } from "./items.js";

/** Tokens of text and of sound. */
export interface Tokens {
  readonly text: number;
  readonly audio: number;
}

/** A token is about four characters. */
export function textTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** OpenAI counts a token for each 100 ms that the user spoke. */
const USER_TOKEN_MS = 100;
/** … and for each 50 ms that the model spoke. */
const MODEL_TOKEN_MS = 50;

/** Tokens of so much sound of the model. */
export function spokenTokens(pcm: Buffer): number {
  return Math.ceil(bytesToMs(pcm.length) / MODEL_TOKEN_MS);
}

function tokensOf(item: Item): Tokens {
  if (item.type === "function_call") return { text: textTokens(item.name + item.arguments), audio: 0 };
  if (item.type === "function_call_output") return { text: textTokens(item.output), audio: 0 };
  if (item.type === "mcp") return { text: 0, audio: 0 };
  let text = 0;
  let audio = 0;
  for (const part of item.content) {
    if (part.type === "input_text" || part.type === "output_text") text += textTokens(part.text);
    if (part.type === "input_audio") audio += Math.ceil(bytesToMs(part.pcm.length) / USER_TOKEN_MS);
    if (part.type === "output_audio") {
      audio += spokenTokens(part.pcm);
      text += textTokens(part.transcript ?? "");
    }
  }
  return { text, audio };
}

function sum(items: readonly Item[]): Tokens {
  return items.map(tokensOf).reduce((a, b) => ({ text: a.text + b.text, audio: a.audio + b.audio }), {
    text: 0,
    audio: 0,
  });
}

/** `usage` of a response that read some items and made some others. A fair guess: nobody is billed. */
export function usageOf(read: readonly Item[], made: readonly Item[]): JsonObject {
  const input = sum(read);
  const output = sum(made);
  const inputTokens = input.text + input.audio;
  const outputTokens = output.text + output.audio;
  return {
    total_tokens: inputTokens + outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    input_token_details: {
      text_tokens: input.text,
      audio_tokens: input.audio,
      image_tokens: 0,
      cached_tokens: 0,
      cached_tokens_details: { text_tokens: 0, audio_tokens: 0, image_tokens: 0 },
    },
    output_token_details: { text_tokens: output.text, audio_tokens: output.audio },
  };
}
