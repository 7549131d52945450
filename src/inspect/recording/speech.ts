import { isRecord } from "../../util/records.js";
import { advance, type ActorState, type Data, type Entry } from "./recording.js";

/** A stretch in which one of both was to be heard. Times in ms since the recording began. */
export interface SpeechSpan {
  readonly who: "user" | "bot";
  readonly from: number;
  /** Undefined while it lasts. */
  readonly to: number | undefined;
  /** The bot was interrupted, and by whom or what. */
  readonly interruptedBy?: string;
  /** How long after the user had stopped the bot began, in ms. */
  readonly latency?: number;
}

/** Whether the user and the bot are to be heard, as the `turns` chart has it. */
function voices(value: Data): { readonly user: boolean; readonly bot: boolean } {
  if (!isRecord(value)) return { user: false, bot: false };
  return { user: value.user === "speaking" || value.user === "inferred", bot: value.voice === "speaking" };
}

interface Open {
  readonly from: number;
  readonly latency?: number;
}

/** Who spoke when, in order of their beginnings. */
export function speechOf(base: readonly ActorState[], entries: readonly Entry[]): readonly SpeechSpan[] {
  const actors = new Map(base.map((state) => [state.actor, state]));
  const spans: SpeechSpan[] = [];
  const open = new Map<SpeechSpan["who"], Open>();
  let userStopped: number | undefined;
  const follow = (who: "user" | "bot", isHeard: boolean, at: number, interruptedBy: string | undefined): void => {
    const began = open.get(who);
    if (isHeard && began === undefined) {
      const latency = who === "bot" && userStopped !== undefined ? at - userStopped : undefined;
      open.set(who, { from: at, ...(latency !== undefined && { latency }) });
      userStopped = undefined;
    } else if (!isHeard && began !== undefined) {
      spans.push({ who, ...began, to: at, ...(interruptedBy !== undefined && { interruptedBy }) });
      open.delete(who);
      if (who === "user") userStopped = at;
    }
  };
  const first = entries[0]?.at ?? 0;
  for (const { chart, value } of base) {
    if (chart !== "turns") continue;
    const now = voices(value);
    follow("user", now.user, first, undefined);
    follow("bot", now.bot, first, undefined);
  }
  for (const entry of entries) {
    advance(actors, entry);
    if (entry.kind !== "step" || entry.value === undefined) continue;
    if (actors.get(entry.actor)?.chart !== "turns") continue;
    const now = voices(entry.value);
    const { type, by } = entry.event;
    follow("user", now.user, entry.at, undefined);
    follow("bot", now.bot, entry.at, type === "voice.flushed" && typeof by === "string" ? by : undefined);
  }
  for (const [who, began] of open) spans.push({ who, ...began, to: undefined });
  return spans.sort((one, other) => one.from - other.from);
}
