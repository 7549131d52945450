import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { PipecatClientAudio, PipecatClientProvider } from "@pipecat-ai/client-react";
import { App } from "./app";
import { client } from "./client";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root");

// <PipecatClientAudio /> plays the bot: over WebRTC nothing else does, and over a WebSocket the transport leaves it to the element.
createRoot(root).render(
  <StrictMode>
    <PipecatClientProvider client={client}>
      <App />
      <PipecatClientAudio />
    </PipecatClientProvider>
  </StrictMode>,
);
