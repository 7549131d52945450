import type { PlannedCall } from "../bot/tool-calls.js";
import { newId } from "./ids.js";
import { itemJson, type CallItem, type ItemStatus } from "./items.js";
import type { ItemWriter, ResponseHost, ResponseRequest } from "./response-host.js";

const DELTAS = 3;
const PAUSE_MS = 10;

/** Writes one function call, its arguments in a few pieces. */
export class CallWriter implements ItemWriter {
  readonly item: CallItem;
  readonly #request: ResponseRequest;
  readonly #call: PlannedCall;
  readonly #index: number;
  readonly #host: ResponseHost;
  #previousId: string | null = null;
  #open = false;

  constructor(request: ResponseRequest, call: PlannedCall, index: number, host: ResponseHost) {
    this.#request = request;
    this.#call = call;
    this.#index = index;
    this.#host = host;
    this.item = {
      type: "function_call",
      id: newId("item"),
      callId: newId("call"),
      name: call.name,
      arguments: "",
      status: "in_progress",
    };
  }

  *write(): Generator<number, boolean> {
    const { send, conversation } = this.#host;
    this.#open = true;
    this.#itemEvent("response.output_item.added");
    if (this.#request.inConversation) {
      this.#previousId = conversation.append(this.item);
      send({
        type: "conversation.item.added",
        previous_item_id: this.#previousId,
        item: itemJson(this.item),
      });
    }
    const size = Math.max(1, Math.ceil(this.#call.arguments.length / DELTAS));
    for (let from = 0; from < this.#call.arguments.length; from += size) {
      const delta = this.#call.arguments.slice(from, from + size);
      this.item.arguments += delta;
      this.#send("response.function_call_arguments.delta", { delta });
      yield PAUSE_MS;
    }
    return true;
  }

  close(status: ItemStatus): void {
    if (!this.#open) return;
    this.#open = false;
    this.item.status = status;
    this.#send("response.function_call_arguments.done", { name: this.item.name, arguments: this.item.arguments });
    this.#itemEvent("response.output_item.done");
    if (!this.#request.inConversation) return;
    this.#host.send({
      type: "conversation.item.done",
      previous_item_id: this.#previousId,
      item: itemJson(this.item),
    });
  }

  leftovers(): Iterable<() => void> {
    return [];
  }

  #itemEvent(type: string): void {
    this.#host.send({
      type,
      response_id: this.#request.id,
      output_index: this.#index,
      item: itemJson(this.item),
    });
  }

  #send(type: string, fields: Readonly<Record<string, unknown>>): void {
    const at = { response_id: this.#request.id, item_id: this.item.id, output_index: this.#index };
    this.#host.send({ type, ...at, call_id: this.item.callId, ...fields });
  }
}
