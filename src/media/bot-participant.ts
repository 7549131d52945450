import type { Participant } from "@pipecat-ai/client-js";

/** The bot, as client-js knows participants. */
export const BOT: Participant = { id: "bot", name: "bot", local: false };
