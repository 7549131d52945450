import { describe, expect, it, vi } from "vitest";
import { RTVIServices, type RTVIClientConfigOption } from "../../../../src/services/index.js";
import { STANDARD } from "../../../../packages/testkit/src/worlds/standard-events.js";
import { silent } from "../../../../packages/testkit/src/worlds/world.js";
import { withService } from "../../../../packages/testkit/src/worlds/with-service.js";
import { LiveRig } from "./live-rig.js";

const servicesOf = ({ client }: LiveRig, callbacks = {}) => new RTVIServices(client, { callbacks, logger: silent });

const list = (args: Record<string, unknown>) => Object.entries(args).map(([name, value]) => ({ name, value }));

/** Tracks are the browser's: without one there is none to start. */
const OF_THE_BROWSER = ["track-started", "track-stopped"];

describe("RTVI's services on Gemini", { timeout: 20_000 }, () => {
  it("act on the conversation, and tell it", async () => {
    const rig = await LiveRig.ready(await withService({ replySpeed: 8 }), {
      initial_messages: [{ role: "system", content: "Be kind." }],
      settings: { tools: [{ type: "function", name: "look_up" }] },
    });
    const services = servicesOf(rig);
    const act = async (service: string, action: string, args: Record<string, unknown> = {}) =>
      (await services.action({ service, action, arguments: list(args) })).data;

    expect(await act("tts", "say", { text: "Ahoy there!" })).toEqual({ result: true });
    expect(await act("tts", "say", { text: "And again." })).toEqual({ result: true });
    await rig.seen("bot-stopped-speaking", 2);
    expect(rig.botSaid.join(" ")).toMatch(/Ahoy there!.*And again\./s);
    expect(rig.count("user-started-speaking")).toBe(0);
    const messages = [
      { role: "user", content: "I am Ada." },
      { role: "assistant", content: "Hello Ada." },
    ];
    await act("llm", "append_to_messages", { messages, run_immediately: false });
    expect(await act("llm", "append_to_messages", { messages: [{ role: "user", content: "who am I" }] })).toEqual({
      result: true,
    });
    await rig.seen("bot-stopped-speaking", 3);
    await rig.client.sendText("look_up");
    await rig.seen("llm-function-call-in-progress");
    expect(await act("tts", "interrupt")).toEqual({ result: true });
    const { messages: told, tools } = (await act("llm", "get_context")).result as {
      messages: { role: string; content: string }[];
      tools: unknown[];
    };
    expect(told.map(({ role, content }) => [role, content])).toEqual([
      ["system", "Be kind."],
      ["assistant", expect.stringContaining("Ahoy there!")],
      ["assistant", expect.stringContaining("And again.")],
      ["user", "I am Ada."],
      ["assistant", "Hello Ada."],
      ["user", "who am I"],
      ["assistant", "You said: who am I"],
      ["user", "look_up"],
      ["assistant", null],
    ]);
    expect(tools).toHaveLength(1);
    expect(rig.errors).toEqual([]);
  });

  it("have the bot answer the conversation as it stands", async () => {
    const rig = await LiveRig.ready(await withService(), {
      initial_messages: [{ role: "user", content: "introduce yourself" }],
      run_initial_messages: false,
    });
    await servicesOf(rig).action({ service: "llm", action: "run" });
    await rig.seen("bot-stopped-speaking");
    expect(rig.botSaid).toEqual(["You said: introduce yourself"]);
  });

  it("put another conversation in the place of this one, over a new connection", async () => {
    const rig = await LiveRig.ready(await withService({ replySpeed: 8 }));
    const services = servicesOf(rig);
    await rig.ask("hello");
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "anew" },
    ];
    const before = rig.service.sessions[0]!.id;
    rig.media.speaker.held = true;
    await rig.client.sendText("and a long answer");
    await rig.seen("bot-started-speaking", 2);
    await services.action({ service: "llm", action: "set_context", arguments: list({ messages }) });
    await rig.client.sendText("with this");
    expect(rig.recoveries).toEqual([]);
    rig.transport.interrupt();
    expect(await rig.recovered()).toMatchObject({ planned: true, continuity: "replayed" });
    rig.media.speaker.held = false;
    await rig.seen("bot-stopped-speaking", 3);
    expect(rig.service.sessions[0]!.id).not.toBe(before);
    expect(rig.service.sessions[0]!.config.systemInstruction).toEqual({ parts: [{ text: "Be brief." }] });
    expect(rig.items).toEqual(["user: anew", "user: with this", "model: You said: anew with this"]);
    const { data } = await services.action({ service: "llm", action: "get_context" });
    expect(data).toMatchObject({
      result: { messages: [...messages, { content: "with this" }, { content: "You said: anew with this" }] },
    });
    expect(rig.count("bot-ready")).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    // The handle of the conversation that was replaced does not bring it back.
    rig.service.sessions[0]!.terminate();
    expect(await rig.recovered(2)).toMatchObject({ continuity: "resumed" });
    await vi.waitUntil(() => rig.items.length === 3);
  });

  it("change settings of a running session with its connection, and keep the conversation", async () => {
    const rig = await LiveRig.ready(await withService());
    const services = servicesOf(rig);
    await rig.ask("hello");
    const config = [
      { service: "tts", options: [{ name: "voice", value: "Puck" }] },
      { service: "vad", options: [{ name: "params", value: { stop_secs: 0.3 } }] },
    ];
    const answer = await services.updateConfig(config);
    expect(JSON.stringify(answer)).toContain("Puck");
    expect(await rig.recovered()).toMatchObject({ planned: true, continuity: "resumed" });
    expect(rig.service.sessions[0]!.config).toMatchObject({
      generationConfig: { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Puck" } } } },
      realtimeInputConfig: { automaticActivityDetection: { silenceDurationMs: 300 } },
    });
    await vi.waitUntil(() => rig.items.length === 2);
    await rig.ask("go on");
    expect(rig.count("bot-ready")).toBe(1);
    expect(rig.errors).toEqual([]);
    await expect(
      services.updateConfig([{ service: "llm", options: [{ name: "model", value: "other" }] }]),
    ).rejects.toThrow("llm.model cannot change during a session");
  });

  it("change the connection once for each change of settings", async () => {
    const rig = await LiveRig.ready(await withService());
    const services = servicesOf(rig);
    for (const [changes, value] of ["Puck", "Kore"].entries()) {
      await rig.ask(`hello ${value}`);
      await services.updateConfig([{ service: "tts", options: [{ name: "voice", value }] }]);
      await rig.recovered(changes + 1);
      expect(JSON.stringify(rig.service.sessions[0]!.config)).toContain(value);
    }
    await rig.ask("go on");
    expect(rig.recoveries).toHaveLength(2);
  });

  it("are refused where this model takes no text but the user's", async () => {
    const rig = await LiveRig.ready(await withService(), { model: "gemini-3.1-flash-live" });
    const services = servicesOf(rig);
    await expect(services.action({ service: "llm", action: "run" })).rejects.toThrow("llm:run");
    await services.action({ service: "tts", action: "say", arguments: list({ text: "Ahoy!" }) });
    await rig.seen("bot-stopped-speaking");
    expect(rig.botSaid.join(" ")).toContain("Ahoy!");
  });

  it("come with the eighteen standard events", async () => {
    const service = await withService({ script: [{ heard: "The quick brown fox.", say: "Over the fence." }] });
    const rig = new LiveRig(service, { raw_events: true });
    const configs: RTVIClientConfigOption[][] = [];
    const services = servicesOf(rig, { onConfig: (config: RTVIClientConfigOption[]) => void configs.push(config) });
    await rig.client.connect();
    await rig.speak();
    await rig.seen("bot-stopped-speaking");
    await services.action({ service: "tts", action: "interrupt" });
    service.sessions[0]!.drop(1007, "Request contains an invalid argument.");
    await vi.waitUntil(() => rig.states.at(-1) === "disconnected");

    const missing = Object.entries(STANDARD).filter(([, event]) => !rig.events.includes(event));
    expect(missing.map(([name]) => name)).toEqual(OF_THE_BROWSER);
    expect(Object.keys(STANDARD)).toHaveLength(18);
    expect(rig.states).toContain("ready");
    expect(rig.data("bot-ready")).toMatchObject([{ config: configs[0] }]);
    expect(configs[0]?.map(({ service: name }) => name)).toEqual(["vad", "stt", "llm", "tts"]);
  });
});
