import type { Piece, ToolOutput, Turn } from "../bot/turn.js";
import { objectOr, stringOr } from "../json.js";
import type { Item, Part } from "./items.js";

/** The names of the function tools in a session's or a response's `tools`. */
export function toolNames(tools: unknown): string[] {
  const list: unknown[] = Array.isArray(tools) ? tools : [];
  return list
    .map(objectOr)
    .filter((tool) => tool.type === "function")
    .map((tool) => stringOr(tool.name) ?? "")
    .filter((name) => name !== "");
}

function pieceOf(part: Part): Piece {
  if ("text" in part) return { kind: "text", text: part.text };
  if ("pcm" in part) return { kind: "sound", pcm: part.pcm, transcript: part.transcript };
  return { kind: "image", mimeType: part.image_url.slice("data:".length).split(";")[0] ?? "?" };
}

/** The user's last messages and function outputs in a list of items; `nameOf` gives the function behind a call id. */
export function lastTurn(items: readonly Item[], nameOf: (callId: string) => string | undefined): Turn {
  const messages: Piece[][] = [];
  const outputs: ToolOutput[] = [];
  for (const item of [...items].reverse()) {
    if (item.type === "function_call" || (item.type === "message" && item.role === "assistant")) break;
    if (item.type === "message" && item.role === "user") messages.unshift(item.content.map(pieceOf));
    if (item.type === "function_call_output") {
      outputs.unshift({ name: nameOf(item.callId) ?? item.callId, output: item.output });
    }
  }
  return { messages, outputs };
}
