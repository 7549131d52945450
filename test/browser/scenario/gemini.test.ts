import { it } from "vitest";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import { silentLogger } from "../support/app.js";
import { LONG, playScenario, TOOL } from "./scenario.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";

it("scenario: plays with Gemini Live", LONG, async () => {
  const { name, description } = TOOL;
  const settings = { tools: [{ functionDeclarations: [{ name, description }] }] };
  await playScenario({
    name: "gemini",
    measures: "tokens",
    transport: ({ url }) =>
      new GeminiLiveWebsocketTransport({ api_key: canary(), base_url: url, settings }, undefined, {
        logger: silentLogger,
      }),
  });
});
