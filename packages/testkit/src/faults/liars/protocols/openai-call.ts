import type { LiarProtocol, Turn } from "../liar-protocol.js";
import { event, openAiLiar } from "./openai.js";

/** OpenAI Realtime over WebRTC: the sound is no part of the events, which tell when it begins and ends. */
export const openAiCallLiar: LiarProtocol = {
  ...openAiLiar,
  name: "openai-call",
  path: "/v1/realtime/calls",
  credentialOf: ({ headers }) => headers.authorization?.replace(/^Bearer /, ""),

  turn(words, id): Turn {
    const { begin, middle, end } = openAiLiar.turn(words, id);
    const at = { response_id: `resp_${id}` };
    return {
      begin,
      // Without its last frame, which is sound.
      middle: [event("output_audio_buffer.started", at), ...middle.slice(0, -1)],
      end: [...end, event("output_audio_buffer.stopped", at)],
    };
  },
};
