import { describe, it } from "vitest";
import { OpenAIRealTimeWebSocketTransport } from "../../src/providers/openai/index.js";
import {
  ManualClock,
  ScriptedMediaManager,
  transportConformance,
  type ConformanceHarness,
} from "../../src/testing/index.js";
import { OPENAI, serviceSockets } from "../../packages/testkit/src/conformance/service-sockets.js";
import { scriptedHands, type WireScript } from "../../packages/testkit/src/scripted/scripted-conformance.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const DEADLINES = { connect: 2_000, ready: 3_000, disconnect: 500, reconnect: 20_000 };

function openAIHarness(): ConformanceHarness {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const script: WireScript = { dial: "open", ready: "at once", goodbye: "answer" };
  const { WebSocket, open } = serviceSockets(script, OPENAI);
  const transport = new OpenAIRealTimeWebSocketTransport({ api_key: canary() }, media, {
    clock,
    logger: silent,
    random: () => 0.5,
    reconnect: { attempts: 6 },
    timeouts: DEADLINES,
    WebSocket,
  });
  return {
    transport,
    continuity: "replayed",
    deadlines: DEADLINES,
    ...scriptedHands({ script, media, clock, open, finalCode: 3000 }),
  };
}

transportConformance(openAIHarness, { describe, it });
