import { InvalidOptionsError } from "../../errors.js";
import { isCredentialSource } from "../../util/credential-source.js";
import type { OpenAIKeyProvider, OpenAIMessage } from "./options.js";
import { fieldOf, isRecord, recordAt, stringAt, type JsonRecord } from "../../util/records.js";
import { checkSettings } from "./settings.js";
import { checkMessages } from "./items.js";
import { checkAwaited, checkValue, either, NUMBER, RECORD, type Rule, TEXT } from "../../util/check-options.js";
import { OPENAI_OPTIONS } from "./options.js";

/** Connection parameters, checked: what `connect()` and `startBotAndConnect()` may bring for one session. */
export interface OpenAIConnectionParams {
  /** A client secret for this session; never stored beyond it. */
  readonly secret?: string;
  /** When the secret expires, in epoch seconds. */
  readonly expires_at?: number;
  readonly api_key?: string | OpenAIKeyProvider;
  readonly model?: string;
  readonly base_url?: string;
  readonly initial_messages?: OpenAIMessage[];
  readonly settings?: JsonRecord;
}

/**
 * Reads connection parameters: nothing, a bare secret, the answer of OpenAI's client-secret endpoint (GA
 * `{ value, expires_at, session }`, beta `{ client_secret: { value, expires_at } }`), or options in Pipecat's shape
 * (`{ api_key, model, … }`). Unknown keys are ignored.
 * @throws InvalidOptionsError naming the key whose type is wrong.
 */
export function readConnectionParams(params: unknown): OpenAIConnectionParams | undefined {
  checkAwaited(params, "Connection parameters");
  if (params === undefined || params === null) return undefined;
  if (typeof params === "string") {
    if (params.trim() === "")
      throw new InvalidOptionsError("The connection parameter is an empty string; a client secret is wanted.");
    return { secret: params };
  }
  if (!isRecord(params))
    throw new InvalidOptionsError("Connection parameters must be an object or a client secret as a string.");

  const secret = secretIn(params);
  const model = optionalText(params, "model") ?? stringAt(recordAt(params, "session"), "model");
  const baseUrl = optionalText(params, "base_url");
  const messages = fieldOf(params, "initial_messages");
  const settings = settingsIn(params);
  const apiKey = keyIn(params);
  return {
    ...secret,
    ...(apiKey !== undefined && { api_key: apiKey }),
    ...(model !== undefined && { model }),
    ...(baseUrl !== undefined && { base_url: baseUrl }),
    ...(messages !== undefined && { initial_messages: checkMessages(messages, "initial_messages") }),
    ...(settings !== undefined && { settings }),
  };
}

const SECONDS: Rule = { ...NUMBER, expected: "a number of epoch seconds" };

function secretIn(params: JsonRecord): Pick<OpenAIConnectionParams, "secret" | "expires_at"> {
  const nested = given(params, "client_secret", either(TEXT, RECORD));
  const [holder, name] = isRecord(nested) ? [nested, "client_secret.value"] : [params, "value"];
  const value = typeof nested === "string" ? nested : (fieldOf(holder, "value") ?? undefined);
  if (value === undefined) {
    if (isRecord(nested)) throw new InvalidOptionsError("client_secret.value is missing.");
    return {};
  }
  if (typeof value !== "string" || value.trim() === "") {
    throw new InvalidOptionsError(`${name} must be a non-empty string.`);
  }
  const expires = given(holder, "expires_at", SECONDS);
  return { secret: value, ...(typeof expires === "number" && { expires_at: expires }) };
}

function keyIn(params: JsonRecord): string | OpenAIKeyProvider | undefined {
  const key = given(params, "api_key", OPENAI_OPTIONS.api_key);
  return typeof key === "string" || isOpenAIKeyProvider(key) ? key : undefined;
}

function isOpenAIKeyProvider(key: unknown): key is OpenAIKeyProvider {
  return isCredentialSource(key);
}

function settingsIn(params: JsonRecord): JsonRecord | undefined {
  const parts = ["session_config", "settings"].flatMap((key) => {
    const value = fieldOf(params, key) ?? undefined;
    return value === undefined ? [] : [checkSettings(value, key)];
  });
  return parts.length === 0 ? undefined : parts.reduce((merged, part) => ({ ...merged, ...part }));
}

function optionalText(params: JsonRecord, key: "model" | "base_url"): string | undefined {
  const value = given(params, key, OPENAI_OPTIONS[key]);
  return typeof value === "string" ? value : undefined;
}

/** A parameter; undefined also where it is null. @throws InvalidOptionsError naming it. */
function given(params: JsonRecord, key: string, rule: Rule): unknown {
  const value = fieldOf(params, key) ?? undefined;
  if (value !== undefined) checkValue(key, value, rule);
  return value;
}
