import type { DialogueSetup } from "./dialogue-setup.js";
import { checkMessages } from "./items.js";
import { DEFAULT_BASE_URL, DEFAULT_MODEL, type OpenAIServiceOptions } from "./options.js";
import type { OpenAIConnectionParams } from "./params.js";
import { checkJson } from "../../util/check-options.js";
import type { JsonRecord } from "../../util/records.js";
import { readBaseUrl } from "../../util/urls.js";
import { DEFAULT_BEFORE_MS, DEFAULT_SESSION_MS } from "./planned-reconnect.js";
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
 * Lays the connection parameters of the session over the options, once what they hold can be sent.
 * @param returning The session had been ready before: the bot does not answer the initial messages again.
 * @throws InvalidOptionsError naming the option that is wrong.
 */
export function planSession(
  options: OpenAIServiceOptions,
  params: OpenAIConnectionParams | undefined,
  returning: boolean,
): SessionPlan {
  const { session, keep_conversation: keep = true } = options;
  const keeps = keep !== false;
  const initialMessages = params?.initial_messages ?? checkMessages(options.initial_messages ?? [], "initial_messages");
  checkJson("session", session);
  const settings = { ...mergedSettings(options), ...params?.settings };
  return {
    baseUrl: readBaseUrl(params?.base_url ?? options.base_url ?? DEFAULT_BASE_URL),
    model: params?.model ?? options.model ?? DEFAULT_MODEL,
    settings,
    session,
    initialMessages,
    runInitial: !returning && runsInitial(options, initialMessages),
    dialect: options.dialect ?? "ga",
    keeps,
    limits: typeof keep === "boolean" ? {} : keep,
    reconnectBeforeMs: options.reconnect_before_ms ?? DEFAULT_BEFORE_MS,
    maxSessionMs: options.max_session_ms ?? DEFAULT_SESSION_MS,
    resumes: returning && keeps,
    rawEvents: options.raw_events === "all" ? "all" : options.raw_events === true,
  };
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
