import { parseJsonObject } from "../json.js";
import type { OpenCall } from "./chat-context.js";
import type { MessageWriter } from "./message-writer.js";

/** The function calls that wait for the client's result, and what the client is told of them. */
export class ToolRuns {
  readonly #writer: MessageWriter;
  readonly #open = new Map<string, OpenCall>();

  constructor(writer: MessageWriter) {
    this.#writer = writer;
  }

  /** Whether any result is still to come. */
  get busy(): boolean {
    return this.#open.size > 0;
  }

  /** Calls run side by side: all are announced, then each is handed to the client. */
  start(calls: readonly OpenCall[]): void {
    for (const call of calls) {
      this.#writer.send({ type: "llm-function-call-started", data: { function_name: call.name } });
    }
    for (const call of calls) {
      this.#open.set(call.id, call);
      // The model's own text, where a script made it something that is no JSON.
      const args = parseJsonObject(call.arguments) ?? call.arguments;
      const data = { tool_call_id: call.id, function_name: call.name, arguments: args };
      this.#writer.send({ type: "llm-function-call-in-progress", data });
    }
  }

  /** The name of the function that has its result now; undefined when no such call is open. */
  finish(callId: string, result: unknown): string | undefined {
    const call = this.#open.get(callId);
    if (!call) return undefined;
    this.#open.delete(callId);
    this.#stopped(call, { cancelled: false, result });
    return call.name;
  }

  /** Nobody waits for results any more. Returns the ids of the calls that were open. */
  cancel(): readonly string[] {
    const calls = [...this.#open.values()];
    this.#open.clear();
    for (const call of calls) this.#stopped(call, { cancelled: true });
    return calls.map(({ id }) => id);
  }

  #stopped(call: OpenCall, end: { readonly cancelled: boolean; readonly result?: unknown }): void {
    const data = { tool_call_id: call.id, function_name: call.name, ...end };
    this.#writer.send({ type: "llm-function-call-stopped", data });
  }
}
