import { InvalidOptionsError } from "../../errors.js";
import type { DialogueSetup } from "./dialogue-setup.js";
import { checkMessages } from "./items.js";
import { DEFAULT_BASE_URL, DEFAULT_MODEL, type OpenAIServiceOptions } from "./options.js";
import type { OpenAIConnectionParams } from "./params.js";
import type { HistoryLimits } from "../../dialogue/conversation-history.js";
import { fieldOf, isRecord, type JsonRecord } from "../../util/records.js";
import { readBaseUrl } from "../../util/urls.js";
import { readMaxSession, readReconnectBefore } from "./planned-reconnect.js";
import { buildSession } from "./session.js";
import { checkSettings } from "./settings.js";

/** What an attempt is to do, all options and connection parameters considered. Holds no credential. */
export interface SessionPlan extends Pick<
  DialogueSetup,
  "settings" | "session" | "initialMessages" | "runInitial" | "dialect" | "rawEvents" | "keeps" | "limits"
> {
  /** The session was ready before, and goes on. */
  readonly resumes: boolean;
  /** How long before its end a session is changed for a new one, in ms; 0 for not at all. */
  readonly reconnectBeforeMs: number;
  /** How long the service lets a session last, in ms. */
  readonly maxSessionMs: number;
  readonly baseUrl: URL;
  readonly model: string;
}

/**
 * Checks the options and lays the connection parameters of the session over them.
 * @param returning The session had been ready before: the bot does not answer the initial messages again.
 * @throws InvalidOptionsError naming the option that is wrong.
 */
export function planSession(
  options: OpenAIServiceOptions,
  params: OpenAIConnectionParams | undefined,
  returning: boolean,
): SessionPlan {
  const { session, keep_conversation: keep = true } = options;
  const limits = readLimits(keep);
  const keeps = keep !== false;
  if (session !== undefined && !isRecord(session)) throw new InvalidOptionsError("`session` must be an object.");
  const initialMessages = params?.initial_messages ?? checkMessages(options.initial_messages ?? [], "initial_messages");
  const settings = { ...mergedSettings(options), ...params?.settings };
  // Whatever cannot be mapped should be said now, not when the service asks for it.
  buildSession(settings, {
    dialect: "ga",
    defaults: true,
    formats: true,
    ...(session !== undefined && { over: session }),
  });
  return {
    baseUrl: readBaseUrl(params?.base_url ?? options.base_url ?? DEFAULT_BASE_URL),
    model: readModel(params?.model ?? options.model ?? DEFAULT_MODEL),
    settings,
    session,
    initialMessages,
    runInitial: !returning && runsInitial(options, initialMessages),
    dialect: readDialect(options.dialect ?? "ga"),
    keeps,
    limits,
    reconnectBeforeMs: readReconnectBefore(options.reconnect_before_ms),
    maxSessionMs: readMaxSession(options.max_session_ms),
    resumes: returning && keeps,
    rawEvents: options.raw_events === "all" ? "all" : options.raw_events === true,
  };
}

/** What an object at `keep_conversation` says. @throws InvalidOptionsError */
function readLimits(keep: unknown): HistoryLimits {
  if (typeof keep === "boolean") return {};
  if (!isRecord(keep)) throw new InvalidOptionsError("`keep_conversation` must be a boolean, or limits.");
  for (const key of ["items", "characters"]) {
    const limit = fieldOf(keep, key) ?? 1;
    if (Number.isSafeInteger(limit) && Number(limit) > 0) continue;
    throw new InvalidOptionsError(`\`keep_conversation.${key}\` must be a whole number above 0.`);
  }
  return keep;
}

/** `session_config` and, over it, `settings`. @throws InvalidOptionsError */
export function mergedSettings({ session_config = {}, settings = {} }: OpenAIServiceOptions): JsonRecord {
  return { ...checkSettings(session_config, "session_config"), ...checkSettings(settings, "settings") };
}

function runsInitial(
  { run_initial_messages }: OpenAIServiceOptions,
  messages: readonly { readonly role: string }[],
): boolean {
  const last = messages.at(-1);
  return run_initial_messages ?? (last !== undefined && last.role !== "assistant");
}

function readDialect(dialect: unknown): SessionPlan["dialect"] {
  if (dialect === "ga" || dialect === "beta" || dialect === "auto") return dialect;
  throw new InvalidOptionsError('`dialect` must be "ga", "beta" or "auto".');
}

function readModel(model: unknown): string {
  if (typeof model !== "string" || model === "") throw new InvalidOptionsError("`model` must be a non-empty string.");
  return model;
}

/** The address of the WebSocket: scheme by security, the model as its query; never a credential. */
export function webSocketUrl({ baseUrl, model }: SessionPlan): string {
  const url = new URL(baseUrl);
  url.protocol = /^(?:https|wss):$/.test(url.protocol) ? "wss:" : "ws:";
  if (!url.searchParams.has("model")) url.searchParams.set("model", model);
  return url.href;
}

/** Subprotocols carry what headers cannot from a browser: the key, and the beta dialect where that is spoken. */
export function webSocketProtocols(key: string, { dialect }: SessionPlan): string[] {
  const beta = dialect === "beta" ? ["openai-beta.realtime-v1"] : [];
  return ["realtime", `openai-insecure-api-key.${key}`, ...beta];
}
