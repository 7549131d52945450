import { randomBytes } from "node:crypto";

/** A new id in OpenAI's style: `item_…`, `resp_…`. */
export function newId(kind: "sess" | "conv" | "item" | "resp" | "call" | "event"): string {
  return `${kind}_${randomBytes(9).toString("hex")}`;
}
