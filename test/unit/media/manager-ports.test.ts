import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { MicrophoneReports } from "../../../src/contracts/microphone.js";
import type { OutputReport } from "../../../src/contracts/speaker.js";
import type { MediaPorts } from "../../../src/media/media-manager.js";
import { portsOf } from "../../../src/media/manager-ports.js";
import { ScriptedMediaManager } from "../../../src/testing/index.js";
import { foreignManager } from "../../../packages/testkit/src/worlds/foreign-manager.js";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";

const reports: MicrophoneReports = { lost: () => undefined };
const request = () => ({ deviceId: "", muted: false, signal: new AbortController().signal });

describe("the ports of a manager", () => {
  it("are its own where it has them", () => {
    const manager = new ScriptedMediaManager();
    expect(portsOf(manager, silent)).toEqual({ microphone: manager.microphone, speaker: manager.speaker });
  });
});

describe("a manager of Pipecat's shape", () => {
  let foreign: ReturnType<typeof foreignManager>["foreign"];
  let ports: MediaPorts;

  beforeEach(() => {
    const made = foreignManager();
    foreign = made.foreign;
    ports = portsOf(made.manager, silent);
  });

  const open = () =>
    Promise.all([ports.microphone.open(request(), reports), ports.speaker.open(() => undefined, request().signal)]);
  const close = () => {
    ports.microphone.close();
    ports.speaker.close();
  };

  it("is initialized once for both ends, connected when audio is wanted, disconnected with the last end", async () => {
    const [device] = await open();
    expect(device).toMatchObject({ deviceId: "foreign-mic" });
    ports.microphone.setStreaming(true);
    ports.microphone.setStreaming(true);
    ports.microphone.close();
    expect(foreign.calls).toEqual(["initialize", "connect"]);
    ports.speaker.close();
    await drain();
    expect(foreign.calls).toEqual(["initialize", "connect", "disconnect"]);
  });

  it("is disconnected at once, before the next use is initialized", async () => {
    await open();
    close();
    expect(foreign.calls.at(-1)).toBe("disconnect");
    await open();
    expect(foreign.calls).toEqual(["initialize", "disconnect", "initialize"]);
  });

  it("that is given up while it initializes is disconnected now and when it has answered", async () => {
    let answer: () => void = () => undefined;
    foreign.initializes = () => new Promise((resolve) => (answer = resolve));
    const opening = open();
    await drain();
    close();
    const next = open();
    answer();
    await opening;
    foreign.initializes = () => Promise.resolve();
    await next;
    expect(foreign.calls).toEqual(["initialize", "disconnect", "disconnect", "initialize"]);
    close();
    await drain();
    expect(foreign.calls.at(-1)).toBe("disconnect");
  });

  it("that is given up before it was touched is left alone", async () => {
    const opening = open();
    close();
    await opening;
    await drain();
    expect(foreign.calls).toEqual([]);
  });

  it("whose initialize() fails is asked again by the next request", async () => {
    foreign.initializes = () => Promise.reject(new DOMException("no", "NotAllowedError"));
    await expect(ports.microphone.open(request(), reports)).rejects.toThrow("no");
    foreign.initializes = () => Promise.resolve();
    await ports.microphone.open(request(), reports);
    expect(foreign.calls).toEqual(["initialize", "disconnect", "initialize"]);
  });

  it("is muted by enableMic(), when that changes anything", async () => {
    await open();
    ports.microphone.setMuted(false);
    expect(foreign.calls).not.toContain("enableMic(true)");
    ports.microphone.setMuted(true);
    expect(foreign.calls).toContain("enableMic(false)");
  });

  it("whose methods throw is logged, not thrown", async () => {
    await open();
    foreign.connect = () => Promise.reject(new Error("connect"));
    foreign.disconnect = () => {
      throw new Error("disconnect");
    };
    foreign.enableMic = () => {
      throw new Error("enableMic");
    };
    ports.microphone.setStreaming(true);
    ports.microphone.setMuted(true);
    close();
    await drain();
  });

  it("tells by the clock what it plays", async () => {
    const told: string[] = [];
    await ports.speaker.open(({ type }) => told.push(type), request().signal);
    ports.speaker.write(new Int16Array(240), "a");
    expect(told).toEqual(["began"]);
    expect(foreign.played).toEqual([{ id: "a", samples: 240 }]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(told).toEqual(["began", "drained"]);
    ports.speaker.write(new Int16Array(24_000), "b");
    const [cut] = await ports.speaker.interrupt();
    expect(cut).toMatchObject({ itemId: "b", receivedSamples: 24_000, sampleRate: 24_000 });
    expect(cut?.playedSamples).toBeLessThan(2_400);
    expect(await ports.speaker.interrupt()).toEqual([]);
    ports.speaker.close();
  });

  it("tells by the clock what it plays at the rate that it declares", async () => {
    const { manager, foreign: played } = foreignManager();
    Object.assign(manager, { outputSampleRate: 8_000 });
    const { speaker } = portsOf(manager, silent);
    const told: OutputReport[] = [];
    await speaker.open((report) => told.push(report), request().signal);
    speaker.write(new Int16Array(800), "a");
    expect(played.played).toEqual([{ id: "a", samples: 800 }]);
    // It takes 100 ms; at 24 kHz it would be over in 33.
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(told.map(({ type }) => type)).toEqual(["began"]);
    const [cut] = await speaker.interrupt();
    expect(cut).toMatchObject({ receivedSamples: 800, sampleRate: 8_000 });
    expect(cut?.playedSamples).toBeLessThan(800);
    speaker.close();
  });

  it("that plays is silent when its sound is over, also where the clock on the wall is set back meanwhile", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance", "setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const told: OutputReport[] = [];
    await ports.speaker.open((report) => told.push(report), request().signal);
    ports.speaker.write(new Int16Array(2_400), "a");
    vi.setSystemTime(Date.now() - 3_600_000);
    ports.speaker.write(new Int16Array(2_400), "a");
    vi.advanceTimersByTime(200);
    expect(told).toMatchObject([{ type: "began" }, { type: "drained", item: { playedSamples: 4_800 } }]);
  });

  it("that does not take the bot's audio loses the output, after what it has played", async () => {
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const told: OutputReport[] = [];
    await ports.speaker.open((report) => told.push(report), request().signal);
    ports.speaker.write(new Int16Array(2_400), "a");
    foreign.bufferBotAudio = () => {
      throw new Error("no player");
    };
    ports.speaker.write(new Int16Array(2_400), "a");
    expect(told.map(({ type }) => type)).toEqual(["began", "drained", "lost"]);
    expect(told[1]).toMatchObject({ item: { itemId: "a", receivedSamples: 4_800 } });
    expect(told[2]).toMatchObject({ error: { message: "no player" } });
    ports.speaker.write(new Int16Array(2_400), "b");
    expect(told.slice(3)).toMatchObject([
      { type: "drained", item: { itemId: "b", playedSamples: 0 } },
      { type: "lost" },
    ]);
  });

  it.each([
    ["rejects", () => Promise.reject(new Error("no"))],
    ["never answers", () => new Promise(() => undefined)],
  ])("that %s when the bot is interrupted is silent all the same", async (_how, userStartedSpeaking) => {
    await open();
    ports.speaker.write(new Int16Array(24_000), "a");
    foreign.userStartedSpeaking = userStartedSpeaking;
    expect(await ports.speaker.interrupt()).toMatchObject([{ itemId: "a" }]);
  });
});
