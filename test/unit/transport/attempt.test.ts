import type { RTVIMessage } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../packages/testkit/src/scripted/fake-web-socket.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { SeedTransport } from "../../../packages/testkit/src/worlds/seed-transport.js";
import { drain, silent, World } from "../../../packages/testkit/src/worlds/world.js";
import type { Upcalls } from "../../../src/contracts/connection.js";
import { ConnectionFailedError, ConnectionLostError } from "../../../src/errors.js";
import type { TransportOptions } from "../../../src/options.js";
import { GeminiDialogue } from "../../../src/providers/gemini/dialogue.js";
import { GeminiLiveWebsocketTransport } from "../../../src/providers/gemini/index.js";
import { ManualClock, ScriptedMediaManager } from "../../../src/testing/index.js";

afterEach(() => vi.restoreAllMocks());

describe("a provider whose own code throws", () => {
  it("providers: is told of once, and the session goes on with what comes next", async () => {
    FakeWebSocket.all.length = 0;
    const options = { WebSocket: FakeWebSocketConstructor, logger: silent };
    const transport = new GeminiLiveWebsocketTransport({ api_key: canary() }, new ScriptedMediaManager(), options);
    const errors: RTVIMessage[] = [];
    const told: string[] = [];
    const callbacks = { onError: (message: RTVIMessage) => void errors.push(message) };
    transport.initialize({ transport, callbacks }, ({ type }) => void told.push(type));
    const connecting = transport.connect();
    await vi.waitUntil(() => FakeWebSocket.all.length === 1, { interval: 1 });
    FakeWebSocket.last.open();
    await connecting;
    FakeWebSocket.last.message('{"setupComplete":{}}');
    const receive = vi.spyOn(GeminiDialogue.prototype, "receive").mockImplementation(() => {
      throw new Error("a defect");
    });
    expect(() => FakeWebSocket.last.message("{}")).not.toThrow();
    FakeWebSocket.last.message("{}");
    receive.mockRestore();
    expect(errors).toMatchObject([{ data: { code: "protocol-error", fatal: false } }]);
    FakeWebSocket.last.message('{"serverContent":{"modelTurn":{"parts":[{"text":"still here"}]}}}');
    expect(told).toContain("bot-llm-text");
    const gone = transport.disconnect();
    FakeWebSocket.last.drop(1000, "", true);
    await gone;
    await drain();
  });
});

/** A world, the reports that each of its attempts was handed, and what is asked for its credential. */
function reporting(options: TransportOptions = {}) {
  const world = new World(true, options);
  const { service } = world.transport;
  const reports: Upcalls[] = [];
  const asked = { credential: (): Promise<void> => Promise.resolve() };
  const begin = service.begin.bind(service);
  vi.spyOn(service, "begin").mockImplementation((start) => {
    const session = begin(start);
    return {
      ...session,
      credential: () => asked.credential(),
      open: (plan, credential, attempt, up) => {
        reports.push(up);
        session.open(plan, credential, attempt, up);
      },
    };
  });
  return { world, service, reports, asked };
}

async function elapse(world: World, ms: number): Promise<void> {
  world.clock.advance(ms);
  await drain();
}

/** The connection of a session is lost; the second attempt hangs until it is given up, and the third one opens. */
async function givenUp() {
  const all = reporting();
  const { world, service } = all;
  world.connect();
  await drain();
  world.transport.script.connect = "hang";
  service.dropped();
  await elapse(world, 100);
  const late = service.current!;
  world.transport.script.connect = "open";
  await elapse(world, 2_000);
  await elapse(world, 1_000);
  expect([world.transport.state, all.reports.length]).toEqual(["ready", 3]);
  return { ...all, late };
}

describe("attempts: one that was given up", () => {
  it("is not heard in the session, whatever its provider goes on to report", async () => {
    const { world, service, late } = await givenUp();
    const heard = [...world.log];
    late.opens();
    late.perform([{ type: "deliver", message: { type: "server-message" } }]);
    await drain();
    expect(world.log).toEqual(heard);
    world.send();
    expect(service.sent, "the connection in use is still used").toHaveLength(1);
    await world.release();
  });

  it("may not read messages, while the connection in use may", async () => {
    const { world, reports } = await givenUp();
    expect(reports.map((up) => up.admits("{}"))).toEqual([false, false, true]);
    await world.release();
  });

  it("opens nothing with a credential that comes too late", async () => {
    const { world, service, reports, asked } = reporting();
    let answer: () => void = () => undefined;
    asked.credential = () => new Promise((resolve) => (answer = resolve));
    world.connect();
    await drain();
    expect(service.attempts).toBe(1);
    world.disconnect();
    await drain();
    answer();
    await drain();
    expect([reports.length, service.connections]).toEqual([0, 0]);
    await world.release();
    world.checkSettled();
  });

  it("leaves the next its connection parameters, when its own come too late", async () => {
    const answers: ((params: unknown) => void)[] = [];
    const { world, service } = reporting({ connectionParams: () => new Promise((resolve) => answers.push(resolve)) });
    world.connect();
    await drain();
    service.dropped();
    await elapse(world, 100);
    await elapse(world, 2_000);
    await elapse(world, 100);
    answers[1]!({ model: "in time" });
    await drain();
    answers[0]!({ model: "late" });
    await drain();
    expect([world.transport.state, service.params]).toEqual(["ready", { model: "in time" }]);
    await world.release();
  });

  it("takes back nothing that a subclass has said meanwhile, where it never opened", async () => {
    const clock = new ManualClock();
    const options: TransportOptions = { clock, logger: silent, random: () => 0.5, reconnect: { base: 100 } };
    const transport = new SeedTransport({}, new ScriptedMediaManager(), options);
    const told: string[] = [];
    const callbacks = {
      onBotStartedSpeaking: () => void told.push("started"),
      onBotStoppedSpeaking: () => void told.push("stopped"),
    };
    transport.initialize({ transport, callbacks }, () => undefined);
    await transport.connect();
    await transport.sendReadyMessage();
    transport.connects = () => Promise.reject(new ConnectionFailedError("no route", { retryable: true }));
    transport.loses(new ConnectionLostError("gone", { retryable: true }));
    // As one does it that plays something while the user waits.
    transport.botStartedSpeaking();
    clock.advance(100);
    await drain();
    expect(transport.calls.filter((call) => call === "connectLLM")).toHaveLength(2);
    expect([transport.state, told]).toEqual(["connecting", ["started"]]);
    await transport.disconnect();
  });
});

describe("attempts: a connection that is lost", () => {
  it("ends what had begun on it before the app hears of the loss", async () => {
    const { world, service } = reporting();
    world.connect();
    await drain();
    world.log.length = 0;
    const stopped = { type: "deliver", message: { type: "bot-llm-stopped" } } as const;
    vi.spyOn(service.current!, "end").mockReturnValueOnce([stopped]);
    service.dropped();
    expect(world.log).toEqual(["bot-llm-stopped", "onError", "connecting"]);
    await world.release();
  });
});
