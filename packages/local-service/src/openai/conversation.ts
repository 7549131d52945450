import { bytesToMs, msToBytes } from "../audio/pcm.js";
import { CONVERSATION_LIMITS, dropOldest, type ListLimits } from "../bounded-list.js";
import { newId } from "./ids.js";
import { itemBytes, soundOf, type Item } from "./items.js";
import { invalidValue, ProtocolMistake } from "./protocol-error.js";

function notFound(doing: string, id: string): ProtocolMistake {
  return new ProtocolMistake({
    code: `item_${doing}_invalid_item_id`,
    message: `Error ${doing} item: the item with id '${id}' does not exist.`,
    param: "item_id",
  });
}

/** The items of one session, in order. Of a conversation that grows too long, the beginning is forgotten. */
export class Conversation {
  readonly id = newId("conv");
  readonly #items: Item[] = [];
  readonly #limits: ListLimits;

  constructor(limits = CONVERSATION_LIMITS) {
    this.#limits = limits;
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  /** The id that the next appended item follows. */
  get lastId(): string | null {
    return this.#items.at(-1)?.id ?? null;
  }

  find(id: string): Item | undefined {
    return this.#items.find((item) => item.id === id);
  }

  /** The name of the function that a call id belongs to. */
  calledName(callId: string): string | undefined {
    for (const item of this.#items) if (item.type === "function_call" && item.callId === callId) return item.name;
    return undefined;
  }

  append(item: Item): string | null {
    const previous = this.lastId;
    this.#items.push(item);
    dropOldest(this.#items, itemBytes, this.#limits);
    return previous;
  }

  /**
   * Puts a client's item after another (`root`: first; absent: last), and returns the id before it.
   * @throws ProtocolMistake when either id, or the call id of an output, makes no sense.
   */
  insert(item: Item, after: string | undefined): string | null {
    if (this.find(item.id)) throw invalidValue("item.id", `An item with id '${item.id}' already exists.`);
    if (item.type === "function_call_output" && this.calledName(item.callId) === undefined) {
      throw new ProtocolMistake({
        code: "invalid_tool_call_id",
        message: `Tool call ID '${item.callId}' not found in conversation.`,
        param: "item.call_id",
      });
    }
    if (after === undefined) return this.append(item);
    const index = after === "root" ? 0 : this.#items.findIndex((other) => other.id === after) + 1;
    if (index === 0 && after !== "root") throw notFound("create", after);
    this.#items.splice(index, 0, item);
    dropOldest(this.#items, itemBytes, this.#limits);
    return index === 0 ? null : after;
  }

  remove(id: string): void {
    const index = this.#items.findIndex((item) => item.id === id);
    if (index < 0) throw notFound("delete", id);
    this.#items.splice(index, 1);
  }

  retrieve(id: string): Item {
    const item = this.find(id);
    if (!item) throw notFound("retrieve", id);
    return item;
  }

  /** Cuts an answer to what was heard, and takes its words back: nobody can tell which of them were heard. */
  truncate(id: string, contentIndex: number, endMs: number): void {
    const item = this.find(id);
    if (!item) throw notFound("truncate", id);
    const part = item.type === "message" ? item.content[contentIndex] : undefined;
    if (item.type !== "message" || item.role !== "assistant" || !soundOf(item)) {
      throw invalidValue("item_id", "Only model output audio messages can be truncated.");
    }
    if (part?.type !== "output_audio") {
      throw invalidValue("content_index", `Content index ${String(contentIndex)} of the item has no audio.`);
    }
    const lengthMs = Math.ceil(bytesToMs(part.pcm.length));
    if (endMs > lengthMs) {
      const message = `Audio content of ${String(lengthMs)}ms is already shorter than ${String(endMs)}ms`;
      throw invalidValue("audio_end_ms", message);
    }
    part.pcm = part.pcm.subarray(0, msToBytes(endMs));
    part.transcript = null;
  }
}
