import { it } from "vitest";
import { openAITransport } from "../support/app.js";
import { LONG, playScenario, TOOL } from "./scenario.js";

it("scenario: plays with OpenAI over a WebSocket", LONG, async () => {
  const session_config = { tools: [{ type: "function" as const, name: TOOL.name, description: TOOL.description }] };
  await playScenario({
    name: "openai-websocket",
    transport: ({ wsUrl }) => openAITransport(wsUrl, { session_config }),
  });
});
