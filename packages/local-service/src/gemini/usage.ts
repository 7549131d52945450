import { bytesToMs } from "../audio/pcm.js";
import type { JsonObject } from "../json.js";
import type { Content, ContentPart } from "./contents.js";

/** Gemini counts 25 tokens for each second of sound. */
const TOKEN_MS = 40;
const IMAGE_TOKENS = 258;

/** A token is about four characters. */
function ofText(text: string): number {
  return Math.ceil(text.length / 4);
}

function ofPart(part: ContentPart): number {
  switch (part.kind) {
    case "text":
      return ofText(part.text);
    case "sound":
      return Math.ceil(bytesToMs(part.pcm.length) / TOKEN_MS);
    case "image":
      return IMAGE_TOKENS;
    case "call":
      return ofText(part.name + JSON.stringify(part.args));
    case "response":
      return ofText(part.name + JSON.stringify(part.response));
  }
}

function sum(contents: readonly Content[]): number {
  return contents.flatMap(({ parts }) => parts).reduce((tokens, part) => tokens + ofPart(part), 0);
}

/** `usageMetadata` of a turn of the model, after so many contents. A fair guess: nobody is billed. */
export function usageOf(contents: readonly Content[], read: number): JsonObject {
  const promptTokenCount = sum(contents.slice(0, read));
  const responseTokenCount = sum(contents.slice(read));
  return { promptTokenCount, responseTokenCount, totalTokenCount: promptTokenCount + responseTokenCount };
}
