import { RTVIMessage } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import type { LocalService } from "../../../../packages/local-service/src/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../../src/providers/openai/index.js";
import type { OpenAIServiceOptions } from "../../../../src/providers/openai/index.js";
import { QuickMedia } from "../../../../packages/testkit/src/worlds/quick-media.js";
import { chunks, silence, speech } from "../../../../packages/testkit/src/audio/speech.js";
import { withService } from "../../../../packages/testkit/src/worlds/with-service.js";
import { drain, ScriptedNetwork } from "../../../../packages/testkit/src/worlds/world.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

const open: OpenAIRealTimeWebSocketTransport[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((transport) => transport.disconnect()));
});

function rigFor(service: LocalService, options: OpenAIServiceOptions = {}) {
  const manager = new QuickMedia();
  const network = new ScriptedNetwork();
  const told: RTVIMessage[] = [];
  const errors: unknown[] = [];
  const transport = new OpenAIRealTimeWebSocketTransport(
    { api_key: canary(), base_url: service.wsUrl, ...options },
    manager,
    { WebSocket: NodeWebSocket as unknown as typeof WebSocket, network, reconnect: false, logger: quiet },
  );
  const callbacks = { onError: ({ data }: RTVIMessage) => void errors.push(data) };
  transport.initialize({ transport, callbacks }, (message) => void told.push(message));
  open.push(transport);
  const types = () => told.map(({ type }) => type);
  const data = (type: string) => told.filter((message) => message.type === type).map((message) => message.data);
  const seen = (type: string, times = 1) =>
    vi.waitFor(() => {
      expect(types().filter((told_) => told_ === type).length).toBeGreaterThanOrEqual(times);
    }, 8_000);
  const say = (content: string, flags: object = {}) => {
    transport.sendMessage(new RTVIMessage("send-text", { content, options: flags }));
  };
  return { transport, manager, network, told, errors, types, data, seen, say };
}

const ignore = () => undefined;
const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };

async function ready(service: LocalService, options: OpenAIServiceOptions = {}) {
  const rig = rigFor(service, options);
  await rig.transport.connect();
  await rig.transport.sendReadyMessage();
  return rig;
}

const tools = ["get_weather", "get_time"].map((name) => ({
  type: "function" as const,
  name,
  parameters: { type: "object" },
}));

describe("OpenAIRealTimeWebSocketTransport with the local service", { timeout: 20_000 }, () => {
  it.each(["ga", "beta"] as const)("speaks %s: a text is answered aloud", async (dialect) => {
    const rig = await ready(await withService({ dialect }), { dialect });
    rig.say("hello there");
    await rig.seen("bot-stopped-speaking");
    expect(rig.types()).toEqual(
      expect.arrayContaining(["bot-llm-started", "bot-tts-started", "bot-started-speaking", "bot-tts-stopped"]),
    );
    expect(rig.data("bot-output").at(-1)).toMatchObject({ spoken_status: "completed" });
    expect(rig.data("metrics")[0]).toHaveProperty("ttfb");
    expect(rig.errors).toEqual([]);
  });

  it.each(["ga", "beta"] as const)(
    "gets a sign of life in %s when it asks for one, and nothing else",
    async (dialect) => {
      const rig = await ready(await withService({ dialect }), { dialect, raw_events: true });
      const before = rig.data("server-message").length;
      const others = rig.told.length - before;
      // A page that wakes up asks.
      rig.network.show(true);
      await rig.seen("server-message", before + 1);
      expect(rig.data("server-message").at(-1)).toMatchObject({ t: "raw", d: { type: "session.updated" } });
      expect(rig.told.length - rig.data("server-message").length).toBe(others);
      expect(rig.errors).toEqual([]);
      await rig.transport.disconnect();
      const all = rig.told.length;
      rig.network.show(true);
      await drain();
      expect([rig.told.length, rig.errors]).toEqual([all, []]);
    },
  );

  it("answers a text in text", async () => {
    const rig = await ready(await withService());
    rig.say("hello there", { audio_response: false });
    await rig.seen("bot-llm-stopped");
    expect(rig.types()).not.toContain("bot-tts-started");
    expect(rig.data("bot-output")[0]).toMatchObject({ will_be_spoken: false });
  });

  it("hears a voice, and is cut by the next one", async () => {
    const rig = await ready(await withService({ replySpeed: 8 }), {
      session_config: { turn_detection: { type: "server_vad", silence_duration_ms: 300 } },
    });
    rig.manager.speaker.held = true;
    const speak = async () => {
      for (const chunk of [...chunks(speech(), 40), ...chunks(silence(500), 40)]) {
        rig.transport.handleUserAudioStream(new Uint8Array(chunk).buffer);
        await new Promise((resolve) => setTimeout(resolve, 4));
      }
    };
    await speak();
    await rig.seen("user-stopped-speaking");
    await rig.seen("bot-started-speaking");
    await speak();
    await rig.seen("user-started-speaking", 2);
    await rig.seen("bot-stopped-speaking");
    const edges = rig.types().filter((type) => /^(user|bot)-(started|stopped)-speaking$/.test(type));
    expect(edges.slice(0, 5)).toEqual([
      "user-started-speaking",
      "user-stopped-speaking",
      "bot-started-speaking",
      "user-started-speaking",
      "bot-stopped-speaking",
    ]);
    expect(rig.errors).toEqual([]);
  });

  it("calls functions, several at once, and goes on with their results", async () => {
    const rig = await ready(await withService(), { session_config: { tools } });
    rig.say('get_weather {"city":"Paris"} and get_time');
    await rig.seen("llm-function-call-in-progress", 2);
    for (const call of rig.data("llm-function-call-in-progress") as { tool_call_id: string; function_name: string }[]) {
      rig.transport.sendMessage(new RTVIMessage("llm-function-call-result", { ...call, arguments: {}, result: 0 }));
    }
    await rig.seen("bot-llm-started", 2);
    await rig.seen("bot-stopped-speaking");
    expect(rig.data("llm-function-call-in-progress")[0]).toMatchObject({ arguments: { city: "Paris" } });
    expect(rig.types().filter((type) => type === "llm-function-call-stopped")).toHaveLength(2);
    expect(rig.types().filter((type) => type === "bot-llm-started")).toHaveLength(2);
    expect(rig.errors).toEqual([]);
  });

  it("is interrupted by text, and answers that", async () => {
    const rig = await ready(await withService({ replySpeed: 2 }));
    rig.manager.speaker.held = true;
    rig.say("tell me a story");
    await rig.seen("bot-started-speaking");
    rig.manager.speaker.held = false;
    rig.say("stop");
    await rig.seen("bot-llm-started", 2);
    await rig.seen("bot-stopped-speaking", 2);
    expect(rig.errors).toEqual([]);
  });

  it("greets with initial messages, and takes raw events in push to talk", async () => {
    const rig = await ready(await withService(), {
      initial_messages: [{ role: "user", content: "introduce yourself" }],
      session_config: { turn_detection: null },
    });
    await rig.seen("bot-stopped-speaking");
    for (const chunk of chunks(speech(), 100)) rig.transport.handleUserAudioStream(new Uint8Array(chunk).buffer);
    rig.transport.sendServiceEvent({ type: "input_audio_buffer.commit" });
    rig.transport.sendServiceEvent({ type: "response.create" });
    await rig.seen("bot-stopped-speaking", 2);
    expect(rig.errors).toEqual([]);
  });

  it("reports a failed response and lives on; ends with a bad key, in words", async () => {
    const service = await withService();
    service.faults.failResponses = true;
    const rig = await ready(service);
    rig.say("hello");
    await vi.waitFor(() => {
      expect(rig.errors).toMatchObject([{ fatal: false, code: "service-error" }]);
    });
    expect(rig.transport.state).toBe("ready");

    const refused = rigFor(service, { api_key: canary("bad-") });
    await expect(refused.transport.connect()).rejects.toThrow("api_key");
  });

  it("survives frames that break the protocol in every way", async () => {
    const service = await withService();
    service.faults.malformed = true;
    const rig = await ready(service);
    rig.say("hello");
    await rig.seen("bot-stopped-speaking");
    expect(rig.errors.every((error) => !(error as { fatal: boolean }).fatal)).toBe(true);
    expect(rig.transport.state).toBe("ready");
  });

  it("drops late deltas of a cancelled response", async () => {
    const service = await withService({ replySpeed: 2 });
    service.faults.lateDeltas = true;
    const rig = await ready(service);
    rig.manager.speaker.held = true;
    rig.say("tell me a story");
    await rig.seen("bot-started-speaking");
    rig.transport.interrupt();
    await rig.seen("bot-llm-stopped");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(rig.manager.speaker.queue).toEqual([]);
    expect(rig.errors).toEqual([]);
  });

  it("answers RTVI's services: options, actions, and the conversation as it went", async () => {
    const rig = await ready(await withService(), {
      initial_messages: [{ role: "system", content: "Be kind." }],
      run_initial_messages: false,
      session_config: { input_audio_transcription: { model: "whisper-1" } },
    });
    const ask = (type: string, data: object = {}) => {
      const request = new RTVIMessage(type, data);
      rig.transport.sendMessage(request);
      return rig.told.find(({ id }) => id === request.id);
    };
    const act = (service: string, action: string, args: Record<string, unknown> = {}) => {
      const list = Object.entries(args).map(([name, value]) => ({ name, value }));
      return ask("action", { service, action, arguments: list })?.data;
    };

    const config = [{ service: "vad", options: [{ name: "params", value: { stop_secs: 1.5 } }] }];
    expect(ask("update-config", { config })?.type).toBe("config");
    rig.transport.sendServiceEvent({ type: "input_audio_buffer.clear" });
    expect(
      ask("update-config", { config: [{ service: "llm", options: [{ name: "model", value: "other" }] }] }),
    ).toMatchObject({
      type: "error-response",
      data: { error: expect.stringContaining("llm.model cannot change") as string },
    });

    expect(act("tts", "say", { text: "Ahoy there!" })).toEqual({ result: true });
    await rig.seen("bot-stopped-speaking");
    expect(act("llm", "append_to_messages", { messages: [{ role: "user", content: "how are you" }] })).toEqual({
      result: true,
    });
    await rig.seen("bot-stopped-speaking", 2);
    const context = act("llm", "get_context") as { result: { messages: { role: string; content: string }[] } };
    expect(context.result.messages.map(({ role, content }) => [role, content])).toEqual([
      ["system", "Be kind."],
      ["assistant", expect.stringContaining("Ahoy there!")],
      ["user", "how are you"],
      ["assistant", "You said: how are you"],
    ]);

    expect(act("llm", "set_context", { messages: [{ role: "user", content: "anew" }] })).toEqual({ result: true });
    expect(act("llm", "run")).toEqual({ result: true });
    await rig.seen("bot-stopped-speaking", 3);
    expect(rig.data("bot-output").at(-1)).toMatchObject({ text: "You said: anew" });
    expect(act("llm", "get_context")).toMatchObject({
      result: {
        messages: [
          { role: "user", content: "anew" },
          { role: "assistant", content: "You said: anew" },
        ],
        tools: [],
      },
    });
    expect(act("tts", "interrupt")).toEqual({ result: true });
    expect(rig.errors).toEqual([]);
  });
});
