import { describe, expect, it, vi } from "vitest";
import { withService } from "../../../../packages/testkit/src/worlds/with-service.js";
import { HASTY, LiveRig } from "./live-rig.js";

const MODELS = ["gemini-2.5-flash-live", "gemini-3.1-flash-live"];
const QUESTION = "what is the time";
const ANSWERED = ["user: hello", "model: You said: hello", `user: ${QUESTION}`, `model: You said: ${QUESTION}`];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One that has been answered, with a handle for that. */
async function talking(rig: LiveRig): Promise<LiveRig> {
  await rig.ask("hello");
  await pause(150);
  return rig;
}

/** The answers that have come since. */
function answers(rig: LiveRig): () => number {
  const before = rig.count("bot-stopped-speaking");
  return () => rig.count("bot-stopped-speaking") - before;
}

const lose = (rig: LiveRig): void => {
  rig.service.sessions.at(-1)!.terminate();
};

describe("a question that a loss left unanswered, over Gemini", { timeout: 20_000 }, () => {
  describe.each(MODELS)("%s", (model) => {
    it("is answered once, by who comes back, when the service had it", async () => {
      const service = await withService({ replyDelayMs: 300 });
      const rig = await talking(await LiveRig.ready(service, { model }));
      const answered = answers(rig);
      await rig.client.sendText(QUESTION);
      await pause(100);
      lose(rig);
      expect(await rig.recovered()).toMatchObject({ continuity: "resumed" });
      await vi.waitUntil(() => answered() === 1, { timeout: 3_000 });
      await pause(500);
      expect(rig.items).toEqual(ANSWERED);
      expect(answered()).toBe(1);
      // Its handle covers both: neither is told, or answered, once more.
      lose(rig);
      expect(await rig.recovered(2)).toMatchObject({ continuity: "resumed" });
      await pause(600);
      expect(rig.items).toEqual(ANSWERED);
      expect(answered()).toBe(1);
    });

    it("is answered when the service never got it", async () => {
      const rig = await talking(await LiveRig.ready(await withService(), { model }));
      const answered = answers(rig);
      lose(rig);
      await rig.client.sendText(QUESTION);
      await rig.recovered();
      await vi.waitUntil(() => answered() === 1, { timeout: 3_000 });
      expect(rig.items).toEqual(ANSWERED);
    });

    it("is answered where there is no handle", async () => {
      const service = await withService({ replyDelayMs: 300 });
      const settings = { session_resumption: false };
      const rig = await talking(await LiveRig.ready(service, { model, settings }));
      const answered = answers(rig);
      await rig.client.sendText(QUESTION);
      await pause(100);
      lose(rig);
      expect(await rig.recovered()).toMatchObject({ continuity: "replayed" });
      await vi.waitUntil(() => answered() === 1, { timeout: 3_000 });
      expect(rig.items).toEqual(ANSWERED);
    });

    it("is answered after a second loss", async () => {
      const service = await withService({ replyDelayMs: 300 });
      const rig = await talking(await LiveRig.ready(service, { model }));
      const answered = answers(rig);
      await rig.client.sendText(QUESTION);
      await pause(100);
      lose(rig);
      await rig.recovered();
      await pause(100);
      lose(rig);
      await rig.recovered(2);
      await vi.waitUntil(() => answered() === 1, { timeout: 3_000 });
      await pause(500);
      expect(rig.items).toEqual(ANSWERED);
      expect(answered()).toBe(1);
    });

    it("is answered where it was spoken and understood", async () => {
      const service = await withService({ replyDelayMs: 300 });
      const rig = await talking(await LiveRig.ready(service, { model }));
      const answered = answers(rig);
      await rig.speak();
      await rig.seen("user-transcription");
      await pause(50);
      lose(rig);
      await rig.recovered();
      await vi.waitUntil(() => answered() === 1, { timeout: 3_000 });
      expect(rig.items.slice(2)).toEqual([
        expect.stringMatching(/^user: \(speech/) as string,
        expect.stringMatching(/^model: You said: \(speech/) as string,
      ]);
    });

    it("is answered where the loss called off its function", async () => {
      const settings = { tools: [{ type: "function", name: "look_up" }] };
      const rig = await talking(await LiveRig.ready(await withService(), { model, settings }));
      const call = vi.fn(() => new Promise<never>(() => undefined));
      rig.client.registerFunctionCallHandler("look_up", call);
      await rig.client.sendText("look_up");
      await rig.seen("llm-function-call-in-progress");
      lose(rig);
      await rig.recovered();
      await rig.seen("llm-function-call-in-progress", 2);
      await vi.waitUntil(() => call.mock.calls.length === 2);
      expect(rig.items.slice(2)).toEqual(["user: look_up", "model: functionCall"]);
    });

    it("is no question where nobody wants an answer", async () => {
      const service = await withService();
      const rig = await LiveRig.ready(service, {
        model,
        initial_messages: [{ role: "user", content: "I am Ada." }],
        run_initial_messages: false,
      });
      await pause(100);
      lose(rig);
      await rig.recovered();
      await pause(300);
      expect(rig.items).toEqual(["user: I am Ada."]);
      expect(rig.count("bot-llm-started")).toBe(0);
    });
  });

  it.each(MODELS)("is answered where the conversation begins with it: %s", async (model) => {
    const initial_messages = [{ role: "user", content: QUESTION }];
    const rig = await LiveRig.ready(await withService(), { model, initial_messages });
    await rig.seen("bot-stopped-speaking");
    expect(rig.items).toEqual(ANSWERED.slice(2));
  });

  it("is not asked again once its answer was heard in part, and the part is not lost", async () => {
    const service = await withService({ replySpeed: 2, script: [{}, { say: "It was a dark night. And then it" }] });
    const rig = await talking(await LiveRig.ready(service, { model: MODELS[1]! }));
    rig.media.speaker.held = true;
    await rig.client.sendText("tell me a story");
    await vi.waitUntil(() => rig.botSaid.length === 2);
    lose(rig);
    rig.media.speaker.held = false;
    // Such a model is told what it does not know as a whole, or not at all.
    expect(await rig.recovered()).toMatchObject({ continuity: "replayed" });
    await pause(300);
    expect(rig.items).toEqual([
      ...ANSWERED.slice(0, 2),
      "user: tell me a story",
      expect.stringMatching(/^model: It( was a)?$/) as string,
    ]);
    await rig.ask("go on");
    expect(rig.items).toHaveLength(6);
    expect(rig.count("error-response")).toBe(0);
  });

  it("waits for the change of a connection that goes away, unless that cannot wait", async () => {
    const service = await withService({ replyDelayMs: 700, goAwayTimeLeftMs: 300 });
    const rig = await LiveRig.ready(service);
    service.faults.goAwayAfterMs = 100;
    lose(rig);
    await rig.recovered();
    service.faults.goAwayAfterMs = undefined;
    const answered = answers(rig);
    await rig.client.sendText(QUESTION);
    await rig.recovered(2);
    await vi.waitUntil(() => answered() === 1, { timeout: 4_000 });
    await pause(900);
    expect(rig.items).toEqual(ANSWERED.slice(2));
    expect(answered()).toBe(1);
  });

  it("is not answered to who has hung up, and comes back later", async () => {
    const service = await withService({ replyDelayMs: 300 });
    const rig = await talking(await LiveRig.ready(service, { keep_session: true }));
    await rig.client.sendText(QUESTION);
    await pause(100);
    await rig.client.disconnect();
    await rig.client.connect();
    await pause(600);
    expect(rig.items).toEqual(ANSWERED.slice(0, 3));
  });
});

describe("a session whose handles are refused", { timeout: 20_000 }, () => {
  it("begins anew as often as it has proven itself in between", async () => {
    const service = await withService({ handleTtl: 0 });
    const rig = await LiveRig.ready(service);
    for (const times of [1, 2, 3]) {
      await rig.ask(`hello ${times}`);
      await pause(150);
      lose(rig);
      expect(await rig.recovered(times)).toMatchObject({ continuity: "replayed" });
      await vi.waitUntil(() => rig.items.length === times * 2);
    }
    expect(rig.states.at(-1)).toBe("ready");
  });

  it("ends where it is refused again before it has answered anything", async () => {
    const service = await withService({ handleTtl: 0 });
    const rig = await LiveRig.ready(service, {}, { reconnect: HASTY });
    lose(rig);
    await rig.recovered();
    await pause(150);
    lose(rig);
    await vi.waitUntil(() => rig.states.at(-1) === "disconnected", { timeout: 5_000 });
    expect(rig.errors.at(-1)).toMatchObject({ fatal: true, code: "service-error" });
  });
});
