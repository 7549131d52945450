"use client";

import { PipecatClient } from "@pipecat-ai/client-js";
import {
  PipecatClientProvider,
  usePipecatClient,
  usePipecatClientTransportState,
  usePipecatConversation,
} from "@pipecat-ai/client-react";
import { OpenAIRealTimeWebSocketTransport } from "rtvi-machine/openai";

const client = new PipecatClient({
  transport: new OpenAIRealTimeWebSocketTransport({
    api_key: async ({ signal }) => (await fetch("/api/session", { method: "POST", signal })).json(),
    ...(process.env.NEXT_PUBLIC_REALTIME_URL && { base_url: process.env.NEXT_PUBLIC_REALTIME_URL }),
    settings: { instructions: "You are a friendly assistant." },
  }),
  enableMic: true,
});

function Talk() {
  const talker = usePipecatClient();
  const state = usePipecatClientTransportState();
  const { messages } = usePipecatConversation();
  const isResting = state === "disconnected" || state === "error";
  const toggle = () => (isResting ? talker?.connect() : talker?.disconnect())?.catch(console.error);
  return (
    <main>
      <button onClick={toggle}>{isResting ? "Connect" : "Disconnect"}</button> <output>{state}</output>
      <p>{messages.length} messages</p>
    </main>
  );
}

export const Voice = () => (
  <PipecatClientProvider client={client}>
    <Talk />
  </PipecatClientProvider>
);
