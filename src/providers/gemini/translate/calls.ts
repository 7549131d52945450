import { resultText } from "../../../dialogue/client-commands.js";
import type { EffectSink } from "../../../dialogue/effects.js";
import { ToolCalls } from "../../../dialogue/tool-calls.js";
import { SERVICE } from "../names.js";
import type { BotSetup } from "./bot-turn.js";
import type { Unheard } from "./unheard.js";

/** Function calls, as the Live API has them answered: the model goes on by itself. Both sides of each are written down. */
export function geminiCalls(sink: EffectSink, { memory, redact }: BotSetup, unheard: Unheard): ToolCalls {
  return new ToolCalls(sink, {
    service: SERVICE,
    redact,
    called: (callId, name, args) => {
      memory.note(`call ${callId}`, { type: "tool-call", callId, name, arguments: args });
    },
    answer: (id, name, answer) => {
      const output = "error" in answer ? JSON.stringify(answer) : resultText(answer.result);
      memory.note(`result ${id}`, { type: "tool-result", callId: id, output });
      const response = "error" in answer ? { error: answer.error } : { output: answer.result ?? null };
      unheard.asked();
      sink.send({ toolResponse: { functionResponses: [{ id, name, response }] } });
    },
  });
}
