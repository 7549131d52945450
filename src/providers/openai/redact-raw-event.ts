import { fieldOf, isRecord, type JsonRecord } from "../../util/records.js";
import type { Redactor } from "../../util/redact.js";

/** An event as the app may see it: a beta session carries the secret that opened it, and any text may quote it. */
export function redactRawEvent(record: JsonRecord, redact: Redactor): unknown {
  const session = fieldOf(record, "session");
  if (!isRecord(session)) return redact.json(record);
  const { client_secret: _secret, ...rest } = session;
  return redact.json({ ...record, session: rest });
}
