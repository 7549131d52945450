import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import { createWebSocketTransport } from "../../../../src/compat/thrive/index.js";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
} from "../../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../../src/providers/pipecat/index.js";
import {
  ManualClock,
  ScriptedMediaManager,
  socketHarness,
  type ConformanceHarness,
} from "../../../../src/testing/index.js";
import { RECONNECT, scriptedHands, TIMEOUTS } from "../../../../src/testing/scripted-hands.js";
import { canary } from "../secrets/secrets.js";
import { silent } from "../worlds/world.js";
import { PeerService } from "./peer-service.js";
import { GEMINI, OPENAI, OPENAI_CALL, PIPECAT } from "./service-words.js";

/** The transports of this library, each with a scripted service. */
export const geminiHarness = (): ConformanceHarness =>
  socketHarness({
    ...GEMINI,
    finalCode: 3000,
    transport: ({ media, options }) => new GeminiLiveWebsocketTransport({ api_key: canary("AIza-") }, media, options),
  });

export const openaiHarness = (): ConformanceHarness =>
  socketHarness({
    ...OPENAI,
    finalCode: 3000,
    continuity: "replayed",
    transport: ({ media, options }) => new OpenAIRealTimeWebSocketTransport({ api_key: canary() }, media, options),
  });

export const pipecatHarness = (): ConformanceHarness =>
  socketHarness({
    ...PIPECAT,
    finalCode: 4003,
    transport: ({ media, options }) => new WebSocketTransport({ wsUrl: "ws://bot.test/ws-client" }, media, options),
  });

/** The RTVI transport beneath that of the Thrive platform, which an app may hand to a client. */
export const thriveHarness = (): ConformanceHarness =>
  socketHarness({
    ...OPENAI,
    finalCode: 3000,
    continuity: "replayed",
    transport: ({ media, options }) => {
      const deps = {
        mediaManager: media,
        getSessionToken: () => Promise.resolve({ client_secret: { value: canary("ek_") } }),
      };
      // The suite expects of a first attempt that it is the only one.
      const reconnect = { ...options.reconnect, initial: false };
      return createWebSocketTransport({}, deps, { ...options, reconnect }).rtvi;
    },
  });

export const openaiCallHarness = (): ConformanceHarness => {
  const clock = new ManualClock();
  const media = new ScriptedMediaManager();
  const service = new PeerService(OPENAI_CALL);
  return {
    transport: new OpenAIRealTimeWebRTCTransport({ api_key: canary("ek_") }, media, {
      RTCPeerConnection: service.RTCPeerConnection as typeof RTCPeerConnection,
      fetch: service.fetch,
      clock,
      timeouts: TIMEOUTS,
      reconnect: RECONNECT,
      random: () => 0.5,
      logger: silent,
    }),
    continuity: "replayed",
    closes: "at once",
    service,
    ...scriptedHands(clock, media, () => service.holdings),
  };
};
