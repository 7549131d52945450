import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { PipecatClientProvider } from "@pipecat-ai/client-react";
import { App } from "./app";
import { client } from "./client";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root");

// No <PipecatClientAudio />: the transport plays the bot, and the bot would be heard twice.
createRoot(root).render(
  <StrictMode>
    <PipecatClientProvider client={client}>
      <App />
    </PipecatClientProvider>
  </StrictMode>,
);
