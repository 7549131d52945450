import type { Piece, ToolOutput, Turn } from "../bot/turn.js";
import { jsonLength } from "../bounded-list.js";
import type { JsonObject } from "../json.js";
import type { BlobMessage, ContentMessage } from "./client-message.js";
import { pcmOf } from "./media.js";
import { invalidArgument } from "./refusal.js";

/** A piece of a turn, with the calls of the model and what came back. */
export type ContentPart =
  | Piece
  | { readonly kind: "call"; readonly id: string; readonly name: string; readonly args: JsonObject }
  | { readonly kind: "response"; readonly id: string; readonly name: string; readonly response: JsonObject };

/** One turn of the conversation. An answer that is being given grows. */
export interface Content {
  readonly role: "user" | "model";
  readonly parts: ContentPart[];
}

function partJson(part: ContentPart): JsonObject {
  switch (part.kind) {
    case "text":
      return { text: part.text };
    case "sound":
      return {
        inlineData: { mimeType: "audio/pcm;rate=24000" },
        ...(part.transcript === null ? {} : { transcript: part.transcript }),
      };
    case "image":
      return { inlineData: { mimeType: part.mimeType } };
    case "call":
      return { functionCall: { id: part.id, name: part.name, args: part.args } };
    case "response":
      return { functionResponse: { id: part.id, name: part.name, response: part.response } };
  }
}

/** A turn as `LiveSession.items` shows it: what sound was said to mean, and no sound. */
export function contentJson({ role, parts }: Content): JsonObject {
  return { role, parts: parts.map(partJson) };
}

/** What a turn holds, about, in bytes. */
export function contentBytes({ parts }: Content): number {
  return parts.reduce((sum, part) => sum + partBytes(part), 0);
}

function partBytes(part: ContentPart): number {
  switch (part.kind) {
    case "text":
      return part.text.length;
    case "sound":
      return part.pcm.length + (part.transcript?.length ?? 0);
    case "image":
      return part.mimeType.length;
    case "call":
      return part.name.length + jsonLength(part.args);
    case "response":
      return part.name.length + jsonLength(part.response);
  }
}

/** A function's result as text: `output` is the conventional key for it. */
function outputText(response: JsonObject): string {
  const value = Object.keys(response).length === 1 && "output" in response ? response.output : response;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What the user did since the model last spoke or called. */
export function lastTurn(contents: readonly Content[]): Turn {
  const since = contents.slice(contents.findLastIndex(({ role }) => role === "model") + 1);
  const messages: Piece[][] = [];
  const outputs: ToolOutput[] = [];
  for (const { parts } of since) {
    const pieces: Piece[] = [];
    for (const part of parts) {
      if (part.kind === "response") outputs.push({ name: part.name, output: outputText(part.response) });
      else if (part.kind !== "call") pieces.push(part);
    }
    if (pieces.length > 0) messages.push(pieces);
  }
  return { messages, outputs };
}

function readBlob(blob: BlobMessage, path: string): ContentPart {
  const { mimeType = "", data = Buffer.alloc(0) } = blob;
  if (!mimeType.startsWith("audio/")) return { kind: "image", mimeType };
  return { kind: "sound", pcm: pcmOf(data, mimeType, path), transcript: null };
}

/**
 * A turn that the client wrote.
 * @throws Refusal when its role or its sound makes no sense.
 */
export function readContent(content: ContentMessage, path: string): Content {
  const { role = "user", parts = [] } = content;
  if (role !== "user" && role !== "model") throw invalidArgument("Please use a valid role: user, model.");
  return {
    role,
    parts: parts.flatMap((part, index): ContentPart[] => {
      if (part.text !== undefined) return [{ kind: "text", text: part.text }];
      if (part.inlineData) return [readBlob(part.inlineData, `${path}.parts[${String(index)}].inline_data`)];
      const { functionCall: call, functionResponse: response } = part;
      if (call) return [{ kind: "call", id: call.id ?? "", name: call.name ?? "", args: call.args ?? {} }];
      if (!response) return [];
      const { id = "", name = "", response: body = {} } = response;
      return [{ kind: "response", id, name, response: body }];
    }),
  };
}
