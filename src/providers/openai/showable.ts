import { fieldOf, isRecord, stringAt, type JsonRecord } from "../../rtvi/translate/records.js";

/** An event as the app may see it: a beta session carries the secret that opened it, and an error may quote it. */
export function showable(record: JsonRecord, redact: (text: string) => string): JsonRecord {
  const session = fieldOf(record, "session");
  const error = fieldOf(record, "error");
  const message = isRecord(error) ? stringAt(error, "message") : undefined;
  if (isRecord(error) && message !== undefined) return { ...record, error: { ...error, message: redact(message) } };
  if (!isRecord(session)) return record;
  const { client_secret: _secret, ...rest } = session;
  return { ...record, session: rest };
}
