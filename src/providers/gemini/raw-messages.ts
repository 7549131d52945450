import { InvalidOptionsError } from "../../errors.js";
import type { RawMessages } from "../../dialogue/client-commands.js";
import { checkJson } from "../../util/check-options.js";
import { isRecord } from "../../util/records.js";

/** What a client may send to a running session: one of these fields, and no other. */
const KINDS = ["clientContent", "realtimeInput", "toolResponse", "contextUpdate"] as const;

/** A client message of the Live API. */
export type GeminiClientMessage = Readonly<Partial<Record<(typeof KINDS)[number], Readonly<Record<string, unknown>>>>>;

/** A client message, checked as far as it must be to be sent. @throws InvalidOptionsError */
export function readClientMessage(message: unknown): GeminiClientMessage {
  const keys = isRecord(message) ? Object.keys(message).filter((key) => message[key] !== undefined) : [];
  const kind = KINDS.find((known) => known === keys[0]);
  const content = kind !== undefined && isRecord(message) ? message[kind] : undefined;
  if (kind === undefined || keys.length !== 1 || !isRecord(content)) {
    throw new InvalidOptionsError(`A client message must be an object with exactly one of ${KINDS.join(", ")}.`);
  }
  checkJson("A client message", content);
  return { [kind]: content };
}

/** What a raw client message may hold. */
export const RAW_MESSAGES: RawMessages = { read: readClientMessage, what: "a client message of the Live API" };
