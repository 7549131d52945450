import { RTVIMessage } from "@pipecat-ai/client-js";
import { describe, expect, it, vi } from "vitest";
import { GeminiLiveWebsocketTransport } from "../../../../src/providers/gemini/index.js";
import { withService } from "../../../../packages/testkit/src/worlds/with-service.js";
import { LiveRig } from "./live-rig.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

const edges = ({ types }: LiveRig) => types.filter((type) => /^(user|bot)-(started|stopped)-speaking$/.test(type));
const tools = [{ type: "function", name: "look_up", parameters: { type: "object" } }];
const manual = { realtime_input_config: { automatic_activity_detection: { disabled: true } } };

describe("GeminiLiveWebsocketTransport with the local service", { timeout: 20_000 }, () => {
  it("hears a voice, and answers it aloud", async () => {
    const service = await withService({
      script: [{ heard: "The quick brown fox.", say: "Over the fence. And away." }],
    });
    const rig = await LiveRig.ready(service);
    await rig.speak();
    await rig.seen("bot-stopped-speaking");
    expect(edges(rig)).toEqual([
      "user-started-speaking",
      "user-stopped-speaking",
      "bot-started-speaking",
      "bot-stopped-speaking",
    ]);
    expect(rig.data("user-transcription").at(-1)).toMatchObject({ text: "The quick brown fox.", final: true });
    expect(rig.botSaid).toEqual(["Over the fence.", "And away."]);
    expect(rig.data("bot-output").at(-1)).toMatchObject({ spoken_status: "completed" });
    await vi.waitUntil(() => JSON.stringify(rig.data("metrics")).includes("tokens"));
    expect(rig.data("metrics")).toEqual(
      expect.arrayContaining([
        { ttfb: [{ processor: "gemini-live", value: expect.any(Number) as number }] },
        { tokens: [expect.objectContaining({ processor: "gemini-live" })] },
      ]),
    );
    expect(rig.items).toEqual(["user: The quick brown fox.", "model: Over the fence. And away."]);
    expect(rig.errors).toEqual([]);
  });

  it.each([
    ["a model that takes text as clientContent", undefined],
    ["a model that takes it as realtimeInput", "gemini-3.1-flash-live"],
  ])("answers a text aloud, and one in text: %s", async (_, model) => {
    const rig = await LiveRig.ready(await withService(), model === undefined ? {} : { model });
    await rig.ask("hello there");
    expect(rig.botSaid).toEqual(["You said: hello there"]);
    await rig.client.sendText("quietly", { audio_response: false });
    await rig.seen("bot-llm-stopped", 2);
    expect(rig.count("bot-tts-started")).toBe(1);
    expect(rig.data("bot-output").at(-1)).toMatchObject({ will_be_spoken: false });
    expect(rig.errors).toEqual([]);
  });

  it.each([[0], [false], [""], [null]])("gives the model %j as a function's result", async (result) => {
    const rig = await LiveRig.ready(await withService(), { settings: { tools } });
    await rig.client.sendText('look_up {"key":"a"}');
    await rig.seen("llm-function-call-in-progress");
    const [call] = rig.data("llm-function-call-in-progress");
    expect(call).toMatchObject({ function_name: "look_up", arguments: { key: "a" } });
    // Not through a handler: client-js sends no null.
    rig.transport.sendMessage(new RTVIMessage("llm-function-call-result", { ...(call as object), result }));
    await rig.seen("bot-stopped-speaking");
    expect(rig.botSaid).toEqual([`look_up returned ${result === "" ? '""' : JSON.stringify(result)}.`]);
    expect(rig.count("llm-function-call-stopped")).toBe(1);
    expect(rig.errors).toEqual([]);
  });

  it("is cut by a voice, and answers that", async () => {
    const rig = await LiveRig.ready(await withService({ replySpeed: 8 }), {});
    rig.media.speaker.held = true;
    await rig.client.sendText("tell me a story");
    await rig.seen("bot-started-speaking");
    rig.media.speaker.held = false;
    await rig.speak();
    await rig.seen("bot-stopped-speaking", 2);
    expect(edges(rig)).toEqual([
      "bot-started-speaking",
      "user-started-speaking",
      "bot-stopped-speaking",
      "user-stopped-speaking",
      "bot-started-speaking",
      "bot-stopped-speaking",
    ]);
    expect(rig.items.map((item) => item.slice(0, 12))).toEqual([
      "user: tell m",
      "model: You s",
      "user: (speec",
      "model: You s",
    ]);
    expect(rig.errors).toEqual([]);
  });

  it("is interrupted by text, and answers that", async () => {
    const rig = await LiveRig.ready(await withService({ replySpeed: 2 }));
    rig.media.speaker.held = true;
    await rig.client.sendText("tell me a story");
    await rig.seen("bot-started-speaking");
    rig.media.speaker.held = false;
    await rig.ask("stop");
    await rig.seen("bot-stopped-speaking", 2);
    expect(rig.botSaid.at(-1)).toBe("You said: stop");
    expect(rig.count("user-started-speaking")).toBe(0);
    expect(rig.errors).toEqual([]);
  });

  it("takes a text that follows on another at once for no voice", async () => {
    const rig = await LiveRig.ready(await withService({ replyDelayMs: 100 }));
    await rig.client.sendText("one");
    await rig.client.sendText("two");
    await rig.seen("bot-stopped-speaking");
    expect(rig.items).toEqual(["user: one", "user: two", "model: You said: one two"]);
    expect(rig.types).not.toContain("user-started-speaking");
  });

  it("ends the stream on mute, so that what was said is answered without waiting for silence", async () => {
    const service = await withService({ vad: { silenceDurationMs: 60_000 } });
    const rig = await LiveRig.ready(service);
    await rig.speak(0);
    rig.client.enableMic(false);
    await rig.seen("bot-stopped-speaking");
    expect(service.events.map(({ type }) => type)).toContain("realtimeInput.audioStreamEnd");
    rig.client.enableMic(true);
    await rig.speak(0);
    rig.client.enableMic(false);
    await rig.seen("bot-stopped-speaking", 2);
    expect(rig.errors).toEqual([]);
  });

  it("is push to talk, by the microphone's switch and by method", async () => {
    const rig = await LiveRig.ready(await withService(), { settings: manual });
    const { transport } = rig;
    transport.activityStart();
    await rig.speak(0);
    expect(rig.types.at(-1)).toBe("user-started-speaking");
    transport.activityEnd();
    await rig.seen("bot-stopped-speaking");
    rig.client.enableMic(false);
    rig.client.enableMic(true);
    await rig.speak(0);
    rig.client.enableMic(false);
    await rig.seen("bot-stopped-speaking", 2);
    expect(rig.count("user-started-speaking")).toBe(2);
    expect(rig.count("user-stopped-speaking")).toBe(2);
    expect(rig.errors).toEqual([]);
  });

  it("opens with an ephemeral token, as the app's server minted it", async () => {
    const service = await withService();
    const mint = async () => {
      const response = await fetch(`${service.url}/v1alpha/auth_tokens`, {
        method: "POST",
        headers: { "x-goog-api-key": canary("AIza"), "content-type": "application/json" },
        body: JSON.stringify({ uses: 1 }),
      });
      return (await response.json()) as { name: string };
    };
    const rig = await LiveRig.ready(service, { api_key: mint });
    await rig.ask("hello");
    service.sessions[0]!.terminate();
    expect(await rig.recovered()).toMatchObject({ continuity: "resumed" });

    const passed = new LiveRig(service, { api_key: canary("bad-") });
    await passed.client.connect(await mint());
    await passed.ask("hello");
    expect([...rig.errors, ...passed.errors].filter(({ fatal }) => fatal)).toEqual([]);

    const spent = await mint();
    await LiveRig.ready(service, { api_key: () => spent });
    const again = new LiveRig(service, { api_key: () => spent });
    await expect(again.client.connect()).rejects.toMatchObject({ name: "AuthenticationError" });
  });

  it.each([[canary("bad-")], [canary("auth_tokens/")]])(
    "refuses %s with AuthenticationError, once",
    async (api_key) => {
      const service = await withService();
      const rig = new LiveRig(service, { api_key });
      await expect(rig.client.connect()).rejects.toMatchObject({
        name: "AuthenticationError",
        message: expect.stringContaining("check `api_key`") as string,
      });
      expect(rig.transport.state).toBe("disconnected");
      expect(JSON.stringify(rig.errors)).not.toContain(api_key);
      expect(service.sessions).toEqual([]);
    },
  );

  it("greets with initial messages, and again in the next session of the same instance", async () => {
    const rig = new LiveRig(await withService(), {
      initial_messages: [{ role: "user", content: "introduce yourself" }],
    });
    for (const session of [1, 2]) {
      await rig.client.connect();
      await rig.seen("bot-stopped-speaking", session);
      expect(rig.items).toEqual(["user: introduce yourself", "model: You said: introduce yourself"]);
      await rig.client.disconnect();
    }
    expect(rig.states.slice(-2)).toEqual(["disconnecting", "disconnected"]);
    expect(rig.media.microphone.held).toBe(0);
    expect(rig.media.speaker.isOpen).toBe(false);
    await vi.waitUntil(() => rig.service.sessions.length === 0);
  });

  it("survives frames that break the protocol in every way", async () => {
    const service = await withService();
    service.faults.malformed = true;
    const rig = await LiveRig.ready(service);
    // A turn that came out of nowhere may swallow the first answer: where it ends, only the service can tell.
    await rig.client.sendText("one");
    await vi.waitUntil(() => service.events.some(({ type }) => type === "serverContent.turnComplete"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await rig.ask("two");
    expect(rig.errors.every(({ fatal }) => !fatal)).toBe(true);
    expect(rig.transport).toBeInstanceOf(GeminiLiveWebsocketTransport);
    expect(rig.transport.state).toBe("ready");
  });

  it("drops late sound of a turn that was interrupted", async () => {
    const service = await withService({ replySpeed: 2 });
    service.faults.lateDeltas = true;
    const rig = await LiveRig.ready(service);
    rig.media.speaker.held = true;
    await rig.client.sendText("tell me a story");
    await rig.seen("bot-started-speaking");
    rig.transport.interrupt();
    await rig.seen("bot-llm-stopped");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(rig.media.speaker.queue).toEqual([]);
    expect(rig.errors).toEqual([]);
  });
});
