import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import type { Command } from "../../../../src/contracts/dialogue.js";
import { OpenAIRealTimeWebSocketTransport, type OpenAIServiceOptions } from "../../../../src/providers/openai/index.js";
import { restoredTools } from "../../../../src/providers/openai/services/tools.js";
import { ScriptedMediaManager } from "../../../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { drain, silent } from "../../../../packages/testkit/src/worlds/world.js";
import { played, Scenario, server } from "../../../../packages/testkit/src/messages/openai.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

/** What the app asks of a transport, and is told. */
function asking(transport: OpenAIRealTimeWebSocketTransport) {
  const told: RTVIMessage[] = [];
  transport.initialize({ transport, callbacks: {} }, (message) => void told.push(message));
  const ask = (type: string, data: unknown = {}) => {
    transport.sendMessage(new RTVIMessage(type, data, "id1"));
    return told.at(-1);
  };
  const set = (service: string, name: string, value: unknown, more: object = {}) =>
    ask("update-config", { config: [{ service, options: [{ name, value }] }], ...more });
  const config = () => {
    const { config: all } = ask("get-config")?.data as {
      config: { service: string; options: { name: string; value: unknown }[] }[];
    };
    return Object.fromEntries(
      all.map(({ service, options: list }) => [
        service,
        Object.fromEntries(list.map(({ name, value }) => [name, value])),
      ]),
    );
  };
  return { ask, set, config, told };
}

/** A transport without a session: it answers for itself. */
function offline(options: OpenAIServiceOptions = {}) {
  const service = { api_key: canary(), ...options };
  return asking(new OpenAIRealTimeWebSocketTransport(service, new ScriptedMediaManager(), { logger: silent }));
}

/** One whose session is ready; `leave` ends it. */
async function inSession(options: OpenAIServiceOptions = {}, params?: unknown) {
  const service = { api_key: canary(), ...options };
  const transport = new OpenAIRealTimeWebSocketTransport(service, new ScriptedMediaManager(), {
    WebSocket: FakeWebSocketConstructor,
    logger: silent,
  });
  const asked = asking(transport);
  const ready = transport.connect(params).then(() => transport.sendReadyMessage());
  await drain();
  const socket = FakeWebSocket.last;
  const receive = (...events: object[]) => {
    for (const event of events) socket.message(JSON.stringify(event));
  };
  socket.open();
  await drain();
  receive({ type: "session.created", session: { type: "realtime" } });
  receive({ type: "session.updated", session: { type: "realtime" } });
  await ready;
  const begun = socket.sent.length;
  /** The client events since it was ready, without their ids. */
  const sent = () =>
    socket.sent.slice(begun).map((text) => {
      const { event_id: _id, ...event } = JSON.parse(String(text)) as Record<string, unknown>;
      return event;
    });
  const leave = async () => {
    const gone = transport.disconnect();
    socket.drop(1000, "", true);
    await gone;
  };
  return { ...asked, receive, sent, leave };
}

describe("the services of the OpenAI transports", () => {
  it("show the options that are set, and never a credential", () => {
    const mcp = { type: "mcp", server_label: "s", server_url: "https://s", authorization: "mcp-secret", headers: {} };
    const { config, ask } = offline({
      model: "gpt-realtime-2",
      initial_messages: [{ role: "user", content: "hi" }],
      session_config: {
        instructions: "Be kind.",
        voice: { id: "voice_1" },
        speed: 1.1,
        max_tokens: 100,
        tool_choice: { type: "function", function: { name: "f" } },
        tools: [mcp],
        turn_detection: { type: "server_vad", silence_duration_ms: 300, threshold: 0.6, prefix_padding_ms: 200 },
        input_audio_transcription: { model: "whisper-1", language: "de" },
      },
    });
    expect(config()).toEqual({
      vad: { enabled: true, params: { stop_secs: 0.3, prefix_secs: 0.2, confidence: 0.6 } },
      stt: { model: "whisper-1", language: "de" },
      llm: {
        model: "gpt-realtime-2",
        initial_messages: [{ role: "user", content: "hi" }],
        instructions: "Be kind.",
        max_tokens: 100,
        tools: [{ type: "mcp", server_label: "s", server_url: "https://s" }],
        tool_choice: "f",
      },
      tts: { voice: "voice_1", speed: 1.1 },
    });
    expect(JSON.stringify(ask("get-config"))).not.toContain("secret");
  });

  it("are described in full, under the names of the seed", () => {
    const { ask } = offline();
    const { config } = ask("describe-config")?.data as { config: { name: string; options: { name: string }[] }[] };
    expect(config.map(({ name, options }) => [name, options.map((option) => option.name).join(" ")])).toEqual([
      ["vad", "enabled params"],
      ["stt", "model language prompt"],
      ["llm", "model initial_messages instructions temperature max_tokens tools tool_choice"],
      ["tts", "voice speed"],
    ]);
    const { actions } = ask("describe-actions")?.data as { actions: { service: string; action: string }[] };
    expect(actions.map(({ service, action }) => `${service}:${action}`)).toEqual([
      "llm:run",
      "llm:append_to_messages",
      "llm:get_context",
      "llm:set_context",
      "tts:say",
      "tts:interrupt",
    ]);
  });

  it.each([
    ["vad", "params", { stop_secs: 3 }],
    ["vad", "enabled", false],
    ["stt", "model", "whisper-1"],
    ["stt", "prompt", "names"],
    ["llm", "model", "gpt-realtime-2"],
    ["llm", "initial_messages", [{ role: "system", content: "Be kind." }]],
    ["llm", "instructions", "Be brief."],
    ["llm", "temperature", 0.7],
    ["llm", "max_tokens", 50],
    ["llm", "tools", [{ type: "function", name: "f" }]],
    ["llm", "tool_choice", "required"],
    ["llm", "tool_choice", "f"],
    ["tts", "voice", "cedar"],
    ["tts", "voice", "voice_2"],
    ["tts", "speed", 1.2],
  ])("take %s.%s before the session", (service, name, value) => {
    const { set, config } = offline();
    expect(set(service, name, value)).toMatchObject({ type: "config", id: "id1" });
    expect(config()[service]?.[name]).toEqual(value);
  });

  it.each([
    ["vad", "params", { start_secs: 1 }, 'vad.params has no "start_secs" here. There are "stop_secs",'],
    ["vad", "params", { stop_secs: -1 }, "vad.params.stop_secs must be a number from 0 to 60."],
    ["vad", "params", { confidence: "loud" }, "vad.params.confidence must be a number from 0 to 1."],
    ["llm", "model", "", "llm.model must not be empty."],
    ["llm", "initial_messages", ["hi"], "llm.initial_messages[0] must be an object"],
    ["llm", "tools", ["f"], "settings.tools must be a list of objects"],
    ["tts", "tempo", 1, 'There is no option tts.tempo. The options of "tts" are "voice" and "speed".'],
  ])("refuse %s.%s %j, and change nothing", (service, name, value, error) => {
    const { set, config } = offline();
    const before = config();
    expect(set(service, name, value)).toMatchObject({
      type: "error-response",
      id: "id1",
      data: { error: expect.stringContaining(error) as string },
    });
    expect(config()).toEqual(before);
  });

  it("leave alone what was not set", () => {
    const initial_messages = [{ role: "user", content: "hi" }];
    const { set, config } = offline({ model: "m0", initial_messages, session_config: { instructions: "Be kind." } });
    const before = config();
    set("tts", "speed", 1.2);
    expect(config()).toEqual({ ...before, tts: { speed: 1.2 } });
  });

  it("turn detection off and on, and semantic detection into detection by loudness", () => {
    const { set, config } = offline({ session_config: { turn_detection: { type: "semantic_vad", eagerness: "low" } } });
    expect(config().vad).toEqual({ enabled: true });
    set("vad", "params", { stop_secs: 0.4 });
    expect(config().vad).toEqual({ enabled: true, params: { stop_secs: 0.4 } });
    set("vad", "enabled", false);
    expect(config().vad).toEqual({ enabled: false });
    expect(set("vad", "params", { stop_secs: 1 })?.data).toMatchObject({
      error: expect.stringContaining("vad.enabled") as string,
    });
  });

  it("give a tool that comes back its credential again, and no other server's", () => {
    const mcp = { type: "mcp", server_label: "s", server_url: "https://s", authorization: "mcp-secret" };
    const { config } = offline({ session_config: { tools: [mcp] } });
    const [shown] = config().llm?.tools as object[];
    const others = [{ ...shown, server_url: "https://evil" }, { ...shown, server_label: "t" }, { type: "mcp" }, "odd"];
    expect(restoredTools([shown, ...others], [mcp, "odd"])).toEqual([mcp, ...others]);
    expect(restoredTools([shown], undefined)).toEqual([shown]);
  });

  it("act in a session only", () => {
    const { ask } = offline();
    for (const [service, action] of [
      ["llm", "run"],
      ["llm", "get_context"],
      ["tts", "interrupt"],
    ]) {
      expect(ask("action", { service, action })).toMatchObject({
        type: "error-response",
        data: { error: expect.stringContaining("not ready") as string },
      });
    }
  });
});

describe("the services in a session", () => {
  const faster = { type: "session.update", session: { type: "realtime", audio: { output: { speed: 1.2 } } } };
  it.each([
    ["goes on", {}, [faster]],
    [
      "is interrupted where the app says so",
      { interrupt: true },
      [{ type: "response.cancel", response_id: "resp_1" }, faster],
    ],
  ])("change what the service is told, and the bot %s", async (_what, more, sent) => {
    const session = await inSession();
    session.receive(server.created());
    session.set("tts", "speed", 1.2, more);
    expect(session.sent()).toEqual(sent);
    await session.leave();
  });

  it("take a configuration back in which something deep inside was changed, as if it had come from a server", async () => {
    const tool = { type: "function", name: "f", parameters: { type: "object", properties: {} } };
    const first = { role: "user", content: "hi" };
    const options = { session_config: { tools: [tool] }, initial_messages: [first] };
    const { ask, sent, leave } = await inSession(options);
    type Config = { options: { name: string; value: { parameters: object }[] }[] }[];
    const { config } = structuredClone(ask("get-config"))?.data as { config: Config };
    const shown = (ask("get-config")?.data as { config: Config }).config;
    const llm = (all: Config, name: string) => all[2]!.options.find((option) => option.name === name)!.value;
    Object.assign(llm(shown, "tools")[0]!.parameters, { properties: { city: { type: "string" } } });
    expect(tool.parameters.properties, "the app's own").toEqual({});
    expect(ask("update-config", { config: shown })).toMatchObject({ type: "config" });
    expect(sent()).toMatchObject([{ session: { tools: [{ parameters: { properties: { city: {} } } }] } }]);
    llm(shown, "initial_messages").push({ parameters: {} });
    expect(ask("update-config", { config: shown })).toMatchObject({ type: "error-response" });
    Object.assign(llm(config, "tools")[0]!.parameters, { properties: { day: {} } });
    ask("update-config", { config });
    Object.assign(llm(config, "tools")[0]!.parameters, { properties: { year: {} } });
    ask("update-config", { config });
    expect(sent()).toHaveLength(3);
    await leave();
  });

  it("take the context back that they gave, with its tools; others are the configuration's", async () => {
    const tool = { type: "function", name: "f" };
    const { ask, sent, leave } = await inSession({ session_config: { tools: [tool] } });
    const { result } = ask("action", { service: "llm", action: "get_context" })?.data as { result: object };
    const set = (context: object) => {
      const list = Object.entries(context).map(([name, value]: [string, unknown]) => ({ name, value }));
      return ask("action", { service: "llm", action: "set_context", arguments: list });
    };
    expect(result).toEqual({ messages: [], tools: [tool] });
    expect(set({ ...result, messages: [{ role: "user", content: "hi" }] })?.data).toEqual({ result: true });
    expect(sent()).toMatchObject([{ type: "conversation.item.create" }]);
    expect(set({ ...result, tools: [] })).toMatchObject({
      type: "error-response",
      data: { error: expect.stringContaining("update-config") as string },
    });
    expect(sent()).toHaveLength(1);
    await leave();
  });

  it("tell the service nothing of what only the next session is opened with", async () => {
    const session = await inSession();
    session.set("llm", "initial_messages", [{ role: "user", content: "hi" }]);
    expect(session.sent()).toEqual([]);
    await session.leave();
    expect(session.config().llm).toMatchObject({ initial_messages: [{ role: "user", content: "hi" }] });
  });

  it("keep a model that was given for one session out of the next", async () => {
    const session = await inSession({ model: "m0" }, { model: "m1" });
    session.set("tts", "speed", 1.2);
    expect(session.config().llm).toEqual({ model: "m1", initial_messages: [] });
    await session.leave();
    expect(session.config()).toMatchObject({ llm: { model: "m0" }, tts: { speed: 1.2 } });
  });
});

const heard = (transcript: string, item_id = "item_u") => ({
  type: "conversation.item.input_audio_transcription.completed",
  item_id,
  transcript,
});

const texts = ({ conversation }: Scenario) =>
  conversation.history.items.map((item) =>
    item.type === "message" ? `${item.role}: ${String(item.content)}` : item.type,
  );

describe("the history of a conversation", () => {
  it("has the turns in their order, words that come late included", () => {
    const scenario = Scenario.ready({ initialMessages: [{ role: "system", content: "Be kind." }] });
    scenario.receive(server.started, server.stopped, server.committed, server.created());
    scenario.receive(server.transcript("Hello "), server.transcript("there."), heard(" Hi! "), server.done());
    scenario.app("send-text", { content: "And you?" });
    expect(texts(scenario)).toEqual(["system: Be kind.", "user: Hi!", "assistant: Hello there.", "user: And you?"]);
  });

  it("has of a cut answer what was heard", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(1_000), server.audioDone());
    scenario.receive(server.transcript("One two three four."), server.transcriptDone("One two three four."));
    scenario.plays("began", "item_a", 0, 1_000);
    scenario.interrupt();
    scenario.cut(played("item_a", 500, 1_000));
    expect(texts(scenario)).toEqual(["assistant: One two"]);
  });

  it("has nothing of what was not heard, nor of what was said out of band", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(1_000), server.transcript("One two."));
    scenario.interrupt();
    scenario.cut();
    scenario.receive(server.done("resp_1", { status: "cancelled" }));
    scenario.receive(server.created("resp_2", { conversation_id: null }), server.text("aside", "resp_2", "item_b"));
    scenario.receive(server.done("resp_2", { conversation_id: null }));
    expect(texts(scenario)).toEqual([]);
  });

  it("has all that it may have, although a turn of the user has no id that its words could come by", () => {
    const scenario = Scenario.ready({ limits: { items: 2 } });
    for (const content of ["One", "Two"]) scenario.app("append-to-context", { role: "user", content });
    scenario.receive({ type: "input_audio_buffer.committed" });
    expect(texts(scenario)).toEqual(["user: One", "user: Two"]);
  });

  it("has functions and their results", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.callAdded("c1", "f"), server.callDone("c1", "f", '{"a":1}'));
    scenario.app("llm-function-call-result", { tool_call_id: "c1", result: 7 });
    expect(scenario.conversation.history.items).toEqual([
      { type: "tool-call", callId: "c1", name: "f", arguments: '{"a":1}' },
      { type: "tool-result", callId: "c1", output: "7" },
    ]);
  });
});

describe("what the app does to the conversation", () => {
  it("replaces it: every item known goes, by whoever it was made", () => {
    const scenario = Scenario.ready();
    scenario.app("send-text", { content: "one", options: { run_immediately: false } });
    scenario.receive({ type: "conversation.item.added", item: { id: "item_u", type: "message" } });
    scenario.receive({ type: "conversation.item.added", item: { id: "item_x", type: "message" } });
    scenario.receive({ type: "conversation.item.deleted", item_id: "item_x" });
    scenario.receive({ type: "conversation.item.added", item: { type: "message" } });
    scenario.forget();
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "assistant", content: null, tool_calls: [{ id: "c1", function: { name: "f", arguments: "{}" } }] },
      { role: "tool", tool_call_id: "c1", content: "7" },
    ];
    scenario.effects.push(...scenario.conversation.command({ type: "replace", messages, interrupt: false }));
    expect(scenario.sent).toEqual([
      { type: "conversation.item.delete", item_id: "rtvi_item_1" },
      { type: "conversation.item.delete", item_id: "item_u" },
      {
        type: "conversation.item.create",
        item: { type: "message", role: "system", content: [{ type: "input_text", text: "Be brief." }] },
      },
      { type: "conversation.item.create", item: { type: "function_call", call_id: "c1", name: "f", arguments: "{}" } },
      { type: "conversation.item.create", item: { type: "function_call_output", call_id: "c1", output: "7" } },
    ]);
    expect(texts(scenario)).toEqual(["system: Be brief.", "tool-call", "tool-result"]);
    // What was to be deleted may have gone by itself.
    scenario.receive(server.error({ event_id: scenario.lastId("conversation.item.delete") }));
    expect(scenario.of("report")).toEqual([]);
  });

  const messages = [{ role: "user", content: "By the way" }];
  it.each<[string, Command, string[]]>([
    ["appends to", { type: "append", messages, run: false }, []],
    ["replaces", { type: "replace", messages, interrupt: false }, []],
    ["appends to", { type: "append", messages, run: true }, ["response.cancel"]],
    ["replaces", { type: "replace", messages, interrupt: true }, ["response.cancel"]],
  ])("%s it, and interrupts the bot and asks for an answer only where it says so: %j", (_what, command, cancels) => {
    const scenario = Scenario.ready();
    scenario.receive(server.created(), server.audio(100));
    scenario.forget();
    scenario.effects.push(...scenario.conversation.command(command));
    expect(scenario.of("flush")).toHaveLength(cancels.length);
    expect(scenario.sentTypes).toEqual([...cancels, "conversation.item.create"]);
    scenario.receive(server.done());
    const answers = scenario.sentTypes.filter((type) => type === "response.create");
    expect(answers).toHaveLength(command.type === "append" && command.run ? 1 : 0);
  });

  it("does nothing at all when a message makes no sense", () => {
    const scenario = Scenario.ready();
    scenario.receive(server.created());
    scenario.forget();
    const messages = [
      { role: "user", content: "fine" },
      { role: "judge", content: "guilty" },
    ];
    const changes: Command[] = [
      { type: "append", messages, run: true },
      { type: "replace", messages, interrupt: true },
    ];
    for (const change of changes) {
      expect(() => scenario.conversation.command(change)).toThrow("messages[1].role");
    }
    expect(scenario.conversation.playback({ type: "unblocked" })).toEqual([]);
    expect(texts(scenario)).toEqual([]);
  });

  it("has a text said word for word, after what is being said, in each dialect", () => {
    for (const [dialect, key, modalities] of [
      ["ga", "output_modalities", ["audio"]],
      ["beta", "modalities", ["audio", "text"]],
    ] as const) {
      const scenario = Scenario.ready({ dialect });
      scenario.receive(server.created());
      scenario.forget();
      scenario.effects.push(...scenario.conversation.command({ type: "speak", text: "Ahoy!" }));
      expect(scenario.sent).toEqual([]);
      scenario.receive(server.done());
      expect(scenario.sent).toEqual([
        {
          type: "response.create",
          response: {
            instructions: expect.stringMatching(/word for word[^]*\n\nAhoy!$/) as string,
            input: [],
            tool_choice: "none",
            [key]: modalities,
          },
        },
      ]);
    }
  });
});
