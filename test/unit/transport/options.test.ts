import { describe, expect, it } from "vitest";
import { SeedTransport } from "../../../packages/testkit/src/worlds/seed-transport.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { createWebSocketTransport } from "../../../src/compat/thrive/index.js";
import type { WebSocketTransportConfig } from "../../../src/compat/thrive/config.js";
import { InvalidOptionsError, VoiceTransport } from "../../../src/index.js";
import type { ReconnectOptions, TimeoutOptions, TransportOptions } from "../../../src/options.js";
import type { WebAudioOptions } from "../../../src/media/web-audio-options.js";
import { GeminiLiveWebsocketTransport, type GeminiLLMServiceOptions } from "../../../src/providers/gemini/index.js";
import { GeminiProvider } from "../../../src/providers/gemini/provider.js";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
  type OpenAIServiceOptions,
} from "../../../src/providers/openai/index.js";
import { WebSocketTransport, type WebSocketTransportConstructorOptions } from "../../../src/providers/pipecat/index.js";
import { ScriptedMediaManager } from "../../../src/testing/index.js";

type Make = (service?: unknown, manager?: unknown, options?: unknown) => unknown;

function construct(Class: abstract new (...given: never[]) => object, given: readonly unknown[]): object {
  return Reflect.construct(Class, given) as object;
}

/** Every class, given anything. */
const CLASSES: Readonly<Record<string, Make>> = {
  "OpenAI over a WebSocket": (...given) => construct(OpenAIRealTimeWebSocketTransport, given),
  "OpenAI over WebRTC": (...given) => construct(OpenAIRealTimeWebRTCTransport, given),
  Gemini: (...given) => construct(GeminiLiveWebsocketTransport, given),
  Pipecat: (...given) => construct(WebSocketTransport, given),
  Thrive: (config, manager, options) => {
    const deps = manager === undefined ? undefined : isManager(manager) ? { mediaManager: manager } : manager;
    return Reflect.apply(createWebSocketTransport, undefined, [config, deps, options]) as object;
  },
  "a subclass of Pipecat's base": (service, ...given) => construct(SeedTransport, [service ?? {}, ...given]),
  "a provider of one's own": (service = {}, ...given) => {
    const provider = new GeminiProvider({ name: "own", options: {}, transport: {} });
    return construct(VoiceTransport, [service === null ? null : provider, ...given]);
  },
};

const isManager = (value: unknown): boolean => value instanceof ScriptedMediaManager;
const SECRET = canary();

/** Values by what an error calls them. The string is a secret in one place or another. */
const VALUES = {
  null: null,
  "a string": SECRET,
  "a boolean": true,
  "a list": [],
  "an object": {},
  "a function": () => undefined,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-1": -1,
  "7": 7,
} as const;
type Kind = keyof typeof VALUES;
const KINDS = Object.keys(VALUES) as Kind[];

const FUNCTION: Kind[] = ["a function"];
const FLAG: Kind[] = ["a boolean"];
const WAIT: Kind[] = ["7"];
const LIMIT: Kind[] = ["7", "Infinity"];
const OBJECT: Kind[] = ["an object"];
const TEXT: Kind[] = ["a string"];
const LIST: Kind[] = ["a list"];
const NONE: Kind[] = [];

/** What of the values is right for each option. */
type Right<Options> = Readonly<Record<keyof Options, Kind[]>>;

const RECONNECT: Right<ReconnectOptions> = {
  initial: FLAG,
  base: WAIT,
  factor: WAIT,
  cap: LIMIT,
  attempts: LIMIT,
  budget: LIMIT,
  minUptime: WAIT,
  policy: NONE,
};
const TIMEOUTS: Right<TimeoutOptions> = {
  connect: LIMIT,
  ready: LIMIT,
  disconnect: WAIT,
  silence: LIMIT,
  probe: LIMIT,
  lull: WAIT,
  iceGrace: WAIT,
};
const AUDIO: Right<WebAudioOptions> = {
  inputSampleRate: NONE,
  outputSampleRate: NONE,
  chunkMs: WAIT,
  levelMs: NONE,
  fadeMs: WAIT,
  echoCancellation: FLAG,
  noiseSuppression: FLAG,
  autoGainControl: FLAG,
  workletUrl: ["a string", "an object", "a function"],
  mediaDevices: OBJECT,
  AudioContext: FUNCTION,
  logger: NONE,
};
const TRANSPORT: Right<TransportOptions> = {
  inspect: ["a function", "a list"],
  reconnect: OBJECT,
  connectionParams: FUNCTION,
  onRecovered: FUNCTION,
  timeouts: OBJECT,
  audio: OBJECT,
  workletUrl: ["a string", "an object", "a function"],
  WebSocket: FUNCTION,
  fetch: FUNCTION,
  RTCPeerConnection: FUNCTION,
  playBotTrack: FLAG,
  logger: NONE,
  clock: NONE,
  random: FUNCTION,
  network: OBJECT,
  functionCallTimeout: LIMIT,
  preRoll: WAIT,
  maxBufferedAmount: LIMIT,
};
const OPENAI: Right<OpenAIServiceOptions> = {
  api_key: ["a string", "a function"],
  model: TEXT,
  base_url: TEXT,
  initial_messages: LIST,
  run_initial_messages: FLAG,
  session_config: OBJECT,
  settings: OBJECT,
  session: OBJECT,
  dialect: NONE,
  keep_conversation: ["a boolean", "an object"],
  reconnect_before_ms: WAIT,
  max_session_ms: WAIT,
  raw_events: FLAG,
};
const GEMINI: Right<GeminiLLMServiceOptions> = {
  api_key: ["a string", "a function"],
  model: TEXT,
  base_url: TEXT,
  api_version: NONE,
  initial_messages: LIST,
  run_initial_messages: FLAG,
  settings: OBJECT,
  generation_config: OBJECT,
  setup: OBJECT,
  text_input: NONE,
  keep_session: FLAG,
  raw_events: FLAG,
};
const PIPECAT: Right<WebSocketTransportConstructorOptions> = {
  wsUrl: ["a string", "a function", "null"],
  ws_url: ["a string", "a function", "null"],
  token: ["a string", "a function", "null"],
  mediaManager: NONE,
  serializer: NONE,
  recorderSampleRate: NONE,
  playerSampleRate: NONE,
};
const THRIVE: Right<WebSocketTransportConfig> = {
  voice: ["a string", "an object"],
  persona: TEXT,
  instructions: TEXT,
  capabilities: LIST,
  featureFlags: OBJECT,
  tools: LIST,
  turn_detection: ["an object", "null"],
  model: TEXT,
  base_url: TEXT,
};

const SERVICES: readonly (readonly [string, Readonly<Record<string, Kind[]>>])[] = [
  ["OpenAI over a WebSocket", OPENAI],
  ["OpenAI over WebRTC", OPENAI],
  ["Gemini", GEMINI],
  ["Pipecat", PIPECAT],
  ["Thrive", THRIVE],
];
const NAMES = Object.keys(CLASSES);
const nested = { reconnect: RECONNECT, timeouts: TIMEOUTS, audio: AUDIO };

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptionsError);
    const { message } = error as InvalidOptionsError;
    expect(message).not.toContain(SECRET);
    return message;
  }
  return "not refused";
}

/** What is wrong is refused by its name and its kind; what is right is taken. */
function expectJudged(name: string, right: Kind[], make: (value: unknown) => unknown): void {
  for (const kind of KINDS) {
    const message = refusal(() => make(VALUES[kind]));
    if (right.includes(kind)) {
      expect([name, kind, message]).toEqual([name, kind, "not refused"]);
      continue;
    }
    expect([name, kind, message]).toEqual([name, kind, expect.stringContaining(name)]);
    // A number is shown where it is no secret.
    const isNumber = typeof VALUES[kind] === "number";
    if (name !== "inspect") expect(message).toMatch(isNumber ? / not (?:a number|NaN|-?\d+|Infinity)\.$/ : kind);
  }
}

describe.each(NAMES)("options of %s", (name) => {
  const make = CLASSES[name]!;

  it("transport options: each is judged by its name", () => {
    for (const [key, right] of Object.entries(TRANSPORT)) {
      expectJudged(key, right, (value) => make(undefined, undefined, { [key]: value }));
    }
    expect(refusal(() => make(undefined, undefined, { reconnect: false }))).toBe("not refused");
  });

  it.each(Object.entries(nested))("%s: each is judged by its name", (group, options) => {
    for (const [key, right] of Object.entries(options)) {
      expectJudged(`${group}.${key}`, right, (value) => make(undefined, undefined, { [group]: { [key]: value } }));
    }
  });

  it.each([
    ["an unknown deadline", { timeouts: { dial: "5s" } }, "timeouts.dial"],
    ["a duration in words", { timeouts: { connect: "5s" } }, "timeouts.connect must be a number of ms"],
    ["a near miss", { reconect: {} }, "did you mean `reconnect`"],
    ["a near miss inside", { reconnect: { maxUptime: 5 } }, "did you mean `minUptime`"],
    ["something else", { colour: "blue" }, "`colour` is no option"],
    ["a list", [], "The transport options must be an object, not a list"],
    ["null", null, "The transport options must be an object, not null"],
    ["a string", SECRET, "The transport options must be an object, not a string"],
  ])("transport options: %s is refused", (_what, options, words) => {
    expect(refusal(() => make(undefined, undefined, options))).toContain(words);
  });

  it("arguments: transport options in the place of the manager are named as such", () => {
    const message = refusal(() => make({}, { reconnect: false }));
    expect(message).toBe("`reconnect` is a transport option: pass it in the third argument.");
  });

  it("arguments: nothing but a service is needed, and null is no service", () => {
    expect(refusal(() => make(undefined))).toBe("not refused");
    expect(refusal(() => make({}, undefined, undefined))).toBe("not refused");
    expect(refusal(() => make({}, new ScriptedMediaManager(), { WebSocket: FakeWebSocketConstructor }))).toBe(
      "not refused",
    );
  });
});

describe.each(NAMES.filter((name) => name !== "Thrive"))("manager of %s", (name) => {
  it.each(KINDS.filter((kind) => kind !== "null"))("%s is refused", (kind) => {
    expect(refusal(() => CLASSES[name]!({}, VALUES[kind]))).toMatch(/^manager must be an object with the methods/);
  });

  it("a class is refused as such, whatever static fields it has", () => {
    class Manager extends ScriptedMediaManager {
      static readonly logger = console;
    }
    expect(refusal(() => CLASSES[name]!({}, Manager))).toMatch(/^manager must be an object .* not a function\.$/);
  });
});

describe.each(SERVICES)("service options of %s", (name, options) => {
  const make = CLASSES[name]!;

  it("each is judged by its name", () => {
    for (const [key, right] of Object.entries(options)) expectJudged(key, right, (value) => make({ [key]: value }));
  });

  it("a transport option among them is named as such", () => {
    for (const key of Object.keys(TRANSPORT)) {
      const message = refusal(() => make({ [key]: {} }));
      expect(message).toBe(`\`${key}\` is a transport option: pass it in the third argument.`);
    }
  });

  it("one of them among the transport options is named as such", () => {
    for (const key of Object.keys(options)) {
      const message = refusal(() => make({}, undefined, { [key]: {} }));
      expect(message).toBe(`\`${key}\` is a service option: pass it in the first argument.`);
    }
  });

  it("a near miss is refused, and what is no option of anything passes", () => {
    const [first = ""] = Object.keys(options).filter((key) => key.length > 4);
    for (const key of [`${first}s`, first.toUpperCase(), `_${first}`]) {
      expect(refusal(() => make({ [key]: 7 }))).toContain(`did you mean \`${first}\``);
    }
    expect(refusal(() => make({ reconect: false }))).toContain("did you mean `reconnect`, a transport option?");
    expect(refusal(() => make({ favourite_colour: "blue" }))).toBe("not refused");
  });

  it.each<Kind>(["null", "a string", "a list", "7", "a function"])("%s in their place is refused", (kind) => {
    expect(refusal(() => make(VALUES[kind]))).toMatch(/^The service options must be an object, not /);
  });
});

describe("options of classes of one's own", () => {
  const make = CLASSES["a subclass of Pipecat's base"]!;

  it("service options: any name, but for those that only transport options have", () => {
    expect(refusal(() => make({ fetch: () => undefined, voice: 7, logger: "mine" }))).toBe("not refused");
    for (const key of ["reconnect", "timeouts", "inspect", "preRoll"]) {
      expect(refusal(() => make({ [key]: {} }))).toContain(`\`${key}\` is a transport option`);
    }
  });

  it("service options: nothing but an object", () => {
    expect(refusal(() => make(SECRET))).toBe("The service options must be an object, not a string.");
  });

  it("provider: what cannot begin a session is refused", () => {
    expect(refusal(() => CLASSES["a provider of one's own"]!(null))).toContain("The provider must be an object");
  });
});

describe("dependencies of Thrive's transport", () => {
  it.each([
    [{ getSessionToken: SECRET }, "getSessionToken must be a function, not a string"],
    [{ mediaManager: {} }, "mediaManager must be an object with the methods"],
    [{ getSesionToken: () => "" }, "did you mean `getSessionToken`"],
    [new ScriptedMediaManager(), "Pass the media manager as `mediaManager`"],
    [null, "The second argument must be an object, not null"],
  ])("%j is refused", (deps, words) => {
    const make = () => Reflect.apply(createWebSocketTransport, undefined, [{}, deps]) as unknown;
    expect(refusal(make)).toContain(words);
  });
});

describe("what was not awaited", () => {
  /** The answer of a token server, and how it is had. */
  const UNREAD: readonly (readonly [string, () => unknown, string])[] = [
    ["a promise", () => Promise.resolve({}), "must not be a promise: await it first"],
    ["a Response", () => new Response("{}"), "must not be a Response: pass `await response.json()`"],
  ];
  const own = ["OpenAI over a WebSocket", "OpenAI over WebRTC", "Gemini", "Pipecat"] as const;

  it.each(UNREAD)("as service options: %s is refused", (_what, make, words) => {
    for (const name of own) expect(refusal(() => CLASSES[name]!(make()))).toContain(words);
  });

  it.each(UNREAD)("as connection parameters: %s is refused", (_what, make, words) => {
    for (const name of own) {
      const transport = CLASSES[name]!({}, new ScriptedMediaManager()) as VoiceTransport;
      expect(refusal(() => transport._validateConnectionParams(make()))).toContain(words);
    }
  });

  it.each(["OpenAI over a WebSocket", "Gemini"] as const)(
    "as a credential: a Response is refused by %s",
    async (name) => {
      const api_key = () => Promise.resolve(new Response("{}"));
      const made = CLASSES[name]!({ api_key }, new ScriptedMediaManager(), { WebSocket: FakeWebSocketConstructor });
      const transport = made as VoiceTransport;
      transport.initialize({ transport }, () => undefined);
      await expect(transport.connect()).rejects.toThrow("must not be a Response: pass `await response.json()`");
    },
  );
});
