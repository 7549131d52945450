import { randomBytes } from "node:crypto";

/** A new session id. */
export function newSessionId(): string {
  return `gs_${randomBytes(9).toString("hex")}`;
}

/** A new id of a function call. */
export function newCallId(): string {
  return `fc_${randomBytes(9).toString("hex")}`;
}
