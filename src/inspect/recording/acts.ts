import { isRecord } from "../../util/records.js";
import type { Act } from "./recording.js";
import type { Redaction } from "./redaction.js";
import { eventWords } from "./words.js";

/** An action as XState carries it out: its params are resolved. */
export interface ExecutedAction {
  readonly type: string;
  readonly params?: unknown;
}

/**
 * What an action of a chart did beyond the chart; undefined where that is nothing, as for an event that it raises for itself at once.
 * @param parent The session id of the actor's parent.
 */
export function actOf(action: ExecutedAction, parent: string | undefined, redaction: Redaction): Act | undefined {
  const { type, params } = action;
  if (!type.startsWith("xstate.")) return type;
  const { event, to, delay, id, sendId } = isRecord(params) ? params : {};
  switch (type) {
    case "xstate.emit":
      return withEvent("emit", event, "", redaction);
    case "xstate.sendTo":
      return withEvent("send", event, ` to ${targetOf(to, parent)}`, redaction);
    case "xstate.raise":
      return typeof delay === "number" ? withEvent("raise", event, ` after ${delay} ms`, redaction) : undefined;
    case "xstate.cancel":
      return `cancel ${eventWords(String(sendId))}`;
    case "xstate.spawnChild":
    case "xstate.stopChild":
      return `${type === "xstate.spawnChild" ? "start" : "stop"} ${String(id)}`;
    default:
      return type;
  }
}

function withEvent(verb: string, event: unknown, rest: string, redaction: Redaction): Act {
  if (!isRecord(event)) return `${verb} nothing${rest}`;
  const { type, ...fields } = event;
  const act = `${verb} ${eventWords(String(type))}${rest}`;
  return Object.keys(fields).length === 0 ? act : { act, carrying: redaction.record(fields) };
}

function targetOf(to: unknown, parent: string | undefined): string {
  if (!isRecord(to)) return String(to);
  return to.sessionId === parent ? "parent" : String(to.id);
}
