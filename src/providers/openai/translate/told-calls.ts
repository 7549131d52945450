import { resultText } from "../../../rtvi/translate/commands.js";
import type { ConversationLedger } from "../../../rtvi/translate/ledger.js";
import { ToolCalls, type ToolAnswer } from "../../../rtvi/translate/tool-calls.js";
import type { OpenAISink } from "../effects.js";
import { ledgerItem } from "../items.js";
import { SERVICE } from "../names.js";
import type { BotSetup } from "./bot-setup.js";

/** Function calls, written down, and told to a service that does not know them together with their results. */
export class ToldCalls {
  readonly tools: ToolCalls;
  /** Calls of a wire before, which the service of this one has not been told. */
  readonly #untold = new Set<string>();

  private readonly ledger: ConversationLedger;

  /** @param proceed Called when the model may go on with the results. */
  constructor(
    private readonly sink: OpenAISink,
    { ledger, redact }: Pick<BotSetup, "ledger" | "redact">,
    proceed: () => void,
  ) {
    this.ledger = ledger;
    this.tools = new ToolCalls(sink, {
      service: SERVICE,
      redact,
      called: (callId, name, args) => {
        ledger.note(`call ${callId}`, { type: "tool-call", callId, name, arguments: args });
      },
      answer: (callId, _name, answer) => {
        this.#answer(callId, answer);
      },
      proceed,
    });
  }

  /** Goes on with the calls of a wire before. */
  adopt(before: ToolCalls): void {
    for (const callId of this.tools.adopt(before)) this.#untold.add(callId);
  }

  #answer(call_id: string, answer: ToolAnswer): void {
    const output = "error" in answer ? JSON.stringify(answer) : resultText(answer.result);
    this.ledger.append({ type: "tool-result", callId: call_id, output });
    const call = this.ledger.items.findLast((item) => item.type === "tool-call" && item.callId === call_id);
    if (this.#untold.delete(call_id) && call !== undefined) this.#create(ledgerItem(call, "ga", "call"));
    this.#create({ type: "function_call_output", call_id, output });
  }

  #create(item: Record<string, unknown>): void {
    this.sink.send({ type: "conversation.item.create", item });
  }
}
