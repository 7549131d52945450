import { describe, expect, it } from "vitest";
import { AuthenticationError, ProtocolError, ServiceError } from "../../../../src/errors.js";
import { Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";

/** What the scenarios must not show. */
const KEY = "ek_the_secret";
const created = { type: "session.created", session: { type: "realtime", id: "sess_1", expires_at: 99 } };
const updated = { type: "session.updated", session: { type: "realtime", id: "sess_1", expires_at: 100 } };
const betaCreated = { type: "session.created", session: { id: "sess_1", modalities: ["text", "audio"] } };

describe("opening a session", () => {
  it("configures the session, and is ready once that is confirmed", () => {
    const scenario = new Scenario({ settings: { instructions: "be kind" } });
    scenario.receive(created);
    expect(scenario.sent).toEqual([
      {
        type: "session.update",
        session: expect.objectContaining({ type: "realtime", instructions: "be kind" }) as object,
      },
    ]);
    expect(scenario.of("ready")).toHaveLength(0);
    expect(scenario.conversation.isReady).toBe(false);

    scenario.receive(updated);
    expect(scenario.of("ready")).toHaveLength(1);
    expect(scenario.conversation.isReady).toBe(true);
    expect(scenario.conversation.expiresAt).toBe(100);
    scenario.receive(updated, created);
    expect(scenario.of("ready")).toHaveLength(1);
    expect(scenario.sentTypes).toEqual(["session.update"]);
  });

  it("tells the conversation so far before it is ready, and asks for an answer after", () => {
    const scenario = new Scenario({
      initialMessages: [
        { role: "system", content: "note" },
        { role: "developer", content: "more" },
        { role: "assistant", content: [{ type: "text", text: "earlier" }] },
        {
          role: "user",
          content: [
            { type: "text", text: "look" },
            { type: "image_url", image_url: { url: "data:x" } },
          ],
        },
      ],
      runInitial: true,
    });
    scenario.receive(created, updated);
    const item = (role: string, ...content: object[]) => ({
      type: "conversation.item.create",
      item: { type: "message", role, content },
    });
    expect(scenario.sent.slice(1)).toEqual([
      item("system", { type: "input_text", text: "note" }),
      item("system", { type: "input_text", text: "more" }),
      item("assistant", { type: "output_text", text: "earlier" }),
      item("user", { type: "input_text", text: "look" }, { type: "input_image", image_url: "data:x" }),
      { type: "response.create" },
    ]);
    const order = scenario.effects.map((effect) => (effect.type === "send" ? effect.event.type : effect.type));
    expect(order.slice(-2)).toEqual(["ready", "response.create"]);
  });

  it("speaks beta when told to, or when the service does and may be followed", () => {
    for (const dialect of ["beta", "auto"] as const) {
      const scenario = new Scenario({ dialect, initialMessages: [{ role: "assistant", content: "earlier" }] });
      scenario.receive(betaCreated, { type: "session.updated", session: betaCreated.session });
      expect(scenario.sent[0]).toMatchObject({ session: { input_audio_format: "pcm16" } });
      expect(scenario.sent[0]).not.toMatchObject({ session: { type: "realtime" } });
      expect(scenario.sent[1]).toMatchObject({ item: { content: [{ type: "text", text: "earlier" }] } });
    }
    const following = new Scenario({ dialect: "auto" });
    following.receive(created);
    expect(following.sent[0]).toMatchObject({ session: { type: "realtime" } });
  });

  it("warns of a dialect that does not fit", () => {
    const scenario = new Scenario();
    scenario.receive(betaCreated);
    expect(scenario.of("log")).toMatchObject([{ level: "warn", message: expect.stringContaining("beta") as string }]);
    expect(scenario.sent[0]).toMatchObject({ session: { type: "realtime" } });
    const old = new Scenario({ dialect: "beta" });
    old.receive(created);
    expect(old.of("log")).toMatchObject([{ level: "warn", message: expect.stringContaining("ga dialect") as string }]);
  });

  it.each([
    ["ga", created],
    ["beta", betaCreated],
    ["ga", { type: "session.created", session: { id: "sess_1" } }],
  ] as const)("does not warn of one that fits, or does not show: %s, %j", (dialect, event) => {
    const scenario = new Scenario({ dialect });
    scenario.receive(event);
    expect(scenario.of("log")).toEqual([]);
  });

  it("fails when its settings are refused, rather than going on without them", () => {
    const scenario = new Scenario();
    scenario.receive(
      created,
      server.error({ code: "unknown_parameter", message: "Unknown parameter: session.x", param: "session.x" }),
    );
    expect(scenario.of("fault")).toHaveLength(1);
    expect(scenario.of("fault")[0]?.error).toBeInstanceOf(ServiceError);
    expect(scenario.of("fault")[0]?.error).toMatchObject({ serviceCode: "unknown_parameter", retryable: false });
  });

  it.each([
    { type: "server_error" },
    { type: "invalid_request_error", code: "server_error" },
    { type: "rate_limit_exceeded" },
    { type: "tokens", code: "rate_limit_exceeded" },
  ])("fails for now when the service has a trouble of its own: %j", (error) => {
    const scenario = new Scenario();
    scenario.receive(created, server.error(error));
    expect(scenario.of("fault").map((fault) => fault.error.retryable)).toEqual([true]);
    const running = Scenario.ready();
    running.receive(server.error(error));
    expect(running.of("fault")).toEqual([]);
    expect(running.of("report").map(({ error: reported }) => reported)).toMatchObject([{ retryable: false }]);
  });

  it("only reports settings that are refused later", () => {
    const scenario = Scenario.ready();
    scenario.update({ voice: "x" });
    scenario.receive(server.error({ code: "invalid_value", event_id: scenario.lastId("session.update") }));
    expect(scenario.of("fault")).toHaveLength(0);
    expect(scenario.of("report")).toHaveLength(1);
  });
});

describe("changing settings", () => {
  it("sends what changed, without defaults, and only while it can", () => {
    const scenario = new Scenario();
    scenario.update({ instructions: "early" });
    expect(scenario.sent).toEqual([]);
    const running = Scenario.ready();
    running.update({ instructions: "new", max_tokens: 9 });
    expect(running.sent).toEqual([
      { type: "session.update", session: { type: "realtime", instructions: "new", max_output_tokens: 9 } },
    ]);
  });

  it("keeps a new voice for later once the model has spoken", () => {
    const scenario = Scenario.ready();
    scenario.update({ voice: "ash" });
    expect(scenario.sent).toHaveLength(1);
    scenario.receive(server.created(), server.audio(20));
    scenario.forget();
    scenario.update({ voice: "marin" });
    expect(scenario.sent).toEqual([]);
    scenario.update({ voice: "marin", speed: 1.1 });
    expect(scenario.sent).toEqual([
      { type: "session.update", session: { type: "realtime", audio: { output: { speed: 1.1 } } } },
    ]);
    expect(scenario.of("log")[0]).toMatchObject({ level: "warn", once: true });
  });
});

describe("errors of the service", () => {
  it.each([
    ["session_expired", ServiceError, true],
    ["beta_api_shape_disabled", ServiceError, false],
    ["invalid_api_key", AuthenticationError, false],
    ["model_not_found", ServiceError, false],
    ["insufficient_quota", ServiceError, false],
  ])("%s ends the session", (code, ErrorClass, retryable) => {
    const scenario = Scenario.ready();
    scenario.receive(server.error({ code, message: "Because of ek_the_secret." }));
    const fault = scenario.of("fault")[0];
    expect(fault?.error).toBeInstanceOf(ErrorClass);
    expect(fault?.error.retryable).toBe(retryable);
    expect(fault?.error.message).toContain("Because of [redacted]");
  });

  it("takes any authentication error for one", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.error({ type: "authentication_error", code: "something_new" }));
    expect(scenario.of("fault")[0]?.error).toBeInstanceOf(AuthenticationError);
  });

  it("reports the rest, and goes on", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.error({ code: "input_audio_buffer_commit_empty", message: "buffer too small" }));
    expect(scenario.of("report")[0]?.error).toMatchObject({
      serviceCode: "input_audio_buffer_commit_empty",
      message: expect.stringContaining("buffer too small") as string,
    });
    expect(scenario.of("fault")).toHaveLength(0);
  });

  it.each([
    ["by its code", { code: "response_cancel_not_active" }],
    ["by the cancel it answers", { code: "whatever", event_id: "rtvi_cancel_3" }],
    ["by the truncate it answers", { code: "whatever", event_id: "rtvi_truncate_4" }],
  ])("says nothing of a harmless race, known %s", (_name, error) => {
    const scenario = Scenario.ready();
    scenario.receive(server.error(error));
    expect(scenario.of("report")).toHaveLength(0);
    expect(scenario.of("log")).toMatchObject([{ level: "debug" }]);
  });

  it("does not take an app's own event id for one of ours", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.error({ code: "whatever", event_id: "my_cancel_3" }));
    expect(scenario.of("report")).toHaveLength(1);
  });
});

describe("malformed messages", () => {
  const valid = server.audio(20);
  it.each([
    ["empty", ""],
    ["not JSON", "{"],
    ["a number", "7"],
    ["a list", "[]"],
    ["null", "null"],
    ["without a type", "{}"],
    ["a type that is no string", '{"type":7}'],
    ["session.created without a session", '{"type":"session.created"}'],
    ["a session that is a list", '{"type":"session.updated","session":[]}'],
    ["response.created without a response", '{"type":"response.created"}'],
    ["a response without an id", '{"type":"response.created","response":{}}'],
    ["a response id that is an object", '{"type":"response.done","response":{"id":{}}}'],
    ["a response id that is a fraction", '{"type":"response.done","response":{"id":7.5}}'],
    ["an empty response id", '{"type":"response.created","response":{"id":""}}'],
    ["a huge id", JSON.stringify({ type: "response.created", response: { id: "x".repeat(10_000) } })],
    ["output that is an object", '{"type":"response.done","response":{"id":"r","output":{}}}'],
    ["an audio delta without text", JSON.stringify({ ...valid, delta: undefined })],
    ["an audio delta that is a number", JSON.stringify({ ...valid, delta: 7 })],
    ["an audio delta without an item", JSON.stringify({ ...valid, item_id: null })],
    ["an audio delta that is not base64", JSON.stringify({ ...valid, delta: "%%%%" })],
    ["half a sample", JSON.stringify({ ...valid, delta: Buffer.alloc(3).toString("base64") })],
    ["a huge audio delta", JSON.stringify({ ...valid, delta: "A".repeat(9 * 1024 * 1024) })],
    [
      "a transcript that is an object",
      '{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":{}}',
    ],
    ["a type from the prototype", '{"type":"session.created","__proto__":{"session":{"type":"realtime"}}}'],
  ])("%s: is reported, and changes nothing", (_name, text) => {
    const scenario = Scenario.ready();
    scenario.raw(text);
    const reports = scenario.of("report");
    expect(reports).toHaveLength(1);
    expect(reports[0]?.error).toBeInstanceOf(ProtocolError);
    expect(reports[0]?.error.message.length).toBeLessThan(300);
    expect(scenario.of("play")).toHaveLength(0);
    expect(scenario.of("fault")).toHaveLength(0);
    expect(Object.hasOwn(Object.prototype, "session")).toBe(false);

    scenario.forget();
    scenario.receive(server.created("resp_2"), server.audio(20, "resp_2"), server.done("resp_2"));
    expect(scenario.of("play")).toHaveLength(1);
    expect(scenario.of("report")).toHaveLength(0);
  });

  it("understands JSON in binary frames", () => {
    const scenario = Scenario.ready();
    scenario.raw(new TextEncoder().encode(JSON.stringify(server.started)).buffer);
    expect(scenario.told).toEqual(["user-started-speaking"]);
  });

  it("lets unknown events pass", () => {
    const scenario = Scenario.ready();
    scenario.receive({ type: "rate_limits.updated", rate_limits: [] }, { type: "toString" }, { type: "__proto__" });
    expect(scenario.of("report")).toHaveLength(0);
    expect(scenario.told).toEqual([]);
  });
});

describe("names that the service chose", () => {
  it("show no key: of an event that is not used, and of a function whose arguments are broken", () => {
    const scenario = Scenario.ready();
    scenario.receive({ type: KEY }, server.callDone("c1", KEY, "["));
    expect(scenario.of("log").map(({ message }) => message)).toEqual(["The event [redacted] is not used."]);
    expect(scenario.of("report").map(({ error }) => error.message)).toEqual([
      "OpenAI called [redacted] with arguments that are not a JSON object.",
    ]);
  });
});

describe("raw events", () => {
  it("bring no prototype to the app", () => {
    const scenario = Scenario.ready({ rawEvents: true });
    scenario.raw('{"type":"rate_limits.updated","__proto__":{"x":1},"limits":[{"__proto__":{"y":1}}]}');
    expect(JSON.stringify(scenario.data("server-message"))).toBe(
      '[{"t":"raw","d":{"type":"rate_limits.updated","limits":[{}]}}]',
    );
  });

  it("are delivered when asked for: all but audio, and no client secret", () => {
    const scenario = new Scenario({ rawEvents: true });
    scenario.receive({ type: "session.created", session: { id: "s", client_secret: { value: "ek_the_secret" } } });
    scenario.receive({ type: "rate_limits.updated", rate_limits: [1] }, server.audio(20));
    expect(scenario.data("server-message")).toEqual([
      { t: "raw", d: { type: "session.created", session: { id: "s" } } },
      { t: "raw", d: { type: "rate_limits.updated", rate_limits: [1] } },
    ]);
    expect(JSON.stringify(scenario.effects)).not.toContain("ek_the_secret");
  });

  it("are delivered with the audio when all are asked for", () => {
    const scenario = new Scenario({ rawEvents: "all" });
    scenario.receive(server.audio(20));
    expect(scenario.data("server-message")).toEqual([{ t: "raw", d: server.audio(20) }]);
  });

  it("show no key, wherever the service quotes it", () => {
    const scenario = Scenario.ready({ rawEvents: "all" });
    const error = { type: "t", code: `c ${KEY}`, param: KEY, message: `bad ${KEY}, or AIzaSy123456` };
    scenario.receive(
      { type: "error", error, session: { client_secret: { value: "another" } } },
      server.done("resp_1", { status: "failed", status_details: { type: "failed", error } }),
      { type: "rate_limits.updated", [KEY]: [{ name: encodeURIComponent(KEY) }] },
    );
    expect(scenario.data("server-message")).toHaveLength(3);
    expect(JSON.stringify(scenario.effects)).not.toMatch(/the_secret|AIza|another/);
    expect(JSON.stringify(scenario.effects)).toContain("bad [redacted], or [redacted]");
  });

  it("come as they are where they quote none", () => {
    const scenario = Scenario.ready({ rawEvents: "all" });
    const said = server.transcript("We use sk-learn, as everybody does");
    scenario.receive(said);
    expect(scenario.data("server-message")).toEqual([{ t: "raw", d: said }]);
  });

  it("are not delivered otherwise", () => {
    const scenario = Scenario.ready();
    scenario.receive({ type: "rate_limits.updated" });
    expect(scenario.told).toEqual([]);
  });
});
