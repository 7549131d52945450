import { InvalidOptionsError } from "../../errors.js";
import { isCredentialSource } from "../../util/credential-source.js";
import { fieldOf, isRecord, mergeRecords, recordAt, stringAt, type JsonRecord } from "../../util/records.js";
import type { Content } from "./contents.js";
import { readMessages } from "./history-contents.js";
import { generationFields, setupFields } from "./settings.js";
import { checkValue } from "../../util/check-options.js";
import { GEMINI_OPTIONS } from "./options.js";
import { checkAwaited } from "../../util/check-options.js";

/** Connection parameters, checked: what `connect()` and `startBotAndConnect()` may bring for one session. */
export interface GeminiConnectionParams {
  /** A key or an ephemeral token for this session, or a function that is asked for one; never stored beyond it. */
  readonly secret?: unknown;
  readonly model?: string;
  readonly base_url?: string;
  readonly api_version?: string;
  readonly initial_messages?: readonly Content[];
  /** Settings of this session, as fields of its `setup`. */
  readonly fields?: JsonRecord;
}

/** Where a server may put the credential that it minted, first come first served. */
const SECRETS = ["access_token", "token", "auth_token", "api_key"] as const;

/**
 * Reads connection parameters: nothing, a bare key or token, the answer of `auth_tokens` (`{ name }`), the same as a
 * server may pass it on (`{ token }`, `{ auth_token }`, `{ access_token }`, each a string or `{ name }`), or options in
 * Pipecat's shape (`{ api_key, model, … }`). Unknown keys are ignored.
 * @throws InvalidOptionsError naming the key whose type is wrong.
 */
export function readConnectionParams(params: unknown): GeminiConnectionParams | undefined {
  checkAwaited(params, "Connection parameters");
  if (params === undefined || params === null) return undefined;
  if (typeof params === "string") {
    if (params.trim() === "") {
      throw new InvalidOptionsError("The connection parameter is an empty string; a key or a token is wanted.");
    }
    return { secret: params };
  }
  if (!isRecord(params))
    throw new InvalidOptionsError("Connection parameters must be an object or a token as a string.");
  const secret = secretIn(params);
  const model = optionalText(params, "model") ?? stringAt(recordAt(params, "bidiGenerateContentSetup"), "model");
  const baseUrl = optionalText(params, "base_url");
  const version = optionalText(params, "api_version");
  const messages = present(params, "initial_messages");
  const fields = fieldsIn(params);
  return {
    ...(secret !== undefined && { secret }),
    ...(model !== undefined && { model }),
    ...(baseUrl !== undefined && { base_url: baseUrl }),
    ...(version !== undefined && { api_version: version }),
    ...(messages !== undefined && { initial_messages: readMessages(messages, "initial_messages") }),
    ...(fields !== undefined && { fields }),
  };
}

/** Whether a credential is the name of an ephemeral token, as against an API key. */
export function isToken(credential: string): boolean {
  return credential.startsWith("auth_tokens/");
}

function secretIn(params: JsonRecord): unknown {
  for (const key of SECRETS) {
    const value = present(params, key);
    if (value === undefined) continue;
    const secret = isRecord(value) ? fieldOf(value, "name") : value;
    if ((typeof secret === "string" && secret.trim() !== "") || (key === "api_key" && isCredentialSource(secret)))
      return secret;
    throw new InvalidOptionsError(
      `${key} must be a ${key === "api_key" ? "string or a function" : "non-empty string"}.`,
    );
  }
  // `name` is a common word; it is ours where it names a token.
  const name = stringAt(params, "name");
  return name !== undefined && isToken(name) ? name : undefined;
}

function fieldsIn(params: JsonRecord): JsonRecord | undefined {
  const generation = present(params, "generation_config");
  const settings = present(params, "settings");
  if (generation === undefined && settings === undefined) return undefined;
  const below = generation === undefined ? {} : { generationConfig: generationFields(generation, "generation_config") };
  return mergeRecords(below, settings === undefined ? {} : setupFields(settings, "settings"));
}

function present(params: JsonRecord, key: string): unknown {
  return fieldOf(params, key) ?? undefined;
}

function optionalText(params: JsonRecord, key: "model" | "base_url" | "api_version"): string | undefined {
  const value = present(params, key);
  if (value === undefined) return undefined;
  checkValue(key, value, GEMINI_OPTIONS[key]);
  return typeof value === "string" ? value : undefined;
}
