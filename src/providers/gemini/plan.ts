import type { HistoryItem } from "../../dialogue/conversation-history.js";
import { isRecord, mergeRecords, type JsonRecord } from "../../util/records.js";
import { checkJson } from "../../util/check-options.js";
import { readBaseUrl } from "../../util/urls.js";
import type { Content } from "./contents.js";
import { contentsOf, readMessages } from "./history-contents.js";
import { DEFAULT_BASE_URL, DEFAULT_MODEL, type GeminiLLMServiceOptions } from "./options.js";
import type { GeminiConnectionParams } from "./params.js";
import { generationFields, setupFields } from "./settings.js";
import { buildSetup, isInterruptible, isManual, ownHandle } from "./setup.js";
import { replayPlanOf, type ReplayPlan } from "./replay-plan.js";

/** What an attempt is to do, all options and connection parameters considered. Holds no credential. */
export interface SessionPlan extends ReplayPlan {
  readonly baseUrl: URL;
  readonly apiVersion: string | undefined;
  readonly setup: JsonRecord;
  /** The messages that the app begins the conversation with; none where it goes on. */
  readonly initial: readonly Content[];
  /** Whether the history is a conversation that was lost. */
  readonly replays: boolean;
  readonly textInput: "client_content" | "realtime";
  /** Whether the app says when the user speaks. */
  readonly manual: boolean;
  /** Whether the service stops the bot when the user begins to speak. */
  readonly interruptible: boolean;
  readonly rawEvents: boolean | "all";
}

/** What an attempt knows of those before it. */
export interface Past {
  /** What was said and done; undefined while the session has not been ready. It takes the place of the initial messages. */
  readonly items?: readonly HistoryItem[] | undefined;
  /** What of it the handle does not cover. */
  readonly uncovered?: readonly HistoryItem[];
  /** The bot is to answer the conversation as it stands: nobody has heard a word of an answer. */
  readonly due?: boolean;
  /** The newest handle of the session. */
  readonly handle?: string | undefined;
  /** Resume nothing, whatever the settings say: a handle was refused. */
  readonly fresh: boolean;
}

/**
 * Lays the connection parameters of the session over the options, once what they hold can be sent.
 * @throws InvalidOptionsError naming the option that is wrong.
 */
export function planSession(
  options: GeminiLLMServiceOptions,
  params: GeminiConnectionParams | undefined,
  past: Past,
): SessionPlan {
  const { setup: over = {} } = options;
  checkJson("setup", over);
  const model = resourceOf(params?.model ?? options.model ?? DEFAULT_MODEL);
  const textInput = textInputOf(options.text_input ?? "auto", model);
  const initial = params?.initial_messages ?? readMessages(options.initial_messages ?? [], "initial_messages");
  const begun = past.items === undefined ? undefined : contentsOf(past.items, "the conversation");
  const { instructions, rest } = splitInstructions(begun ?? initial);
  const runs = begun === undefined && (options.run_initial_messages ?? rest.at(-1)?.role === "user");
  const source = { model, fields: fieldsOf(options, params), over, instructions, announcesHistory: false };
  const first = buildSetup({ ...source, handle: undefined });
  const resumable = isRecord(first.sessionResumption);
  const telling = replayPlanOf({
    realtime: textInput === "realtime",
    handle: resumable && !past.fresh ? (past.handle ?? ownHandle(mergeRecords(source.fields, over))) : undefined,
    conversation: rest,
    uncovered: contentsOf(past.uncovered ?? [], "the conversation"),
    due: past.due === true,
    runs,
    transcribed: isRecord(first.inputAudioTranscription),
  });
  const { handle, history } = telling;
  const announcesHistory = textInput === "realtime" && history.length > 0;
  return {
    baseUrl: readBaseUrl(params?.base_url ?? options.base_url ?? DEFAULT_BASE_URL),
    apiVersion: params?.api_version ?? options.api_version,
    setup: buildSetup({ ...source, handle, announcesHistory }),
    ...telling,
    initial: begun === undefined && handle === undefined ? initial : [],
    replays: begun !== undefined && begun.length > 0,
    textInput,
    manual: isManual(first),
    interruptible: isInterruptible(first),
    rawEvents: options.raw_events === "all" ? "all" : options.raw_events === true,
  };
}

/** The settings of the options and the connection parameters, as fields of a `setup`. @throws InvalidOptionsError */
export function fieldsOf(options: GeminiLLMServiceOptions, params: GeminiConnectionParams | undefined): JsonRecord {
  const generationConfig = generationFields(options.generation_config ?? {}, "generation_config");
  const settings = setupFields(options.settings ?? {}, "settings");
  return mergeRecords(mergeRecords({ generationConfig }, settings), params?.fields ?? {});
}

/** System messages at the beginning are instructions; what comes later belongs to the conversation. */
function splitInstructions(messages: readonly Content[]): { instructions: JsonRecord[]; rest: readonly Content[] } {
  const count = messages.findIndex(({ role }) => role !== "system");
  const head = count === -1 ? messages : messages.slice(0, count);
  return { instructions: head.flatMap(({ parts }) => parts), rest: messages.slice(head.length) };
}

function resourceOf(model: string): string {
  return model.includes("/") ? model : `models/${model}`;
}

/** Gemini 3.1 and later live models refuse `clientContent` for anything but the initial history. */
function textInputOf(mode: "auto" | SessionPlan["textInput"], model: string): SessionPlan["textInput"] {
  if (mode !== "auto") return mode;
  const [, major = "0", minor = "0"] = /\/gemini-(\d+)(?:\.(\d+))?/.exec(model) ?? [];
  return Number(major) > 3 || (major === "3" && Number(minor) >= 1) ? "realtime" : "client_content";
}
