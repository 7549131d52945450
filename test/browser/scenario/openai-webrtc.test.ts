import { it } from "vitest";
import { webRtcTransport } from "../support/app.js";
import { LONG, playScenario, TOOL } from "./scenario.js";

it("scenario: plays with OpenAI over WebRTC", LONG, async () => {
  const session_config = { tools: [{ type: "function" as const, name: TOOL.name, description: TOOL.description }] };
  await playScenario({
    name: "openai-webrtc",
    transport: ({ url }) => webRtcTransport(`${url}/v1/realtime`, { session_config }),
  });
});
