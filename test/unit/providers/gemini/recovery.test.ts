import { describe, expect, it, vi } from "vitest";
import { withService } from "../../../../packages/testkit/src/worlds/with-service.js";
import { HASTY, LiveRig } from "./live-rig.js";

describe("a Gemini session that comes back", { timeout: 20_000 }, () => {
  it("changes a connection that goes away, once nobody speaks, and is the same bot to the app", async () => {
    const service = await withService({ goAwayTimeLeftMs: 5_000, faults: { goAwayAfterMs: 100 } });
    const rig = await LiveRig.ready(service);
    service.faults.goAwayAfterMs = undefined;
    await rig.ask("hello");
    expect(await rig.recovered()).toMatchObject({ continuity: "resumed", planned: true, attempts: 1 });
    const before = rig.segments;
    await rig.ask("and again");
    expect(Math.min(...rig.segments.slice(before.length))).toBeGreaterThan(Math.max(...before));
    expect(rig.items).toHaveLength(4);
    expect(rig.count("bot-ready")).toBe(1);
    expect(rig.errors).toEqual([]);
  });

  it("goes on after a cut in the middle of the bot's sentence, and loses nothing of what was said", async () => {
    const service = await withService({ replySpeed: 2, script: [{}, { say: "It was a dark night. And then it" }] });
    const rig = await LiveRig.ready(service);
    await rig.ask("hello");
    rig.media.speaker.held = true;
    await rig.client.sendText("tell me a story");
    await vi.waitUntil(() => rig.botSaid.length === 2);
    service.sessions[0]!.terminate();
    rig.media.speaker.held = false;
    const { gapMs } = (await rig.recovered())!;
    expect(gapMs).toBeLessThan(2_000);
    expect(rig.recoveries).toMatchObject([{ continuity: "resumed", planned: false, fault: { closeCode: 1006 } }]);
    await rig.ask("go on");
    expect(rig.items).toEqual([
      "user: hello",
      "model: You said: hello",
      "user: tell me a story",
      // As far as it was heard.
      expect.stringMatching(/^model: It( was a)?$/) as string,
      "user: go on",
      expect.stringMatching(/^model: /) as string,
    ]);
    expect(rig.count("bot-ready")).toBe(1);
    expect(rig.count("bot-started-speaking")).toBe(rig.count("bot-stopped-speaking"));
    expect(rig.errors).toMatchObject([{ fatal: false, code: "connection-lost" }]);
  });

  it("hears what is said while it is away", async () => {
    const service = await withService();
    const rig = await LiveRig.ready(service, {}, { reconnect: { ...HASTY, cap: 100 }, preRoll: 5_000 });
    await rig.ask("hello");
    service.faults.unavailable = true;
    service.sessions[0]!.terminate();
    await vi.waitUntil(() => rig.states.at(-1) === "connecting");
    const lost = performance.now();
    await rig.speak();
    await new Promise((resolve) => setTimeout(resolve, 1_500 - (performance.now() - lost)));
    service.faults.unavailable = false;
    expect((await rig.recovered())!.gapMs).toBeGreaterThanOrEqual(1_450);
    await rig.seen("bot-stopped-speaking", 2);
    expect(service.sessions[0]!.receivedMs).toBeGreaterThan(3_000);
    expect(rig.items.at(-2)).toMatch(/^user: \(speech, \d/);
    expect(rig.recoveries).toMatchObject([{ continuity: "resumed" }]);
    expect(rig.count("bot-ready")).toBe(1);
  });

  it("knows of what a handle says nothing: of words that were under way when it came", async () => {
    const service = await withService();
    const rig = await LiveRig.ready(service, {
      initial_messages: [{ role: "user", content: "I am Ada." }],
      run_initial_messages: false,
    });
    await vi.waitUntil(() => service.events.filter(({ type }) => type === "sessionResumptionUpdate").length === 2);
    for (const times of [1, 2]) {
      service.sessions[0]!.terminate();
      expect(await rig.recovered(times)).toMatchObject({ continuity: "replayed" });
      await vi.waitFor(() => {
        expect(rig.items).toEqual(["user: I am Ada."]);
      });
    }
    await rig.ask("hello");
    await new Promise((resolve) => setTimeout(resolve, 150));
    service.sessions[0]!.terminate();
    expect(await rig.recovered(3)).toMatchObject({ continuity: "resumed" });
    expect(rig.items).toEqual(["user: I am Ada.", "user: hello", "model: You said: I am Ada. hello"]);
  });

  it("begins anew, once, where the handle is not known any more, and tells it everything", async () => {
    const service = await withService({ handleTtl: 0 });
    const rig = await LiveRig.ready(service);
    await rig.ask("hello");
    service.sessions[0]!.terminate();
    expect(await rig.recovered()).toMatchObject({ attempts: 2, continuity: "replayed" });
    await vi.waitFor(() => {
      expect(rig.items).toEqual(["user: hello", "model: You said: hello"]);
    });
    await rig.ask("go on");
    expect(rig.count("bot-ready")).toBe(1);
    expect(rig.states.at(-1)).toBe("ready");
  });

  it.each([
    ["gemini-2.5-flash-live", false],
    ["gemini-3.1-flash-live", true],
  ])("is told the conversation again where there is no handle: %s", async (model, announced) => {
    const service = await withService();
    const rig = await LiveRig.ready(service, {
      model,
      initial_messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: "I am Ada." },
      ],
      run_initial_messages: false,
      settings: { session_resumption: false, tools: [{ type: "function", name: "look_up" }] },
    });
    rig.client.registerFunctionCallHandler("look_up", () => Promise.resolve(42 as never));
    await rig.ask("look_up");
    await rig.speak();
    await rig.seen("bot-stopped-speaking", 2);
    const before = rig.items;
    expect(before).toHaveLength(7);
    service.sessions[0]!.terminate();
    expect(await rig.recovered()).toMatchObject({ continuity: "replayed", planned: false });
    await vi.waitFor(() => {
      expect(rig.items).toEqual(before);
    });
    expect(service.sessions[0]!.config.historyConfig).toEqual(
      announced ? { initialHistoryInClientContent: true } : undefined,
    );
    expect(service.sessions[0]!.config.systemInstruction).toEqual({ parts: [{ text: "Be kind." }] });
    await rig.ask("go on");
    expect(rig.items).toHaveLength(9);
    expect(rig.count("bot-ready")).toBe(1);
    expect(rig.count("bot-llm-started")).toBe(3);
  });

  it("ends in an error, with everything let go, when nobody comes back", async () => {
    const service = await withService();
    const rig = await LiveRig.ready(service, {}, { reconnect: { ...HASTY, attempts: 3 } });
    await rig.ask("hello");
    await service.close();
    await vi.waitUntil(() => rig.states.at(-1) === "disconnected", { timeout: 8_000 });
    expect(rig.states.slice(-3)).toEqual(["connecting", "error", "disconnected"]);
    expect(rig.errors.at(-1)).toMatchObject({ fatal: true });
    expect(rig.media.microphone.held).toBe(0);
    expect(rig.media.speaker.isOpen).toBe(false);
  });
});
