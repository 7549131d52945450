import { describe, it } from "vitest";
import { WebSocketTransport } from "../../src/providers/pipecat/index.js";
import {
  ManualClock,
  ScriptedMediaManager,
  transportConformance,
  type ConformanceHarness,
} from "../../src/testing/index.js";
import { PIPECAT, serviceSockets } from "../../packages/testkit/src/conformance/service-sockets.js";
import { scriptedHands, type WireScript } from "../../packages/testkit/src/scripted/scripted-conformance.js";
import { silent } from "../../packages/testkit/src/worlds/world.js";

const DEADLINES = { connect: 2_000, ready: 3_000, disconnect: 500, reconnect: 20_000 };

function pipecatHarness(): ConformanceHarness {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const script: WireScript = { dial: "open", ready: "at once", goodbye: "answer" };
  const { WebSocket, open } = serviceSockets(script, PIPECAT);
  const transport = new WebSocketTransport({
    wsUrl: "ws://bot.test/ws-client",
    mediaManager: media,
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
    ...scriptedHands({ script, media, clock, open, finalCode: 4003 }),
  };
}

transportConformance(pipecatHarness, { describe, it });
