import type { RTVIMessage } from "@pipecat-ai/client-js";
import { fieldOf, isRecord, recordAt } from "../../util/records.js";

/** Messages of RTVI's services, each of which has an answer. */
const QUESTIONS = new Set(["get-config", "update-config", "describe-config", "describe-actions", "action"]);

/** Whether a bot has to say something after this message of the app: with a `client-message` that is the app's affair. */
export function asksForAnswer({ type, data }: RTVIMessage): boolean {
  const fields = isRecord(data) ? data : {};
  if (type === "send-text") return fieldOf(recordAt(fields, "options"), "run_immediately") !== false;
  if (type === "append-to-context") return fieldOf(fields, "run_immediately") === true;
  return QUESTIONS.has(type);
}
