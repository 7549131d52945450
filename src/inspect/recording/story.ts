import { isRecord } from "../../util/records.js";
import { readRecording } from "./read-recording.js";
import { advance, isBeside, type Entry, type Recording } from "./recording.js";
import { replay, type Difference, type Replayed } from "./replay.js";
import { speechOf } from "./speech.js";
import { besideWords, causeOf, eventWords, secondsWords, stateWords } from "./words.js";

/** States that a chart entered, of all that are active. */
function news(before: string, after: string): string {
  const known = new Set(before.split(", "));
  return after
    .split(", ")
    .filter((state) => !known.has(state))
    .join(", ");
}

const column = (text: string, width: number): string => text.padEnd(width);

function lineOf(entry: Entry, before: string, after: string): string | undefined {
  const time = secondsWords(entry.at).padStart(11);
  if (entry.kind === "actor") return undefined;
  if (isBeside(entry)) return `${time}  ${column("", 14)}${besideWords(entry)}`;
  if (entry.event.type === "xstate.init" && after === "") return undefined;
  const cause = causeOf(entry);
  const outcome = entry.ignored === true ? "ignored" : before === after ? "" : `→ ${news(before, after) || after}`;
  const crash = isRecord(entry.error) && typeof entry.error.name === "string" ? `: ${entry.error.name}` : "";
  const ended = entry.status === undefined ? "" : ` (${entry.status}${crash})`;
  const { fault } = entry.event;
  const why = isRecord(fault) && typeof fault.code === "string" ? ` (${fault.code})` : "";
  const what = `${eventWords(entry.event.type)}${why} ← ${cause}`;
  return `${time}  ${column(entry.actor, 14)}${column(`${what} `, 52)}${outcome}${ended}`.trimEnd();
}

function replayWords({ steps, skipped, difference }: Replayed): readonly string[] {
  const left = skipped === 0 ? "" : ` ${skipped} events could not be replayed.`;
  if (difference === undefined) return [`This build does the same with all ${steps} events.${left}`];
  return [`This build does something else.${left}`, ...differenceWords(difference)];
}

/** A difference in words, for a person or a test's message. */
export function differenceWords({ at, actor, event, of, recorded, replayed, index }: Difference): readonly string[] {
  return [
    `The first event that differs: ${eventWords(event)} at ${actor}, after ${secondsWords(at)} (entry ${index}).`,
    `  ${of} recorded: ${JSON.stringify(recorded)}`,
    `  ${of} now:      ${JSON.stringify(replayed)}`,
  ];
}

/**
 * A recording as a story, a line for each event; then what a replay makes of it.
 * @param file A recording: the object, or its JSON text.
 * @throws InvalidOptionsError where it is none.
 */
export function storyOf(file: unknown): readonly string[] {
  const recording = readRecording(file);
  const { base, entries } = recording;
  const actors = new Map(base.map((state) => [state.actor, state]));
  const lines: string[] = [];
  const words = (entry: Entry): string => {
    const state = isBeside(entry) ? undefined : actors.get(entry.actor);
    return state === undefined || state.value === null ? "" : stateWords(state.value);
  };
  for (const entry of entries) {
    const before = words(entry);
    advance(actors, entry);
    const line = lineOf(entry, before, words(entry));
    if (line !== undefined) lines.push(line);
  }
  return [...headOf(recording), "", ...lines, "", ...replayWords(replay(recording))];
}

function headOf({ began, until, surroundings, base, entries }: Recording): readonly string[] {
  const spans = speechOf(base, entries);
  const spoken = spans.filter(({ who }) => who === "bot").length;
  const interrupted = spans.filter(({ interruptedBy }) => interruptedBy !== undefined).length;
  const answers = spans.flatMap(({ latency }) => latency ?? []).sort((one, other) => one - other);
  const median = answers[Math.floor(answers.length / 2)];
  const waited =
    median === undefined ? "" : `; median ${Math.round(median)} ms from the user's stop to the bot's start`;
  return [
    `Recorded from ${began}, for ${secondsWords(until)}`,
    ...(typeof surroundings.userAgent === "string" ? [`In ${surroundings.userAgent}`] : []),
    `${entries.length} entries; the bot spoke ${spoken} ${spoken === 1 ? "time" : "times"}, ${interrupted} of them interrupted${waited}`,
  ];
}
