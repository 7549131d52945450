import { PipecatClient, RTVIMessage } from "@pipecat-ai/client-js";
import fc from "fast-check";
import { createActor } from "xstate";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { turnsMachine } from "../../../../machines/turns.machine.js";
import { turnsOf } from "../../../../src/actors/turns.js";
import type { TurnFact } from "../../../../src/contracts/turns.js";
import { NO_RESULT } from "../../../../src/dialogue/tool-calls.js";
import { InvalidOptionsError } from "../../../../src/errors.js";
import { ManualClock } from "../../../../src/testing/index.js";
import { OpenActivities } from "../../../../src/providers/pipecat/open-activities.js";
import { TwilioSerializer } from "../../../../src/providers/pipecat/index.js";
import { turnFactOf } from "../../../../src/providers/pipecat/turn-facts.js";
import { FakeWebSocket } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { bot, build, connected, dialled, ready, sentMessages, turn, type Rig } from "./rig.js";

const FRESH = { version: "2.1.0" };
const RESUMED = { ...FRESH, resumed: true };
const BEGUN = ["user-started-speaking", "bot-llm-started", "bot-tts-started", "bot-started-speaking"];
/** In the order of the other services. */
const ENDED = ["user-stopped-speaking", "bot-stopped-speaking", "bot-tts-stopped", "bot-llm-stopped"];
const STOPPED = "llm-function-call-stopped";

const announced = (name?: string) => bot.rtvi("llm-function-call-started", { function_name: name });
const called = (id: string, name = "f") =>
  bot.rtvi("llm-function-call-in-progress", { function_name: name, tool_call_id: id, arguments: {} });
const legacy = (id: string) => bot.rtvi("llm-function-call", { function_name: "f", tool_call_id: id, args: {} });
const cancelled = (id: string, name = "f") => ({ tool_call_id: id, function_name: name, cancelled: true });

const answer = (rig: Rig, id: string): void => {
  const data = { function_name: "f", tool_call_id: id, arguments: {}, result: "done" };
  rig.transport.sendMessage(new RTVIMessage("llm-function-call-result", data));
};
const answersSent = () => sentMessages().filter(({ type }) => type === "llm-function-call-result");

async function lose(code = 1006): Promise<void> {
  const count = FakeWebSocket.all.length;
  FakeWebSocket.last.drop(code);
  (await dialled(count + 1)).open();
  await turn();
}

async function comeBack(rig: Rig, data: object = FRESH): Promise<void> {
  await lose();
  await rig.receive(bot.rtvi("bot-ready", data));
}

/** What the app hears from now on: states and messages. */
function heardFrom(rig: Rig): () => string[] {
  const from = rig.order.length;
  return () => rig.order.slice(from);
}

describe("what was in flight when the connection was lost", () => {
  it("ends at once, and calls before the next bot is ready", async () => {
    const rig = await ready();
    await rig.receive(...BEGUN.map((type) => bot.rtvi(type)), announced("f"), called("c1"));
    const heard = heardFrom(rig);
    await lose();
    expect(heard()).toEqual([...ENDED, "connecting", "connected"]);
    await rig.receive(bot.rtvi("bot-ready", FRESH));
    expect(heard().slice(-3)).toEqual([STOPPED, "ready", "bot-ready"]);
    expect(rig.of(STOPPED)).toEqual([cancelled("c1")]);
  });

  it("leaves the user muted by a bot that comes back, and by no other", async () => {
    const rig = await ready();
    await rig.receive(bot.rtvi("user-mute-started"));
    await comeBack(rig, RESUMED);
    expect(rig.of("user-mute-stopped")).toEqual([]);
    await comeBack(rig);
    expect(rig.of("user-mute-stopped")).toHaveLength(1);
    await comeBack(rig);
    await rig.transport.disconnect();
    expect(rig.of("user-mute-stopped")).toHaveLength(1);
  });

  it("is no user who was never muted, nor one whom the next bot mutes before it is ready", async () => {
    const rig = await ready();
    await comeBack(rig, RESUMED);
    await comeBack(rig);
    expect(rig.of("user-mute-stopped")).toEqual([]);
    await lose();
    await rig.receive(bot.rtvi("user-mute-started"), bot.rtvi("bot-ready", FRESH));
    expect(rig.of("user-mute-stopped")).toEqual([]);
    await comeBack(rig);
    expect(rig.of("user-mute-stopped")).toHaveLength(1);
  });

  it("is not what had ended, and ends once", async () => {
    const rig = await ready();
    await rig.receive(
      ...[...BEGUN, ...ENDED].map((type) => bot.rtvi(type)),
      announced("f"),
      called("c1"),
      bot.rtvi(STOPPED, { tool_call_id: "c1", function_name: "f", cancelled: false, result: 1 }),
      bot.rtvi("bot-llm-started"),
      called("c2"),
    );
    const before = heardFrom(rig);
    await comeBack(rig);
    expect(before().filter((type) => type.includes("stopped"))).toEqual(["bot-llm-stopped", STOPPED]);
    const after = heardFrom(rig);
    await comeBack(rig);
    await rig.transport.disconnect();
    expect(after().filter((type) => type.includes("stopped"))).toEqual([]);
    expect(rig.of(STOPPED).slice(1)).toEqual([cancelled("c2")]);
  });

  it.each([
    ["is named where the bot has only announced it", announced("f"), { tool_call_id: "", function_name: "f" }],
    ["may have no name", announced(), { tool_call_id: "" }],
    ["may be one of an older protocol", legacy("c1"), { tool_call_id: "c1", function_name: "f" }],
  ])("and is a call %s", async (_what, frame, told) => {
    const rig = await ready();
    await rig.receive(frame);
    await comeBack(rig);
    expect(rig.of(STOPPED)).toEqual([{ ...told, cancelled: true }]);
  });

  it("is each call once, however it was told, and on however many connections it was lost", async () => {
    const rig = await ready();
    await rig.receive(announced("f"), announced("g"), called("c2", "g"), called("c1"), legacy("c1"), called("c1"));
    await lose();
    await comeBack(rig);
    expect(rig.of(STOPPED)).toEqual([cancelled("c2", "g"), cancelled("c1")]);
  });

  it("is no call of the next bot, which may call before it is ready", async () => {
    const rig = await ready();
    await rig.receive(called("c1"));
    await lose();
    await rig.receive(announced("f"), called("c2"), bot.rtvi("bot-ready", FRESH));
    expect(rig.of(STOPPED)).toEqual([cancelled("c1")]);
    answer(rig, "c2");
    expect(answersSent()).toHaveLength(1);
  });

  it("is no call while the bot is there, though it says again that it is ready", async () => {
    const rig = await ready();
    await rig.receive(called("c1"), bot.rtvi("bot-ready", FRESH));
    expect(rig.of(STOPPED)).toEqual([]);
  });

  it("goes on with a bot that remembers", async () => {
    const rig = await ready();
    await rig.receive(called("c1"), called("c2"));
    await lose();
    answer(rig, "c1");
    await rig.receive(bot.rtvi("bot-ready", RESUMED));
    answer(rig, "c2");
    expect(answersSent()).toMatchObject([{ data: { tool_call_id: "c1" } }, { data: { tool_call_id: "c2" } }]);
    await rig.receive(bot.rtvi(STOPPED, { tool_call_id: "c1", cancelled: false }));
    await comeBack(rig);
    expect(rig.of(STOPPED)).toEqual([{ tool_call_id: "c1", cancelled: false }, cancelled("c2")]);
  });

  it("is over at once where no bot was ready yet, of which one could come back", async () => {
    const rig = await connected();
    void rig.transport.sendReadyMessage().catch(() => undefined);
    await rig.receive(called("c1"));
    await lose();
    expect(rig.of(STOPPED)).toEqual([cancelled("c1")]);
    answer(rig, "c1");
    expect(answersSent()).toEqual([]);
  });

  it("is cancelled where the bot says nothing of being ready", async () => {
    const rig = await connected({ serializer: new TwilioSerializer() });
    await rig.transport.sendReadyMessage();
    const data = { tool_call_id: "c1", function_name: "f" };
    const message = { label: "rtvi-ai", type: "llm-function-call-in-progress", data };
    await rig.receive(JSON.stringify({ event: "rtvi", message }));
    await lose();
    expect(rig.of(STOPPED)).toEqual([cancelled("c1")]);
  });

  it.each([
    ["the bot ends the session", () => FakeWebSocket.last.drop(4000)],
    ["a fatal error is told", () => FakeWebSocket.last.message(bot.rtvi("error", { error: "no", fatal: true }))],
    ["the app disconnects", (rig: Rig) => rig.transport.disconnect()],
    [
      "the app gives up waiting for a connection",
      async (rig: Rig) => {
        FakeWebSocket.last.drop(1006);
        await dialled(2);
        await rig.transport.disconnect();
      },
    ],
  ])("ends with the session when %s", async (_what, end) => {
    const rig = await ready();
    await rig.receive(...BEGUN.map((type) => bot.rtvi(type)), called("c1"));
    const heard = heardFrom(rig);
    await end(rig);
    await turn();
    await rig.transport.disconnect();
    expect(heard().filter((type) => type.includes("stopped"))).toEqual([...ENDED, STOPPED]);
    expect(rig.of(STOPPED)).toEqual([cancelled("c1")]);
  });

  it("ends once also for an app that disconnects when it hears of it", async () => {
    const rig = await ready();
    await rig.receive(called("c1"), called("c2"));
    const push = rig.told.push.bind(rig.told);
    vi.spyOn(rig.told, "push").mockImplementation((...messages) => {
      if (messages[0]?.type === STOPPED) void rig.transport.disconnect();
      return push(...messages);
    });
    await comeBack(rig);
    expect(rig.of(STOPPED)).toEqual([cancelled("c1"), cancelled("c2")]);
  });
});

describe("the result of a call that was cancelled", () => {
  const RESULT = expect.stringContaining("function result") as string;

  it.each([
    ["comes once there is another bot", async (rig: Rig) => comeBack(rig).then(() => answer(rig, "c1"))],
    [
      "comes while there is none",
      async (rig: Rig) => {
        await lose();
        answer(rig, "c1");
        await rig.receive(bot.rtvi("bot-ready", FRESH));
      },
    ],
    [
      "was sent to the bot before, which may not have heard it",
      async (rig: Rig) => {
        answer(rig, "c1");
        await comeBack(rig);
      },
    ],
    [
      "comes in another session",
      async (rig: Rig) => {
        const left = rig.transport.disconnect();
        FakeWebSocket.last.drop(1000);
        await left;
        const connecting = rig.transport.connect();
        (await dialled(2)).open();
        await connecting;
        const announces = rig.transport.sendReadyMessage();
        await rig.receive(bot.rtvi("bot-ready", FRESH));
        await announces;
        answer(rig, "c1");
      },
    ],
  ])("is not sent when it %s", async (_what, happens) => {
    const rig = await ready();
    await rig.receive(called("c1"));
    await happens(rig);
    expect(rig.transport.state).toBe("ready");
    expect(answersSent()).toEqual([]);
    expect(rig.logged).toContainEqual([RESULT]);
    expect(rig.messageErrors).toEqual([]);
  });

  it("is not what answers a call of another bot under the same id", async () => {
    const rig = await ready();
    await rig.receive(called("c1"));
    await comeBack(rig);
    await rig.receive(called("c1"));
    answer(rig, "c1");
    expect(answersSent()).toHaveLength(1);
  });

  it("is one of an older protocol too, where none is open any more once it is answered", async () => {
    const rig = await ready();
    await rig.receive(legacy("c1"), legacy("c2"));
    answer(rig, "c1");
    await comeBack(rig);
    expect(rig.of(STOPPED)).toEqual([cancelled("c2")]);
    expect(answersSent()).toEqual([]);
  });

  it("is sent where the call is not known to be anybody's", async () => {
    const rig = await ready();
    await comeBack(rig);
    answer(rig, "c1");
    rig.transport.sendMessage(new RTVIMessage("llm-function-call-result", { result: 1 }));
    rig.transport.sendMessage(new RTVIMessage("llm-function-call-result", undefined));
    expect(answersSent()).toHaveLength(3);
  });

  it("is a handler's of the client", async () => {
    const { transport } = build();
    vi.stubGlobal("window", { navigator: {} });
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
    const stopped: unknown[] = [];
    const client = new PipecatClient({
      transport,
      enableMic: false,
      callbacks: { onLLMFunctionCallStopped: (data) => void stopped.push(data) },
    });
    const connecting = client.connect();
    (await dialled()).open();
    await vi.waitFor(() => {
      expect(sentMessages().map(({ type }) => type)).toContain("client-ready");
    });
    FakeWebSocket.last.message(bot.rtvi("bot-ready", FRESH));
    await connecting;
    let finish: (result: string) => void = () => undefined;
    client.registerFunctionCallHandler("f", () => new Promise<string>((resolve) => (finish = resolve)));
    FakeWebSocket.last.message(called("c1"));
    await turn();
    await lose();
    FakeWebSocket.last.message(bot.rtvi("bot-ready", FRESH));
    await turn();
    expect(stopped).toEqual([cancelled("c1")]);
    finish("late");
    await turn();
    expect(client.state).toBe("ready");
    expect(answersSent()).toEqual([]);
  });
});

describe("a call that the app does not answer", () => {
  const failed = { function_name: "f", tool_call_id: "c1", arguments: {}, result: { error: NO_RESULT } };

  it("is answered in its place once, and the app hears why as often as it asks", async () => {
    const rig = await ready();
    await rig.receive(called("c1"));
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const data = { ...failed, result: circular };
    for (let count = 0; count < 2; count += 1) {
      const message = new RTVIMessage("llm-function-call-result", data);
      expect(() => rig.transport.sendMessage(message)).toThrow(InvalidOptionsError);
    }
    expect(answersSent()).toMatchObject([{ data: failed }]);
    // It was thrown, and told as the answer to each message.
    expect(rig.errors).toEqual([]);
    expect(rig.messageErrors).toHaveLength(2);
  });

  it.each([
    ["is answered in its place in time where the protocol is an older one", legacy("c1"), 1],
    ["is the server's concern where it tells how a call ends", called("c1"), 0],
  ])("%s", async (_what, frame, answers) => {
    const clock = new ManualClock();
    const rig = await ready({ clock, functionCallTimeout: 1_000, timeouts: { silence: 0 } });
    await rig.receive(frame);
    clock.advance(10_000);
    await turn();
    expect(answersSent()).toMatchObject(Array(answers).fill({ data: failed }));
    expect(rig.errors).toHaveLength(answers);
  });
});

describe("what the turns are told of calls", () => {
  const data = (tool_call_id: string) => ({ tool_call_id, function_name: "f" });

  it("is when the first is open and when none is any more, once each", () => {
    const openActivities = new OpenActivities();
    const told = (type: string, id: string) => {
      openActivities.received(type, data(id));
      return openActivities.takeFacts();
    };
    expect(told("llm-function-call-in-progress", "c1")).toEqual([{ type: "tools.called" }]);
    expect(told("llm-function-call-in-progress", "c2")).toEqual([]);
    openActivities.settle(false);
    expect(openActivities.takeFacts()).toEqual([]);
    expect(told(STOPPED, "c1")).toEqual([]);
    expect(told(STOPPED, "c2")).toEqual([{ type: "tools.settled" }]);
  });

  it("is how long to wait for the result of one of an older protocol: while its bot is there", () => {
    const openActivities = new OpenActivities();
    openActivities.received("llm-function-call", data("c1"));
    expect(openActivities.takeFacts()).toEqual([{ type: "call.began", call: 1 }, { type: "tools.called" }]);
    openActivities.lost(true);
    expect(openActivities.takeFacts()).toEqual([{ type: "call.ended", call: 1 }]);
    openActivities.settle(true);
    expect(openActivities.takeFacts()).toEqual([{ type: "call.began", call: 1 }]);
    openActivities.lost(false);
    expect(openActivities.takeFacts()).toEqual([{ type: "call.ended", call: 1 }, { type: "tools.settled" }]);
  });
});

describe("a bot that makes no sense", () => {
  const TYPES = ["started", "in-progress", "stopped"].map((what) => `llm-function-call-${what}`);
  const ids = fc.constantFrom(...(["a", "b", "", 7, null, {}, undefined] as unknown[]));

  it("breaks nothing, and leaves nothing open", () => {
    const saying = fc.record({
      type: fc.constantFrom(...TYPES, "llm-function-call", ...BEGUN, ...ENDED),
      data: fc.oneof(fc.jsonValue(), fc.record({ tool_call_id: ids, function_name: ids })),
    });
    fc.assert(
      fc.property(fc.array(saying), (all) => {
        const openActivities = new OpenActivities();
        const turns = turnsOf(createActor(turnsMachine, { input: { lull: undefined } }).start(), () => undefined);
        const tell = (...facts: readonly TurnFact[]) =>
          facts.flatMap((fact) => turns.tell(fact)).map(({ type }) => type);
        const lost = () => [
          ...tell({ type: "connection.lost" }),
          ...openActivities.lost(false).map(({ type }) => type),
          ...tell(...openActivities.takeFacts()),
        ];
        for (const { type, data } of all) {
          openActivities.received(type, data);
          const fact = turnFactOf(type);
          expect(tell(...(fact === undefined ? [] : [fact]), ...openActivities.takeFacts())).toEqual([]);
        }
        const told = lost();
        const edges = (end: string) =>
          all.map(({ type }) => type).filter((type) => type.replace("started", "stopped") === end);
        const open = ENDED.filter((end) => edges(end).at(-1)?.includes("started") === true);
        expect(told.filter((type) => type !== STOPPED)).toEqual(open);
        expect(lost()).toEqual([]);
        expect([openActivities.isBusy, turns.is("busy")]).toEqual([false, false]);
      }),
    );
  });

  it.each(["vad-user-started-speaking", "system-log-started"])(
    "and begins %s, which nobody ends, is at rest",
    (type) => {
      const openActivities = new OpenActivities();
      openActivities.received(type, undefined);
      expect(openActivities.isBusy).toBe(false);
    },
  );

  it.each([
    ["llm-function-call-started", () => ({ function_name: "f" })],
    ["llm-function-call-in-progress", (index: number) => ({ tool_call_id: String(index), function_name: "f" })],
    ["llm-function-call", (index: number) => ({ tool_call_id: String(index), function_name: "f" })],
    ["bot-llm-started", () => undefined],
  ])("and says %s without end is remembered to a bound", (type, data) => {
    const openActivities = new OpenActivities();
    for (let index = 0; index < 10_000; index += 1) {
      openActivities.received(type, data(index));
      openActivities.takeFacts();
    }
    const told = openActivities.lost(false);
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(type === "llm-function-call" ? 512 : 256);
  });
});
