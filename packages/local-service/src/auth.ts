import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BoundedMemory } from "./bounded-memory.js";
import type { JsonObject } from "./json.js";

const KEY_PROTOCOL = "openai-insecure-api-key.";
/** A secret that nobody used for so long after its end is forgotten. */
const FORGET_AFTER_MS = 60_000;
const MOST_SECRETS = 1000;
/** Of the settings that are baked into them. */
const MOST_BYTES = 8 * 1024 * 1024;

/** A short-lived secret for one page. */
export interface ClientSecret {
  readonly value: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** Session settings baked in; empty for none. */
  readonly session: JsonObject;
}

/** What a key opens. */
export type KeyVerdict =
  | { readonly kind: "standard" }
  | { readonly kind: "ephemeral"; readonly session: JsonObject }
  | { readonly kind: "refused"; readonly reason: "missing" | "wrong" | "expired" };

/** The subprotocols that a WebSocket client offers. */
export function offeredProtocols(request: IncomingMessage): string[] {
  const header = request.headers["sec-websocket-protocol"] ?? "";
  return header
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** The key in the Authorization header or, as browsers send it, in a subprotocol. */
export function readKey(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  return offeredProtocols(request)
    .find((name) => name.startsWith(KEY_PROTOCOL))
    ?.slice(KEY_PROTOCOL.length);
}

/** Knows the standard keys, and hands out client secrets. */
export class KeyRing {
  readonly #accepted: readonly string[] | "any" | undefined;
  readonly #secrets = new BoundedMemory<ClientSecret & { readonly endsAtMs: number }>({
    most: MOST_SECRETS,
    mostBytes: MOST_BYTES,
    lifeMs: FORGET_AFTER_MS,
  });

  constructor(accepted: readonly string[] | "any" | undefined) {
    this.#accepted = accepted;
  }

  /** Secrets that are kept, and bytes of the settings in them. */
  get held(): { readonly secrets: number; readonly bytes: number } {
    return { secrets: this.#secrets.size, bytes: this.#secrets.bytes };
  }

  /** A new secret that opens sessions for so many seconds. Of very many, the oldest opens nothing any more. */
  issue(seconds: number, session: JsonObject): ClientSecret {
    const endsAtMs = Date.now() + seconds * 1000;
    const value = `ek_${randomBytes(16).toString("hex")}`;
    const secret = { value, expiresAt: Math.ceil(endsAtMs / 1000), session, endsAtMs };
    this.#secrets.set(value, secret, JSON.stringify(session).length, seconds * 1000 + FORGET_AFTER_MS);
    return secret;
  }

  check(key: string | undefined): KeyVerdict {
    if (key === undefined || key === "") return { kind: "refused", reason: "missing" };
    const secret = this.#secrets.get(key);
    if (secret) {
      if (secret.endsAtMs <= Date.now()) return { kind: "refused", reason: "expired" };
      return { kind: "ephemeral", session: secret.session };
    }
    if (/^(sk-)?bad/.test(key)) return { kind: "refused", reason: "wrong" };
    if (this.#accepts(key)) return { kind: "standard" };
    return { kind: "refused", reason: "wrong" };
  }

  #accepts(key: string): boolean {
    if (this.#accepted === "any") return true;
    if (this.#accepted) return this.#accepted.includes(key);
    return key === "local" || key.startsWith("sk-") || key.startsWith("AIza");
  }
}
