import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { SeedTransport } from "../../../packages/testkit/src/worlds/seed-transport.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";
import { createWebSocketTransport } from "../../../src/compat/thrive/index.js";
import { VoiceTransport } from "../../../src/index.js";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import { GeminiProvider } from "../../../src/providers/gemini/provider.js";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
} from "../../../src/providers/openai/index.js";
import { WebSocketTransport } from "../../../src/providers/pipecat/index.js";
import { ScriptedMediaManager } from "../../../src/testing/index.js";

type Make = (options: object) => object;

const rest = () => [new ScriptedMediaManager(), { logger: silent }] as const;

/** Every class that is exported, and the options that may hold a credential. */
const CLASSES: Readonly<Record<string, readonly [make: Make, options: (secret: string) => Record<string, object>]>> = {
  OpenAIRealTimeWebSocketTransport: [(options) => new OpenAIRealTimeWebSocketTransport(options, ...rest()), openAI],
  OpenAIRealTimeWebRTCTransport: [(options) => new OpenAIRealTimeWebRTCTransport(options, ...rest()), openAI],
  GeminiLiveWebsocketTransport: [
    (options) => new GeminiLiveWebsocketTransport(options, ...rest()),
    (secret) => ({
      api_key: { api_key: secret },
      base_url: { base_url: `wss://user:${secret}@gemini.test/?key=${secret}` },
      tools: { settings: { tools: [{ mcp: { headers: { Authorization: secret } } }] } },
      setup: { setup: { sessionResumption: { handle: secret } } },
    }),
  ],
  WebSocketTransport: [
    (options) => new WebSocketTransport(options, ...rest()),
    (secret) => ({
      token: { token: secret },
      wsUrl: { wsUrl: `wss://user:${secret}@bot.test/?token=${secret}` },
      ws_url: { ws_url: `wss://bot.test/?token=${secret}` },
    }),
  ],
  createWebSocketTransport: [
    (config) => createWebSocketTransport(config, { mediaManager: new ScriptedMediaManager() }, { logger: silent }),
    (secret) => ({
      base_url: { base_url: `wss://thrive.test/?key=${secret}` },
      tools: { tools: [{ type: "mcp", headers: { Authorization: secret } }] },
      persona: { persona: `Your password is ${secret}.` },
    }),
  ],
  RealTimeWebsocketTransport: [
    (options) => new SeedTransport(options, ...rest()),
    (secret) => ({ api_key: { api_key: secret }, settings: { settings: { token: secret } } }),
  ],
  VoiceTransport: [
    (options) => new VoiceTransport(new GeminiProvider({ name: "own", options, transport: {} }), ...rest()),
    (secret) => ({ api_key: { api_key: secret } }),
  ],
};

function openAI(secret: string): Record<string, object> {
  return {
    api_key: { api_key: secret },
    base_url: { base_url: `wss://user:${secret}@openai.test/?key=${secret}` },
    session_config: { session_config: { tools: [{ type: "mcp", headers: { Authorization: secret } }] } },
    settings: { settings: { tools: [{ type: "mcp", authorization: secret }] } },
    session: { session: { tools: [{ type: "mcp", authorization: secret }] } },
    initial_messages: { initial_messages: [{ role: "user", content: `My password is ${secret}.` }] },
  };
}

/** What a console, a logger and a test runner make of something. */
function shown(transport: object): string {
  const printed = vi.spyOn(console, "log").mockReturnValue();
  console.log(transport);
  const texts = printed.mock.calls.map((line) => inspect(line, { depth: Infinity, maxArrayLength: null }));
  return [
    ...texts,
    inspect(transport),
    inspect(transport, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    json(transport),
    json(Object.fromEntries(Object.entries(transport))),
  ].join("\n");
}

function json(value: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null) return inner;
    if (seen.has(inner)) return "seen";
    seen.add(inner);
    return inner;
  });
}

afterEach(() => vi.restoreAllMocks());

describe.each(Object.entries(CLASSES))("credentials of %s", (_name, [make, options]) => {
  it.each(Object.keys(options("")))("credentials: neither console, util.inspect nor JSON shows %s", (option) => {
    const secret = canary();
    const transport = make(options(secret)[option]!);
    expect(shown(transport)).not.toContain(secret);
    const rtvi = "rtvi" in transport ? transport.rtvi : transport;
    expect(shown(rtvi as object)).not.toContain(secret);
  });

  it("credentials: nor what a bot is started with", () => {
    const secret = canary();
    const transport = make({});
    const rtvi = ("rtvi" in transport ? transport.rtvi : transport) as VoiceTransport;
    rtvi.startBotParams = {
      endpoint: `https://start.test/?key=${secret}`,
      headers: new Headers({ Authorization: `Bearer ${secret}` }),
      requestData: { key: secret },
    };
    expect(rtvi.startBotParams.requestData).toEqual({ key: secret });
    expect(shown(rtvi)).not.toContain(secret);
  });
});
