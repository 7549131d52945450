import { it } from "vitest";
import { WebSocketTransport } from "../../../src/providers/pipecat/index.js";
import { silentLogger } from "../support/app.js";
import { LONG, playScenario } from "./scenario.js";

it("scenario: plays with a Pipecat bot", LONG, async () => {
  await playScenario({
    name: "pipecat",
    transport: () => new WebSocketTransport({}, undefined, { logger: silentLogger }),
    params: ({ client }, { pipecatUrl }) => client.startBot({ endpoint: pipecatUrl }),
  });
});
