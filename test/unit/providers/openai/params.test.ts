import { describe, expect, it, vi } from "vitest";
import { AuthenticationError, ConnectionFailedError, InvalidOptionsError } from "../../../../src/errors.js";
import { resolveKey, tokenOf } from "../../../../src/providers/openai/credential.js";
import { readConnectionParams } from "../../../../src/providers/openai/params.js";
import { planSession, webSocketProtocols, webSocketUrl } from "../../../../src/providers/openai/plan.js";
import { readServiceEvent } from "../../../../src/providers/openai/raw-events.js";
import { redactor } from "../../../../src/util/redact.js";

const request = { attempt: 1, signal: new AbortController().signal };

/** What JSON cannot hold, a BigInt and a circle, and the name by which the app knows it. */
const circle: Record<string, unknown> = {};
circle.again = circle;
const UNWRITABLE: readonly [string, Record<string, unknown>][] = [
  ["session", { session: { x: 5n } }],
  ["session", { session: circle }],
  ["settings.tools", { settings: { tools: [{ name: "f", parameters: circle }] } }],
  ["session_config.audio", { session_config: { audio: { input: 5n } } }],
  ["initial_messages[0].content", { initial_messages: [{ role: "user", content: [{ type: "x", x: 5n }] }] }],
  [
    "initial_messages[0].content",
    { initial_messages: [{ role: "user", content: [{ type: "text", text: "a", x: 5n }] }] },
  ],
  ["initial_messages[0].content", { initial_messages: [{ role: "tool", tool_call_id: "c", content: circle }] }],
];

describe("options that JSON cannot hold", () => {
  it.each(UNWRITABLE)("are refused by the plan: %s", (name, options) => {
    expect(() => planSession(options, undefined, false)).toThrow(InvalidOptionsError);
    expect(() => planSession(options, undefined, false)).toThrow(`${name} cannot be written as JSON`);
  });

  it.each(UNWRITABLE.filter(([name]) => name !== "session"))(
    "are refused as connection parameters: %s",
    (name, params) => {
      expect(() => readConnectionParams(params)).toThrow(InvalidOptionsError);
      expect(() => readConnectionParams(params)).toThrow(`${name} cannot be written as JSON`);
    },
  );

  it("are refused as the result of a function: what is no JSON at all", () => {
    const initial_messages = [{ role: "tool", tool_call_id: "c", content: () => undefined }];
    const plan = () => planSession({ initial_messages }, undefined, false);
    expect(plan).toThrow("initial_messages[0].content is a function, which JSON cannot hold.");
  });

  it("are refused as an event of the app", () => {
    expect(() => readServiceEvent({ type: "response.create", response: { x: 5n } })).toThrow(InvalidOptionsError);
  });
});

describe("readConnectionParams", () => {
  it.each([
    ["nothing", undefined, undefined],
    ["null", null, undefined],
    ["a bare secret", "ek_1", { secret: "ek_1" }],
    [
      "a GA client secret",
      { value: "ek_1", expires_at: 1790, session: { type: "realtime", model: "gpt-realtime-2" }, extra: 1 },
      { secret: "ek_1", expires_at: 1790, model: "gpt-realtime-2" },
    ],
    [
      "a beta session",
      { id: "sess_1", model: "gpt-4o", client_secret: { value: "ek_1", expires_at: 5 }, voice: "alloy" },
      { secret: "ek_1", expires_at: 5, model: "gpt-4o" },
    ],
    ["a bare client_secret", { client_secret: "ek_1" }, { secret: "ek_1" }],
    [
      "Pipecat's options",
      { api_key: "sk_1", model: "m", initial_messages: [{ role: "user", content: "hi" }], settings: { voice: "ash" } },
      { api_key: "sk_1", model: "m", initial_messages: [{ role: "user", content: "hi" }], settings: { voice: "ash" } },
    ],
    [
      "session_config and settings",
      { session_config: { voice: "a", speed: 1 }, settings: { voice: "b" } },
      { settings: { voice: "b", speed: 1 } },
    ],
    ["unknown keys", { room_url: "x", token: 3 }, {}],
    ["nulls", { api_key: null, model: null, value: null, client_secret: null, initial_messages: undefined }, {}],
  ])("reads %s", (_name, params, expected) => {
    expect(readConnectionParams(params)).toEqual(expected);
  });

  it.each([
    ["a number", 3, "object"],
    ["a list", ["ek_1"], "object"],
    ["an empty string", " ", "empty"],
    ["value", { value: 3 }, "value"],
    ["value, empty", { value: "" }, "value"],
    ["client_secret", { client_secret: 3 }, "client_secret"],
    ["client_secret without value", { client_secret: {} }, "client_secret.value"],
    ["client_secret.value", { client_secret: { value: {} } }, "client_secret.value"],
    ["expires_at", { value: "ek_1", expires_at: "soon" }, "expires_at"],
    ["api_key", { api_key: 3 }, "api_key"],
    ["model", { model: 3 }, "model"],
    ["base_url", { base_url: 3 }, "base_url"],
    ["initial_messages", { initial_messages: "hi" }, "initial_messages"],
    ["initial_messages[0]", { initial_messages: ["hi"] }, "initial_messages[0]"],
    ["initial_messages[0].role", { initial_messages: [{ role: "robot", content: "hi" }] }, "initial_messages[0].role"],
    [
      "initial_messages[1].content",
      { initial_messages: [{ role: "user", content: "a" }, { role: "user" }] },
      "initial_messages[1].content",
    ],
    ["settings", { settings: 3 }, "settings"],
    ["settings.voice", { settings: { voice: 3 } }, "settings.voice"],
    ["session_config.max_tokens", { session_config: { max_tokens: true } }, "session_config.max_tokens"],
  ])("refuses a wrong %s and names it", (_name, params, named) => {
    const read = () => readConnectionParams(params);
    expect(read).toThrow(InvalidOptionsError);
    expect(read).toThrow(named);
  });

  it("reads own keys only", () => {
    const params = Object.create({ value: "ek_inherited" }) as object;
    expect(readConnectionParams(params)).toEqual({});
  });
});

describe("resolveKey", () => {
  it("takes a string, and asks a function on every attempt", async () => {
    await expect(resolveKey("sk_1", undefined, request, 0, 0)).resolves.toBe("sk_1");
    const ask = vi.fn(({ attempt }: { attempt: number }) => `ek_${attempt}`);
    await expect(resolveKey(ask, undefined, request, 0, 0)).resolves.toBe("ek_1");
    await expect(resolveKey(ask, undefined, { ...request, attempt: 2 }, 0, 0)).resolves.toBe("ek_2");
    expect(ask.mock.calls[0]?.[0]).toEqual(request);
  });

  it.each([
    ["a promise of a string", () => Promise.resolve("ek_1")],
    ["a GA secret", () => ({ value: "ek_1", expires_at: 1 })],
    ["a beta session", () => Promise.resolve({ client_secret: { value: " ek_1\n" } })],
  ])("takes %s from the function", async (_name, ask) => {
    await expect(resolveKey(ask, undefined, request, 0, 0)).resolves.toBe("ek_1");
  });

  it("tokenOf: finds none in what is no credential", () => {
    expect([undefined, null, 7, ["ek_1"], {}, { client_secret: null }].map(tokenOf)).toEqual(Array(6).fill(undefined));
  });

  it("prefers the secret of the session, until it has expired and there is another key", async () => {
    const params = { secret: "ek_session", expires_at: 100 };
    await expect(resolveKey("sk_1", params, request, 99, 0)).resolves.toBe("ek_session");
    await expect(resolveKey("sk_1", params, request, 100, 0)).resolves.toBe("sk_1");
    await expect(resolveKey(undefined, params, request, 100, 0)).rejects.toThrow("expired");
    await expect(resolveKey("sk_options", { api_key: "sk_params" }, request, 0, 0)).resolves.toBe("sk_params");
  });

  it("tries a secret that had expired before it was given: the clock of the device may be wrong", async () => {
    const params = { secret: "ek_session", expires_at: 100 };
    for (const now of [200, 4_000]) {
      await expect(resolveKey(undefined, params, request, now, 200)).resolves.toBe("ek_session");
      await expect(resolveKey("sk_1", params, request, now, 200)).resolves.toBe("sk_1");
    }
  });

  it.each([[undefined], [null], [""], [() => ""], [() => "  "], [() => undefined]])(
    "misses a key in %s",
    async (key) => {
      const error = await resolveKey(key, undefined, request, 0, 0).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AuthenticationError);
      expect((error as Error).message).toContain("api_key");
    },
  );

  it.each([[7], [{ token: "x" }], ["sk 1"], ["sk_ü"], [() => 7]])(
    "refuses %s, naming api_key, not the key",
    async (key) => {
      const error = await resolveKey(key, undefined, request, 0, 0).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect((error as Error).message).toContain("api_key");
      expect((error as Error).message).not.toContain("sk");
    },
  );

  it("is retryable when the token server is down", async () => {
    const down = new Error("fetch failed");
    const error = await resolveKey(() => Promise.reject(down), undefined, request, 0, 0).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(error).toMatchObject({ retryable: true, cause: down });
  });

  it.each<[unknown, string]>([
    [undefined, "AuthenticationError"],
    [" ", "AuthenticationError"],
    [{ hush: "hush-hush" }, "InvalidOptionsError"],
    ["upstream hush-hush", "InvalidOptionsError"],
  ])(
    "is retryable on a redial that the token server answers with %j, which it does not quote",
    async (answer, cause) => {
      const again = { ...request, attempt: 2 };
      const error = await resolveKey(() => answer, undefined, again, 0, 0).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConnectionFailedError);
      expect(error).toMatchObject({ retryable: true, cause: { name: cause } });
      expect((error as Error).message).toContain("`api_key`");
      expect(String(error) + String((error as Error).cause)).not.toContain("hush");
    },
  );

  it("is retryable on a redial for which the app was asked for its connection parameters", async () => {
    const again = { ...request, attempt: 2 };
    const failure = { name: "ConnectionFailedError", retryable: true };
    await expect(resolveKey(undefined, {}, again, 0, 0)).rejects.toMatchObject(failure);
    await expect(resolveKey({}, undefined, again, 0, 0)).rejects.toMatchObject(failure);
    await expect(resolveKey("k", { secret: "a b" }, again, 0, 0)).rejects.toMatchObject(failure);
  });
});

describe("planSession", () => {
  it("has defaults", () => {
    const plan = planSession({}, undefined, false);
    expect(webSocketUrl(plan)).toBe("wss://api.openai.com/v1/realtime?model=gpt-realtime");
    expect(plan).toMatchObject({
      dialect: "ga",
      initialMessages: [],
      runInitial: false,
      rawEvents: false,
      settings: {},
    });
  });

  it.each([
    ["https://gw.example/v1/realtime", "wss://gw.example/v1/realtime?model=m%20x"],
    ["http://127.0.0.1:8080/x", "ws://127.0.0.1:8080/x?model=m%20x"],
    ["ws://127.0.0.1:8080/x?team=a", "ws://127.0.0.1:8080/x?team=a&model=m+x"],
    ["wss://gw.example/x?model=other", "wss://gw.example/x?model=other"],
  ])("dials %s", (base_url, expected) => {
    const url = webSocketUrl(planSession({ base_url, model: "m x" }, undefined, false));
    expect(url.replace("+", "%20")).toBe(expected.replace("+", "%20"));
  });

  it("puts the key into a subprotocol and never into the URL", () => {
    const plan = planSession({ api_key: "sk_secret" }, { secret: "ek_secret" }, false);
    expect(webSocketProtocols("ek_secret", plan)).toEqual(["realtime", "openai-insecure-api-key.ek_secret"]);
    expect(JSON.stringify([plan, webSocketUrl(plan)])).not.toContain("secret");
    const beta = planSession({ dialect: "beta" }, undefined, false);
    expect(webSocketProtocols("k", beta)).toContain("openai-beta.realtime-v1");
  });

  it("lays settings over session_config, and parameters over both", () => {
    const plan = planSession(
      { model: "a", session_config: { voice: "a", speed: 1, instructions: "a" }, settings: { voice: "b", speed: 2 } },
      { model: "c", settings: { voice: "c" } },
      false,
    );
    expect(plan.model).toBe("c");
    expect(plan.settings).toEqual({ voice: "c", speed: 2, instructions: "a" });
  });

  it.each([
    ["user", false, true],
    ["system", false, true],
    ["assistant", false, false],
    ["user", true, false],
  ])("answers initial messages that end with %s's, returning=%s: %s", (role, returning, runs) => {
    expect(planSession({ initial_messages: [{ role, content: "x" }] }, undefined, returning).runInitial).toBe(runs);
  });

  it("does as run_initial_messages says, but never on the way back", () => {
    expect(planSession({ run_initial_messages: true }, undefined, false).runInitial).toBe(true);
    const quiet = { initial_messages: [{ role: "user", content: "x" }], run_initial_messages: false };
    expect(planSession(quiet, undefined, false).runInitial).toBe(false);
    expect(planSession({ run_initial_messages: true }, undefined, true).runInitial).toBe(false);
  });

  it.each([
    ["base_url", { base_url: "nowhere" }],
    ["base_url", { base_url: "ftp://x" }],
    ["session_config.voice", { session_config: { voice: 1 } }],
    ["settings", { settings: [] }],
    ["initial_messages", { initial_messages: "x" }],
  ])("names a wrong %s", (name, options) => {
    const plan = () => planSession(options as never, undefined, false);
    expect(plan).toThrow(InvalidOptionsError);
    expect(plan).toThrow(name);
  });
});

describe("redactor", () => {
  it("blanks known keys and what looks like one, and cuts long texts", () => {
    const redact = redactor(["my-own-key"]);
    expect(redact("Incorrect API key provided: sk-proj-abc***xyz. Or my-own-key, or ek_12345678.")).toBe(
      "Incorrect API key provided: [redacted] Or [redacted], or [redacted]",
    );
    expect(redact("x".repeat(5000)).length).toBeLessThan(700);
    expect(redact("a task-list is fine")).toBe("a task-list is fine");
  });

  it("blanks a key that is quoted as it was sent: in a URL, or in base64", () => {
    const key = "my+own=key";
    expect(redactor([key])(`?key=${encodeURIComponent(key)}, Basic ${btoa(key)}`)).toBe(
      "?key=[redacted], Basic [redacted]",
    );
  });
});
