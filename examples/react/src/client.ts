import { PipecatClient } from "@pipecat-ai/client-js";
import { OpenAIRealTimeWebRTCTransport, type OpenAICredential } from "rtvi-machine/openai";

/** `OpenAIRealTimeWebSocketTransport` takes the same options. */
export const transport = new OpenAIRealTimeWebRTCTransport({
  api_key: async ({ signal }) =>
    (await (await fetch("/api/session", { method: "POST", signal })).json()) as OpenAICredential,
  base_url: import.meta.env.VITE_REALTIME_URL as string,
  settings: {
    instructions: "You are a friendly assistant. Answer in one or two sentences.",
    input_audio_transcription: { model: "gpt-4o-mini-transcribe" },
  },
});

/** One client for the app, outside of components: strict mode does not touch it, and nothing happens until `connect()`. */
export const client = new PipecatClient({ transport, enableMic: true });
