/** What the code of a page takes for granted: the app around it. */
import type { PipecatClient } from "@pipecat-ai/client-js";
import type { MediaManager, RealTimeWebsocketTransport, TransportOptions } from "rtvi-machine";
import type { OpenAIRealTimeWebSocketTransport } from "rtvi-machine/openai";

declare global {
  const api_key: () => Promise<string>;
  /** The class of docs/writing-a-transport.md. */
  const EchoTransport: new (
    options: { url: string },
    manager?: MediaManager,
    transportOptions?: TransportOptions,
  ) => RealTimeWebsocketTransport;
  const client: PipecatClient;
  const connectButton: HTMLButtonElement;
  const transport: OpenAIRealTimeWebSocketTransport;
}
