import type { MessageHandler, MessageParts } from "./message-parts.js";
import { describeActions, runAction } from "./service-actions.js";

function answer({ writer, isDeaf }: MessageParts, id: string | undefined, type: string, data: object): void {
  if (!isDeaf) writer.send({ type, id, data });
}

/** Applies an update, and what follows from it. The answer is the whole configuration. */
const updateConfig: MessageHandler = (data, parts, id) => {
  const { services, bot, context, hearing } = parts;
  if (data.interrupt === true) bot.interrupt();
  const changed = services.update(data.config);
  if (changed.has("vad:confidence") || changed.has("vad:stop_secs")) hearing.configure(services.vad);
  if (changed.has("llm:initial_messages")) context.set(services.initialMessages);
  answer(parts, id, "config", { config: services.config });
  if (changed.has("llm:initial_messages") && services.runsOnConfig) bot.run();
};

/** The messages of RTVI 0.3 that Pipecat's servers answered until 0.0.74, with their answers as 0.0.60 shapes them. */
export const SERVICE_MESSAGES: ReadonlyMap<string, MessageHandler> = new Map<string, MessageHandler>([
  ["get-config", (_data, parts, id) => answer(parts, id, "config", { config: parts.services.config })],
  ["update-config", updateConfig],
  [
    "describe-config",
    (_data, parts, id) => answer(parts, id, "config-available", { config: parts.services.description }),
  ],
  ["describe-actions", (_data, parts, id) => answer(parts, id, "actions-available", { actions: describeActions() })],
  ["action", (data, parts, id) => answer(parts, id, "action-response", { result: runAction(data, parts) })],
]);
