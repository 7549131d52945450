import { jsonLength } from "../bounded-list.js";
import type { JsonObject } from "../json.js";

/** One piece of a message. Sound is PCM16 at 24 kHz; a null transcript is one that was never made, or was taken back. */
export type Part =
  | { readonly type: "input_text" | "output_text"; text: string }
  | { readonly type: "input_audio" | "output_audio"; pcm: Buffer; transcript: string | null }
  | { readonly type: "input_image"; readonly image_url: string; readonly detail: string };

export type ItemStatus = "in_progress" | "completed" | "incomplete";

export interface MessageItem {
  readonly type: "message";
  readonly id: string;
  readonly role: "user" | "assistant" | "system";
  readonly content: Part[];
  status: ItemStatus;
}

export interface CallItem {
  readonly type: "function_call";
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  arguments: string;
  status: ItemStatus;
}

export interface OutputItem {
  readonly type: "function_call_output";
  readonly id: string;
  readonly callId: string;
  readonly output: string;
}

/** Kept and handed back; nothing here acts on it. */
export interface McpItem {
  readonly type: "mcp";
  readonly id: string;
  readonly body: JsonObject;
}

export type Item = MessageItem | CallItem | OutputItem | McpItem;

/** What an item holds, about, in bytes. */
export function itemBytes(item: Item): number {
  switch (item.type) {
    case "message":
      return item.content.reduce((sum, part) => sum + partBytes(part), 0);
    case "function_call":
      return item.name.length + item.arguments.length;
    case "function_call_output":
      return item.output.length;
    case "mcp":
      return jsonLength(item.body);
  }
}

function partBytes(part: Part): number {
  if ("pcm" in part) return part.pcm.length + (part.transcript?.length ?? 0);
  return part.type === "input_image" ? part.image_url.length : part.text.length;
}

function partJson(part: Part, withSound: boolean): JsonObject {
  switch (part.type) {
    case "input_text":
    case "output_text":
      return { type: part.type, text: part.text };
    case "input_image":
      return { type: part.type, image_url: part.image_url, detail: part.detail };
    case "input_audio":
    case "output_audio": {
      const sound = withSound ? { audio: part.pcm.toString("base64") } : {};
      // The model's own words are absent, not null, once they are taken back.
      if (part.type === "output_audio" && part.transcript === null) return { type: part.type, ...sound };
      return { type: part.type, ...sound, transcript: part.transcript };
    }
  }
}

/** The item as events carry it. Sound is left out unless asked for: only `conversation.item.retrieved` has it. */
export function itemJson(item: Item, withSound = false): JsonObject {
  const head = { id: item.id, object: "realtime.item" };
  switch (item.type) {
    case "message": {
      const content = item.content.map((part) => partJson(part, withSound));
      return { ...head, type: item.type, status: item.status, role: item.role, content };
    }
    case "function_call":
      return {
        ...head,
        type: item.type,
        status: item.status,
        name: item.name,
        call_id: item.callId,
        arguments: item.arguments,
      };
    case "function_call_output":
      return { ...head, type: item.type, status: "completed", call_id: item.callId, output: item.output };
    case "mcp":
      return { ...item.body, ...head };
  }
}

/** The first sound in a message. */
export function soundOf(item: MessageItem): Extract<Part, { pcm: Buffer }> | undefined {
  for (const part of item.content) {
    if (part.type === "input_audio" || part.type === "output_audio") return part;
  }
  return undefined;
}
