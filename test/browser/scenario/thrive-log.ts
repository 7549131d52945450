import type { RealtimeEvent } from "../../../src/compat/thrive/index.js";
import type { Step } from "./golden-file.js";

/** What is quoted of an event: not ids, not sound, not numbers. */
const QUOTED = ["transcript", "name", "arguments"] as const;

/** Recognition goes on beside the answer; within a family there is an order. */
const BESIDE = "conversation.item.input_audio_transcription";

function laneOf(type: string): string {
  if (type.startsWith(BESIDE)) return "transcription";
  const [family = "", next = ""] = type.split(".");
  return family === "conversation" ? `${family}_${next}` : family;
}

function told(event: RealtimeEvent): string {
  const words = QUOTED.map((field) => event[field]).filter((value) => typeof value === "string");
  return [event.type, ...words.map((word) => JSON.stringify(word.trim()))].join(" ");
}

/**
 * The events of a step by the names that the platform documents, one lane for each family. Pieces of an answer are told
 * once for each answer: how many there are, and how sound and words are mixed, depends on how the service cut it.
 */
export function thriveStep(title: string, events: readonly RealtimeEvent[]): Step {
  const lanes = new Map<string, string[]>();
  let pieces = new Set<string>();
  for (const event of events) {
    if (event.type === "response.created") pieces = new Set();
    if (event.type.endsWith(".delta")) {
      if (pieces.has(event.type) || event.type.startsWith(BESIDE)) continue;
      pieces.add(event.type);
    }
    const lane = laneOf(event.type);
    lanes.set(lane, [...(lanes.get(lane) ?? []), event.type.endsWith(".delta") ? event.type : told(event)]);
  }
  return { title, lanes: new Map([...lanes].map(([lane, words]) => [lane, words.join(" → ")])) };
}
