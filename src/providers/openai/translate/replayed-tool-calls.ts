import { resultText } from "../../../dialogue/client-commands.js";
import type { ConversationHistory } from "../../../dialogue/conversation-history.js";
import { ToolCalls, type ToolAnswer } from "../../../dialogue/tool-calls.js";
import type { OpenAISink } from "../effects.js";
import { createItem, historyItem } from "../items.js";
import { SERVICE } from "../names.js";
import type { BotSetup } from "./bot-setup.js";

/** What a call's result goes by in the history. */
export function resultId(callId: string | undefined): string {
  return `result ${callId}`;
}

/** Function calls, written down, and told to a service that does not know them together with their results. */
export class ReplayedToolCalls {
  readonly tools: ToolCalls;
  /** Calls of a connection before, which the service of this one has not been told. */
  readonly #untold = new Set<string>();

  private readonly history: ConversationHistory;

  /** @param proceed Called when the model may go on with the results. */
  constructor(
    private readonly sink: OpenAISink,
    { history, redact }: Pick<BotSetup, "history" | "redact">,
    proceed: () => void,
  ) {
    this.history = history;
    this.tools = new ToolCalls(sink, {
      service: SERVICE,
      redact,
      called: (callId, name, args) => {
        history.note(`call ${callId}`, { type: "tool-call", callId, name, arguments: args });
      },
      answer: (callId, _name, answer) => {
        this.#answer(callId, answer);
      },
      proceed,
    });
  }

  /** Goes on with the calls of a connection before. */
  adopt(before: ToolCalls): void {
    for (const callId of this.tools.adopt(before)) this.#untold.add(callId);
  }

  /** The app has answered a call with an event of its own. */
  answered(callId: string, output: string): void {
    if (!this.tools.answered(callId, output)) return;
    this.history.note(resultId(callId), { type: "tool-result", callId, output });
    this.#untold.delete(callId);
  }

  #answer(call_id: string, answer: ToolAnswer): void {
    const output = "error" in answer ? JSON.stringify(answer) : resultText(answer.result);
    const call = this.history.items.findLast((item) => item.type === "tool-call" && item.callId === call_id);
    const untold = this.#untold.has(call_id) && call !== undefined ? [historyItem(call, "ga", "call")] : [];
    const events = [...untold, { type: "function_call_output", call_id, output }].map(createItem);
    for (const event of events) this.sink.check(event);
    this.#untold.delete(call_id);
    this.history.note(resultId(call_id), { type: "tool-result", callId: call_id, output });
    for (const event of events) this.sink.send(event);
  }
}
