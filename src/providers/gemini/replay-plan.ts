import { stringAt, type JsonRecord } from "../../util/records.js";
import { textOf, turnOf, type Content } from "./contents.js";

/** What there is to tell, and to whom. */
export interface ReplaySource {
  /** Whether the model takes text in a running session as `realtimeInput` only. */
  readonly realtime: boolean;
  /** The handle that could be offered. */
  readonly handle: string | undefined;
  readonly conversation: readonly Content[];
  /** What of it the handle does not cover. */
  readonly uncovered: readonly Content[];
  /** Whether a lost connection took the answer along. */
  readonly due: boolean;
  /** Whether the bot answers what it is told where nothing is resumed. */
  readonly runs: boolean;
  /** Whether the conversation holds what the user says aloud. */
  readonly transcribed: boolean;
}

/** How a connection comes to know the conversation. */
export interface ReplayPlan {
  readonly handle: string | undefined;
  /** What the service is told; nothing where it still knows it. */
  readonly history: readonly Content[];
  /** The text that a model is asked with after that, where the history itself asks for nothing; else empty. */
  readonly prompt: string;
  /** Whether the bot answers. */
  readonly runInitial: boolean;
}

/** Decides how the service is told what it does not know: everything once, and asked once for the answer that is due. */
export function replayPlanOf(source: ReplaySource): ReplayPlan {
  if (source.realtime) return realtimeReplayPlan(source);
  const { handle, conversation, uncovered, due, runs } = source;
  const resumes = handle !== undefined;
  return { handle, history: resumes ? uncovered : conversation, prompt: "", runInitial: due || (!resumes && runs) };
}

/** The messages that tell it. */
export function messagesOf(plan: ReplayPlan & { readonly textInput: "client_content" | "realtime" }): JsonRecord[] {
  const { history, prompt, runInitial, textInput } = plan;
  const realtime = textInput === "realtime";
  const turns = history.length > 0 && { turns: history.map(turnOf) };
  const content = { clientContent: { ...turns, turnComplete: runInitial || realtime } };
  return [
    // A history that was announced is waited for until it is complete.
    ...(turns || (runInitial && !realtime) ? [content] : []),
    ...(prompt === "" ? [] : [{ realtimeInput: { text: prompt } }]),
  ];
}

/**
 * Such a model takes `clientContent` as the history that a new session begins with, which is never answered. Whether a
 * resumed one may begin with any is nowhere said, and refusing costs the session: it is told what can be asked, and where
 * that is not all, a new one is told everything.
 */
function realtimeReplayPlan({ handle, conversation, uncovered, due, runs, transcribed }: ReplaySource): ReplayPlan {
  const missing = split(uncovered, due);
  const suffices = missing.history.length === 0 && missing.runInitial === due;
  // Without transcripts a new session would know less than the handle does.
  if (handle !== undefined && (suffices || !transcribed)) return { ...missing, handle, history: [] };
  return { ...split(conversation, due || runs), handle: undefined };
}

/** The last that was said and not answered is asked, as far as it is text; what came before is history. */
function split(contents: readonly Content[], runs: boolean): Omit<ReplayPlan, "handle"> {
  const isAnswered = ({ role, parts }: Content): boolean =>
    role === "model" || parts.some((part) => stringAt(part, "text") === undefined);
  const asked = runs ? contents.findLastIndex(isAnswered) + 1 : contents.length;
  const texts = contents.slice(asked).map(({ parts }) => textOf(parts, "the conversation"));
  const prompt = texts.join("\n");
  return { history: contents.slice(0, asked), prompt, runInitial: prompt !== "" };
}
