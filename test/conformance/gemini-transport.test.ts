import { describe, it } from "vitest";
import { GeminiLiveWebsocketTransport } from "../../src/providers/gemini/index.js";
import {
  ManualClock,
  ScriptedMediaManager,
  transportConformance,
  type ConformanceHarness,
} from "../../src/testing/index.js";
import { GEMINI, serviceSockets } from "../../packages/testkit/src/conformance/service-sockets.js";
import { scriptedHands, type WireScript } from "../../packages/testkit/src/scripted/scripted-conformance.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const DEADLINES = { connect: 2_000, ready: 3_000, disconnect: 500, reconnect: 20_000 };

function geminiHarness(): ConformanceHarness {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const script: WireScript = { dial: "open", ready: "at once", goodbye: "answer" };
  const { WebSocket, open } = serviceSockets(script, GEMINI);
  const transport = new GeminiLiveWebsocketTransport({ api_key: canary("AIza-") }, media, {
    clock,
    logger: silent,
    random: () => 0.5,
    reconnect: { attempts: 6 },
    timeouts: DEADLINES,
    WebSocket,
  });
  return {
    transport,
    deadlines: DEADLINES,
    ...scriptedHands({ script, media, clock, open, finalCode: 3000 }),
  };
}

transportConformance(geminiHarness, { describe, it });
