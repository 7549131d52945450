import { CONVERSATION_LIMITS, dropOldest, jsonLength, type ListLimits } from "../bounded-list.js";
import type { PlannedCall } from "../bot/tool-calls.js";
import type { Piece, ToolOutput, Turn } from "../bot/turn.js";
import { isJsonObject, objectOr, stringOr, type JsonObject } from "../json.js";

/** A call that was given its id. */
export interface OpenCall extends PlannedCall {
  readonly id: string;
}

interface Entry {
  readonly message: JsonObject;
  /** What was spoken, until it is answered. Mono PCM16 at 24 kHz. */
  pcm?: Buffer | undefined;
  /** A result that never came: it is on the record, and nothing to answer. */
  readonly isCancelled?: boolean;
}

function entryBytes({ message, pcm }: Entry): number {
  return jsonLength(message) + (pcm?.length ?? 0);
}

/** The text of a message, in either form that OpenAI's chat format has for it. */
function textOf(content: unknown): string {
  if (!Array.isArray(content)) return stringOr(content) ?? "";
  const parts: unknown[] = content;
  return parts.map((part) => stringOr(objectOr(part).text) ?? "").join(" ");
}

/** Whether these are messages in the chat format: objects with a role. */
export function isMessages(value: unknown): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every((entry) => isJsonObject(entry) && typeof entry.role === "string");
}

/**
 * The conversation as Pipecat keeps it: a list of messages in OpenAI's chat format. Of one that grows too long, the beginning
 * is forgotten.
 */
export class ChatContext {
  readonly #limits: ListLimits;
  #entries: Entry[] = [];

  constructor(limits = CONVERSATION_LIMITS) {
    this.#limits = limits;
  }

  /** What it holds, about. */
  get bytes(): number {
    return this.#entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  }

  get messages(): readonly JsonObject[] {
    return this.#entries.map(({ message }) => message);
  }

  set(messages: readonly JsonObject[]): void {
    this.#entries = [];
    this.append(messages);
  }

  append(messages: readonly JsonObject[]): void {
    this.#add(messages.map((message) => ({ message })));
  }

  /** What the user said, with the sound of it where there is one. */
  userSaid(content: string, pcm?: Buffer): void {
    this.#add([{ message: { role: "user", content }, pcm }]);
  }

  /** What the bot said, or as much of it as was heard. */
  botSaid(content: string): void {
    this.#answered();
    if (content !== "") this.append([{ role: "assistant", content }]);
  }

  called(calls: readonly OpenCall[]): void {
    this.#answered();
    const toolCalls = calls.map(({ id, name, arguments: text }) => {
      return { id, type: "function", function: { name, arguments: text } };
    });
    this.append([{ role: "assistant", tool_calls: toolCalls }]);
  }

  returned(callId: string, result: unknown): void {
    const content = typeof result === "string" ? result : JSON.stringify(result ?? null);
    this.append([{ role: "tool", tool_call_id: callId, content }]);
  }

  cancelled(callId: string): void {
    this.#add([{ message: { role: "tool", tool_call_id: callId, content: "CANCELLED" }, isCancelled: true }]);
  }

  /** The user's words, when they are the last of all. */
  get lastUserText(): string | undefined {
    const last = this.#entries.at(-1)?.message;
    return last?.role === "user" ? textOf(last.content) : undefined;
  }

  /** What the user did since the bot last spoke or called. */
  turn(): Turn {
    const messages: (readonly Piece[])[] = [];
    const outputs: ToolOutput[] = [];
    for (const { message, pcm, isCancelled } of [...this.#entries].reverse()) {
      if (message.role === "assistant") break;
      const text = textOf(message.content);
      if (message.role === "user") {
        messages.unshift([pcm ? { kind: "sound", pcm, transcript: text } : { kind: "text", text }]);
      }
      if (message.role === "tool" && isCancelled !== true) {
        const callId = stringOr(message.tool_call_id) ?? "";
        outputs.unshift({ name: this.#nameOf(callId) ?? callId, output: text });
      }
    }
    return { messages, outputs };
  }

  #add(entries: readonly Entry[]): void {
    this.#entries = [...this.#entries, ...entries];
    dropOldest(this.#entries, entryBytes, this.#limits);
  }

  #answered(): void {
    for (const entry of this.#entries) entry.pcm = undefined;
  }

  #nameOf(callId: string): string | undefined {
    for (const { message } of this.#entries) {
      const calls: unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
      const call = calls.map(objectOr).find(({ id }) => id === callId);
      if (call) return stringOr(objectOr(call.function).name);
    }
    return undefined;
  }
}
