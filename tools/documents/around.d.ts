/** What the code of a page takes for granted: the app around it. */
import type { PipecatClient } from "@pipecat-ai/client-js";
import type { OpenAIRealTimeWebSocketTransport } from "rtvi-machine/openai";

declare global {
  const api_key: () => Promise<string>;
  const client: PipecatClient;
  const connectButton: HTMLButtonElement;
  const transport: OpenAIRealTimeWebSocketTransport;
}
