import { randomBytes } from "node:crypto";
import { BoundedMemory } from "../bounded-memory.js";
import { objectOr, type JsonObject } from "../json.js";
import { setupReader, type SetupMessage } from "./client-message.js";
import { integer, message, text, type Reader } from "./proto-json.js";
import { invalidArgument } from "./refusal.js";
import type { Admission } from "./session.js";

const MINUTE_MS = 60_000;
const USUAL_LIFE_MS = 30 * MINUTE_MS;
const USUAL_START_MS = MINUTE_MS;
const LONGEST_LIFE_MS = 20 * 60 * MINUTE_MS;
/** A token that nobody used for so long after its end is forgotten. */
const FORGET_AFTER_MS = MINUTE_MS;
const MOST_TOKENS = 1000;
/** Of the setups that are locked into them. */
const MOST_BYTES = 8 * 1024 * 1024;

interface AuthToken {
  readonly endsAt: number;
  /** Until when a new session may begin. */
  readonly startUntil: number;
  uses: number;
  readonly setup: SetupMessage | undefined;
  /** Paths in `setup` that are locked; none locks it whole. */
  readonly locked: readonly string[];
}

/** A moment, in ms since 1970. */
const timestamp: Reader<number> = (value, path) => {
  const at = Date.parse(text(value, path));
  if (Number.isNaN(at)) throw invalidArgument(`Invalid value at '${path}' (google.protobuf.Timestamp)`);
  return at;
};

const body = message({
  name: text,
  uses: integer,
  expireTime: timestamp,
  newSessionExpireTime: timestamp,
  bidiGenerateContentSetup: setupReader,
  fieldMask: text,
});

/** Puts the value at `path` of one object into another, and leaves the rest as it is. */
function overwritten(target: JsonObject, source: JsonObject, path: readonly string[]): JsonObject {
  const [key = "", ...rest] = path;
  const value = rest.length === 0 ? source[key] : overwritten(objectOr(target[key]), objectOr(source[key]), rest);
  const { [key]: _before, ...others } = target;
  return value === undefined ? others : { ...others, [key]: value };
}

/** The setup that a token leaves of the client's own. The handle is always the client's. */
function constrained(token: AuthToken, asked: SetupMessage): SetupMessage {
  if (!token.setup) return asked;
  const locked: JsonObject = token.setup;
  const start: JsonObject = token.locked.length === 0 ? locked : asked;
  let merged = start;
  for (const path of token.locked) merged = overwritten(merged, locked, path.split("."));
  const { sessionResumption: own } = asked;
  if (own?.handle !== undefined) merged = { ...merged, sessionResumption: own };
  return setupReader(merged, "setup");
}

/** Short-lived tokens for pages: https://ai.google.dev/gemini-api/docs/ephemeral-tokens */
export class AuthTokens {
  readonly #tokens = new BoundedMemory<AuthToken>({
    most: MOST_TOKENS,
    mostBytes: MOST_BYTES,
    lifeMs: USUAL_LIFE_MS,
  });

  /** Tokens that are kept, and bytes of the setups in them. */
  get held(): { readonly tokens: number; readonly bytes: number } {
    return { tokens: this.#tokens.size, bytes: this.#tokens.bytes };
  }

  /**
   * A new token, and its name, which is the secret. Of very many, the oldest opens nothing any more.
   * @throws Refusal when the request makes no sense.
   */
  mint(request: JsonObject): string {
    const now = Date.now();
    const asked = body(request, "");
    const { expireTime: endsAt = now + USUAL_LIFE_MS, uses = 1 } = asked;
    const startUntil = asked.newSessionExpireTime ?? Math.min(endsAt, now + USUAL_START_MS);
    if (endsAt <= now || endsAt > now + LONGEST_LIFE_MS) {
      throw invalidArgument("expire_time must be in the future, and at most 20 hours away.");
    }
    if (startUntil > endsAt) throw invalidArgument("new_session_expire_time must not be after expire_time.");
    if (uses < 0) throw invalidArgument("uses must not be negative.");
    const name = `auth_tokens/${randomBytes(24).toString("hex")}`;
    const locked = (asked.fieldMask ?? "").split(",").filter((path) => path.trim() !== "");
    const token: AuthToken = {
      endsAt,
      startUntil,
      uses: uses === 0 ? Infinity : uses,
      setup: asked.bidiGenerateContentSetup,
      locked: locked.map((path) => path.trim()),
    };
    this.#tokens.set(name, token, JSON.stringify(request).length, endsAt - now + FORGET_AFTER_MS);
    return name;
  }

  /** What a token allows; undefined when it is unknown or at its end. Whether it has a use left shows in `begin`. */
  admit(name: string): Admission | undefined {
    const token = this.#tokens.get(name);
    if (!token || token.endsAt <= Date.now()) return undefined;
    return {
      endsAt: token.endsAt,
      constrain: (setup) => constrained(token, setup),
      begin: (isResumption) => {
        // Coming back costs no use, and is possible as long as messages are.
        if (isResumption) return;
        if (token.startUntil <= Date.now()) throw invalidArgument("auth token is expired for new sessions");
        if (token.uses < 1) throw invalidArgument("auth token has been used up");
        token.uses -= 1;
      },
    };
  }
}
