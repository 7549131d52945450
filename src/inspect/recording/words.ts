import type { Statistics } from "../../contracts/inspector.js";
import { isRecord } from "../../util/records.js";
import type { Data, MessageEntry, StatisticsEntry, StepEntry } from "./recording.js";

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^xstate\.init$/, "began"],
  [/^xstate\.stop$/, "was stopped"],
  [/^xstate\.after\.([^.]+)\..*$/, "after $1"],
  [/^xstate\.done\.actor\.(.+)$/, "$1 done"],
  [/^xstate\.error\.actor\.(.+)$/, "$1 crashed"],
  [/^xstate\.done\.state\.(.+)$/, "$1 done"],
];

/** An event's name, and XState's own in words: `after minUptime`, `turns done`. */
export function eventWords(type: string): string {
  for (const [pattern, words] of PATTERNS) {
    if (pattern.test(type)) return type.replace(pattern, words);
  }
  return type;
}

/** Where an event came from: an actor, a timer, or `outside` (the app, the user, the service, the browser). */
export function causeOf({ event, from }: StepEntry): string {
  if (event.type.startsWith("xstate.after.")) return "timer";
  return from ?? "outside";
}

/** Every active state of a value, outermost first, from the chart's id on: `turns`, `turns.user`, `turns.user.silent`. */
export function activeStates(chart: string, value: Data): readonly string[] {
  const below = (prefix: string, inner: unknown): string[] => {
    if (typeof inner === "string") return [`${prefix}.${inner}`];
    if (!isRecord(inner)) return [];
    return Object.entries(inner).flatMap(([key, deeper]) => [`${prefix}.${key}`, ...below(`${prefix}.${key}`, deeper)]);
  };
  return [chart, ...below(chart, value)];
}

/** The innermost active states in short: `ready`, or `user.silent, voice.speaking` where regions run side by side. */
export function stateWords(value: Data): string {
  const leaves = (prefix: string, inner: unknown): string[] => {
    if (typeof inner === "string") return [prefix === "" ? inner : `${prefix}.${inner}`];
    if (!isRecord(inner)) return [];
    return Object.entries(inner).flatMap(([key, deeper]) => leaves(prefix === "" ? key : `${prefix}.${key}`, deeper));
  };
  return leaves("", value).join(", ");
}

/** `received response.done ×3, 2048 bytes`, or what was measured: `measured: round trip 42 ms, …` */
export function besideWords(entry: MessageEntry | StatisticsEntry): string {
  if (entry.kind === "statistics") return `measured: ${measuredWords(entry.numbers).join(", ")}`;
  const { direction, type, count, size } = entry;
  const times = count === 1 ? "" : ` ×${count}`;
  return `${direction} ${type}${times}, ${size} bytes`;
}

/** What was measured, in words. */
function measuredWords(numbers: Statistics): readonly string[] {
  const { packetsSent, packetsSentLost, packetsReceived, packetsReceivedLost, bytesSent, bytesReceived } = numbers;
  const said = (value: number | undefined, words: (value: number) => string): readonly string[] =>
    value === undefined ? [] : [words(value)];
  const lost = (of: number | undefined): string => (of === undefined ? "" : `, ${of} of them lost`);
  return [
    ...said(numbers.roundTripMs, (ms) => `round trip ${ms} ms`),
    ...said(packetsSent, (packets) => `${packets} packets sent${lost(packetsSentLost)}`),
    ...said(packetsReceived, (packets) => `${packets} packets received${lost(packetsReceivedLost)}`),
    ...said(numbers.jitterMs, (ms) => `jitter ${ms} ms`),
    ...said(numbers.concealedMs, (ms) => `${ms} ms of sound made up`),
    ...said(bytesSent, (bytes) => `${bytes} bytes sent`),
    ...said(bytesReceived, (bytes) => `${bytes} bytes received`),
    ...said(numbers.bufferedAmount, (bytes) => `${bytes} bytes wait to be sent`),
    ...said(numbers.playedMs, (ms) => `${ms} ms played`),
    ...said(numbers.waitingMs, (ms) => `${ms} ms wait to be played`),
    ...said(numbers.underruns, (times) => `${times} underruns`),
  ];
}

/** `12.345 s` */
export const secondsWords = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`;
