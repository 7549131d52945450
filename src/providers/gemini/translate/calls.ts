import { resultText } from "../../../dialogue/client-commands.js";
import type { EffectSink } from "../../../dialogue/effects.js";
import { ToolCalls } from "../../../dialogue/tool-calls.js";
import { SERVICE } from "../names.js";
import type { BotSetup } from "./bot-turn.js";
import type { UnheardReplies } from "./unheard-replies.js";

/** Function calls, as the Live API has them answered: the model goes on by itself. Both sides of each are written down. */
export function geminiCalls(
  sink: EffectSink,
  { conversationHistory, redact }: BotSetup,
  unheardReplies: UnheardReplies,
): ToolCalls {
  return new ToolCalls(sink, {
    service: SERVICE,
    redact,
    called: (callId, name, args) => {
      conversationHistory.note(`call ${callId}`, { type: "tool-call", callId, name, arguments: args });
    },
    answer: (id, name, answer) => {
      const output = "error" in answer ? JSON.stringify(answer) : resultText(answer.result);
      conversationHistory.note(`result ${id}`, { type: "tool-result", callId: id, output });
      const response = "error" in answer ? { error: answer.error } : { output: answer.result ?? null };
      unheardReplies.asked();
      sink.send({ toolResponse: { functionResponses: [{ id, name, response }] } });
    },
  });
}
