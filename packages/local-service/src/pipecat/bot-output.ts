import type { ServerMessage } from "./message-writer.js";

/** The sentences of a text, each with the blanks after it. */
export function sentencesOf(text: string): readonly string[] {
  return text.split(/(?<=[.!?]\s+)(?=\S)/);
}

/** The words of a text, each with the blanks after it. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? [];
}

/**
 * What `bot-output` says of one sentence while it is spoken. Protocol 2 tells how far its voice has come; protocol 1 has
 * the sentence, and then each word by itself.
 */
export class OutputSegment {
  readonly #id: number;
  readonly #text: string;
  readonly #isLegacy: boolean;
  #said = "";

  constructor(id: number, text: string, isLegacy: boolean) {
    this.#id = id;
    this.#text = text.trim();
    this.#isLegacy = isLegacy;
  }

  /** The sentence, before any of it is spoken. */
  announced(): ServerMessage {
    if (this.#isLegacy) return this.#legacy(this.#text, "sentence", false);
    return this.#current("new");
  }

  /** One more word of it. */
  spoken(word: string): ServerMessage {
    this.#said += word;
    if (this.#isLegacy) return this.#legacy(word.trim(), "word", true);
    return this.#current(this.#said.trim() === this.#text ? "completed" : "in-progress");
  }

  /** The sentence, in an answer without a voice. */
  written(): ServerMessage {
    if (this.#isLegacy) return this.#legacy(this.#text, "sentence", false);
    return { type: "bot-output", data: { ...this.#head(), will_be_spoken: false } };
  }

  #current(status: "new" | "in-progress" | "completed"): ServerMessage {
    const accumulated = this.#said.trim();
    const progress = { accumulated_text: accumulated, remaining_text: this.#text.slice(accumulated.length).trim() };
    const spoken = { will_be_spoken: true, spoken_status: status, spoken_progress: progress };
    return { type: "bot-output", data: { ...this.#head(), ...spoken } };
  }

  #head(): object {
    return { text: this.#text, aggregated_by: "sentence", segment_id: this.#id };
  }

  #legacy(text: string, aggregatedBy: "sentence" | "word", spoken: boolean): ServerMessage {
    return { type: "bot-output", data: { text, aggregated_by: aggregatedBy, spoken } };
  }
}
