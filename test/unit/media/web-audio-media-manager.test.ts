import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OutputReport } from "../../../src/contracts/speaker.js";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
} from "../../../src/providers/openai/index.js";
import { WebAudioMediaManager } from "../../../src/media/web-audio-media-manager.js";
import type { WebAudioOptions } from "../../../src/media/web-audio-options.js";
import { AudioPage, device } from "../../../packages/testkit/src/worlds/audio-page.js";

const live = (): AbortSignal => new AbortController().signal;
const input = (text: string): MediaDeviceInfo => device(text);
const output = (text: string): MediaDeviceInfo => device(text, "audiooutput");
const laptop = input("l Laptop");
const headset = input("h Headset");
const speakers = output("s Speakers");

function rig(page: AudioPage, options: WebAudioOptions = {}) {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const { AudioContext, mediaDevices } = page;
  const manager = new WebAudioMediaManager({ AudioContext, mediaDevices, logger, ...options });
  const events: string[] = [];
  const list = (devices: MediaDeviceInfo[]): string => devices.map(({ deviceId }) => deviceId).join();
  const callbacks: RTVIEventCallbacks = {
    onAvailableCamsUpdated: (cams) => events.push(`cams ${list(cams)}`),
    onAvailableMicsUpdated: (mics) => events.push(`mics ${list(mics)}`),
    onAvailableSpeakersUpdated: (outputs) => events.push(`speakers ${list(outputs)}`),
    onCamUpdated: (cam) => events.push(`cam ${cam.deviceId}`),
    onMicUpdated: (mic) => events.push(`mic ${mic.deviceId}`),
    onSpeakerUpdated: (speaker) => events.push(`speaker ${speaker.deviceId}`),
    onTrackStarted: (track, who) => events.push(`started ${who?.id} ${track.label}`),
    onTrackStopped: (track, who) => events.push(`stopped ${who?.id} ${track.label}`),
    onDeviceError: (error) => events.push(`error ${error.devices.join()} ${error.type}`),
    onLocalAudioLevel: (level) => events.push(`level ${level}`),
  };
  manager.setClientOptions({ callbacks, transport: undefined as never });
  const chunks: ArrayBuffer[] = [];
  manager.setUserAudioCallback((chunk) => chunks.push(chunk));
  const { microphone, speaker } = manager.ports;
  const lost = vi.fn();
  const reports: OutputReport[] = [];
  const open = (muted = false) => microphone.open({ deviceId: "", muted, signal: live() }, { lost });
  const openSpeaker = () => speaker.open((report) => reports.push(report), live());
  const told = (): string[] => events.splice(0);
  return { manager, microphone, speaker, logger, events, told, chunks, lost, reports, open, openSpeaker };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the microphone's context", () => {
  it("media: a microphone that is refused while its worklet loads says nothing of the worklet", async () => {
    const page = new AudioPage(laptop);
    let fail: (reason: Error) => void = () => undefined;
    const loading = new Promise<void>((_, reject) => (fail = reject));
    const { microphone, open, logger } = rig(page, {
      AudioContext: class extends page.AudioContext {
        override readonly audioWorklet = { addModule: () => loading } as unknown as AudioWorklet;
      },
      mediaDevices: Object.assign(page.mediaDevices, {
        getUserMedia: () => Promise.reject(new DOMException("denied", "NotAllowedError")),
      }),
    });
    microphone.spareChunks?.();
    await expect(open()).rejects.toMatchObject({ type: "permissions" });
    fail(new DOMException("The context is closed.", "InvalidStateError"));
    await settle();
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it.each([
    ["is closed", (page: AudioPage) => page.context.become("closed")],
    ["loses its worklet", (page: AudioPage) => page.node("capture").crash()],
  ])("media: a context that %s loses the microphone, and the next opening has one that works", async (_, fail) => {
    const page = new AudioPage(laptop);
    const { open, lost, told, microphone, chunks } = rig(page);
    await open();
    told();
    fail(page);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(lost.mock.calls[0]?.[0]).toMatchObject({ devices: ["mic"], type: "unknown" });
    expect(told()).toEqual(["stopped local Laptop"]);
    await open();
    microphone.setStreaming(true);
    page.node("capture").says({ type: "chunk", pcm: new ArrayBuffer(2) });
    expect(page.context.state).toBe("running");
    expect(chunks).toHaveLength(1);
    expect(page.tracks.map(({ readyState }) => readyState)).toEqual(["ended", "live"]);
  });

  it("media: a context that is closed while the microphone opens leaves none behind", async () => {
    const page = new AudioPage(laptop);
    const { mediaDevices } = page;
    const getUserMedia = async (constraints: MediaStreamConstraints): Promise<MediaStream> => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return page.mediaDevices.getUserMedia(constraints);
    };
    const { open } = rig(page, { mediaDevices: Object.assign(mediaDevices, { getUserMedia }) });
    const opening = expect(open()).rejects.toThrow();
    await settle();
    page.context.become("closed");
    await vi.advanceTimersByTimeAsync(10);
    await opening;
    expect(page.contexts.filter(({ state }) => state !== "closed")).toEqual([]);
    expect(page.tracks.filter(({ readyState }) => readyState === "live")).toEqual([]);
  });

  it("media: a list of devices that does not come keeps nobody from speaking, and is told when it does", async () => {
    const page = new AudioPage(laptop, speakers);
    let listed: (devices: MediaDeviceInfo[]) => void = () => undefined;
    const late = new Promise<MediaDeviceInfo[]>((resolve) => (listed = resolve));
    const { open, told } = rig(page, {
      mediaDevices: Object.assign(page.mediaDevices, { enumerateDevices: () => late }),
    });
    const opened = open();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await opened).toMatchObject({ deviceId: "l", label: "Laptop" });
    expect(told()).toEqual(["started local Laptop", "cam ", "mic l"]);
    listed([laptop, speakers]);
    await settle();
    expect(told()).toEqual(["cams ", "mics l", "speakers s", "speaker s"]);
  });

  it("media: a context that the page suspends is resumed", async () => {
    const page = new AudioPage(laptop);
    const { open, lost } = rig(page);
    await open();
    page.context.become("suspended");
    await vi.advanceTimersByTimeAsync(600);
    expect(page.context.resume).toHaveBeenCalledTimes(1);
    page.context.become("running");
    await vi.advanceTimersByTimeAsync(4_000);
    expect(lost).not.toHaveBeenCalled();
  });

  it("media: a context that stays suspended loses the microphone, and gives way to another", async () => {
    const page = new AudioPage(laptop);
    const { open, lost } = rig(page);
    await open();
    const [first] = page.contexts;
    first?.become("suspended");
    await vi.advanceTimersByTimeAsync(3_100);
    expect(lost).toHaveBeenCalledTimes(1);
    await open();
    expect(page.contexts).toHaveLength(2);
  });

  it("media: a context that says that it runs, and renders nothing, loses the microphone", async () => {
    const page = new AudioPage(laptop);
    const { open, lost } = rig(page);
    await open();
    for (let check = 0; check < 4; check += 1) {
      page.context.currentTime += 1;
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(lost).not.toHaveBeenCalled();
    // Looked at rarely, because each look wakes the page; and sooner once it stands.
    await vi.advanceTimersByTimeAsync(9_000);
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it("media: a device that ends without saying so is found out", async () => {
    const page = new AudioPage(laptop);
    const { open, lost } = rig(page);
    await open();
    page.tracks[0]?.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: "not-found" }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it("media: a context that the system holds is told of and waited for", async () => {
    const page = new AudioPage(laptop);
    const { open, lost, told } = rig(page);
    await open();
    told();
    page.context.become("interrupted");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told()).toEqual(["error mic in-use"]);
    page.context.become("running");
    expect(told()).toEqual(["cam ", "mic l"]);
    expect(lost).not.toHaveBeenCalled();
  });

  it("media: the device is asked for before a context is made, and none is made where it is withdrawn at once", async () => {
    const page = new AudioPage(laptop);
    const { open, microphone } = rig(page);
    const opening = open();
    expect([page.asked.length, page.contexts.length]).toEqual([1, 0]);
    microphone.close();
    await expect(opening).rejects.toThrow("not wanted");
    expect(page.contexts).toEqual([]);
  });

  it("media: a context that waits for a gesture is resumed when the microphone is turned on", async () => {
    const page = new AudioPage(laptop);
    const { open, microphone, lost } = rig(page);
    const opening = open();
    await Promise.resolve();
    page.context.state = "suspended";
    await opening;
    expect(page.context.resume).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(20_000);
    microphone.setMuted(false);
    expect(page.context.resume).toHaveBeenCalledTimes(2);
    expect(lost).not.toHaveBeenCalled();
  });

  it("media: a starved microphone is lost, one that the system has muted is not", async () => {
    const page = new AudioPage(laptop);
    const { open, lost } = rig(page);
    await open();
    const [track] = page.tracks;
    track!.muted = true;
    for (let second = 0; second < 10; second += 1) page.node("capture").says({ type: "starved" });
    expect(lost).not.toHaveBeenCalled();
    track!.muted = false;
    for (let second = 0; second < 3; second += 1) page.node("capture").says({ type: "starved" });
    expect(lost).toHaveBeenCalledTimes(1);
  });
});

describe("the speaker's context", () => {
  const item = { itemId: "a", playedSamples: 100, receivedSamples: 480 };

  it.each([
    ["closed", (page: AudioPage) => page.context.become("closed")],
    ["without its worklet", (page: AudioPage) => page.node("playback").crash()],
  ])("media: an output that is %s ends what was heard, is lost, and opens anew", async (_, fail) => {
    const page = new AudioPage(speakers);
    const { speaker, openSpeaker, reports, told } = rig(page);
    await openSpeaker();
    await settle();
    expect(told()).toContain("started bot bot");
    speaker.write(new Int16Array(480), "a");
    speaker.write(new Int16Array(480), "waits");
    page.node("playback").says({ type: "began", item });
    fail(page);
    expect(reports).toMatchObject([
      { type: "began" },
      { type: "drained", item, lost: true },
      { type: "drained", item: { itemId: "waits", playedSamples: 0, receivedSamples: 480 }, lost: true },
      { type: "lost" },
    ]);
    expect(told()).toEqual(["stopped bot bot"]);
    await openSpeaker();
    speaker.write(new Int16Array(480), "b");
    expect(page.context.state).toBe("running");
    expect(page.node("playback").sent.at(-1)).toMatchObject({ type: "write", itemId: "b" });
  });

  it("media: an output that the system holds is told of, and told of again when it is back", async () => {
    const page = new AudioPage(speakers);
    const { openSpeaker, reports } = rig(page);
    await openSpeaker();
    page.context.become("interrupted");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reports.map(({ type }) => type)).toEqual(["interrupted"]);
    page.context.become("running");
    expect(reports.map(({ type }) => type)).toEqual(["interrupted", "unblocked"]);
  });

  it("media: a gesture resumes the microphone's context, too", async () => {
    const page = new AudioPage(laptop, speakers);
    const { open, openSpeaker, speaker } = rig(page, { inputSampleRate: 16_000 });
    await Promise.all([open(), openSpeaker()]);
    for (const context of page.contexts) context.state = "suspended";
    void speaker.resume();
    expect(page.contexts).toHaveLength(2);
    for (const { resume } of page.contexts) expect(resume).toHaveBeenCalled();
  });

  it("media: by itself the manager tells of a lost output, and opens it again when asked", async () => {
    const page = new AudioPage(laptop, speakers);
    const { manager, told } = rig(page);
    await manager.initialize();
    told();
    page.node("playback").crash();
    expect(told()).toEqual(["stopped bot bot", "error speaker unknown"]);
    await manager.initialize();
    expect(manager.tracks().bot?.audio?.label).toBe("bot");
  });
});

describe("tracks", () => {
  it("media: each track that starts has its stop: muted, swapped, unplugged, released", async () => {
    const page = new AudioPage(laptop, headset);
    const { open, told, manager, microphone, lost, events } = rig(page);
    const tracks = (): string[] => told().filter((event) => event.startsWith("st"));
    await open();
    expect(tracks()).toEqual(["started local Laptop"]);
    microphone.setMuted(true);
    expect(tracks()).toEqual(["stopped local Laptop"]);
    microphone.setMuted(false);
    await manager.updateMic("h");
    expect(tracks()).toEqual(["started local Laptop", "stopped local Laptop", "started local Headset"]);
    lost.mockImplementation(() => events.push("lost"));
    page.tracks.at(-1)?.end();
    expect(told()).toEqual(["stopped local Headset", "lost"]);
    await open();
    expect(tracks()).toEqual(["started local Headset"]);
    microphone.close();
    expect(tracks()).toEqual(["stopped local Headset"]);
  });

  it("media: a microphone that is lost while it is muted was stopped before", async () => {
    const page = new AudioPage(laptop);
    const { open, told } = rig(page);
    await open(true);
    page.tracks[0]?.end();
    expect(told().filter((event) => event.startsWith("st"))).toEqual([]);
  });
});

describe("choices of a microphone", () => {
  it("media: one that is refused does not count, now or the next time", async () => {
    const page = new AudioPage(laptop, headset);
    const { open, manager, microphone, told } = rig(page);
    await manager.updateMic("h");
    await open();
    told();
    await manager.updateMic("gone");
    // Whoever heard of the failure hears that the old one is in use.
    expect(told()).toEqual(["error mic constraints", "cam ", "mic h"]);
    expect(microphone.preferred).toBe("h");
    microphone.close();
    expect(await open()).toMatchObject({ deviceId: "h" });
    expect(page.asked.at(-1)).toBe("h!");
  });

  it("media: a browser that refuses exact ids is asked without them, and what came is looked at", async () => {
    const page = new AudioPage(laptop, headset);
    const { open, manager, told } = rig(page);
    await open();
    page.refusesExact = true;
    told();
    await manager.updateMic("h");
    expect(page.asked).toEqual(["default", "h!", "h"]);
    expect(told()).toContain("mic h");
    expect(page.tracks.map(({ readyState }) => readyState)).toEqual(["ended", "live"]);
  });

  it("media: another device than the wanted one is given back, and the old one stays", async () => {
    const page = new AudioPage(laptop, headset);
    const { open, manager, told } = rig(page);
    await open();
    told();
    page.refusesExact = true;
    page.insists = "l";
    await manager.updateMic("h");
    expect(told()).toEqual(["error mic constraints", "cam ", "mic l"]);
    expect(page.tracks.map(({ readyState }) => readyState)).toEqual(["live", "ended"]);
  });
});

describe("lists of devices", () => {
  it("media: lists come once, before the devices in use, before the opening is over", async () => {
    const page = new AudioPage(laptop, speakers, device("c Camera", "videoinput"));
    const { manager, told, microphone } = rig(page);
    await manager.initialize();
    expect(told().filter((event) => !event.startsWith("st"))).toEqual([
      "cams c",
      "mics l",
      "speakers s",
      "speaker s",
      "cam ",
      "mic l",
    ]);
    await settle();
    microphone.setMuted(true);
    page.plug(laptop, speakers, device("c Camera", "videoinput"));
    await settle();
    expect(told().filter((event) => !event.startsWith("st"))).toEqual([]);
    page.plug(laptop, headset, speakers);
    await settle();
    expect(told()).toEqual(["cams ", "mics l,h", "speakers s"]);
  });

  it("media: the lists are there when the microphone alone is", async () => {
    const page = new AudioPage(laptop, headset, speakers);
    const { open, told } = rig(page);
    await open();
    const devices = ["cam ", "mic l", "speaker s"];
    expect(told()).toEqual(["started local Laptop", "cams ", "mics l,h", "speakers s", ...devices]);
  });
});

describe("the system's default", () => {
  it.each([
    [
      "by its label",
      [input("default Default - Laptop"), laptop, headset],
      [input("default Default - Headset"), laptop, headset],
    ],
    [
      "by its group",
      [input("default Default@1"), input("l Mic@1"), input("h Mic@2")],
      [input("default Default@2"), input("l Mic@1"), input("h Mic@2")],
    ],
    ["by the order of the list, as Firefox has it", [laptop, headset], [headset, laptop]],
  ])("media: is followed %s", async (_, before, after) => {
    const page = new AudioPage(...before);
    const { open, manager } = rig(page);
    page.first = "l";
    expect(await open()).toMatchObject({ deviceId: "l" });
    page.first = "h";
    page.plug(...after);
    await settle();
    await settle();
    expect(manager.selectedMic).toMatchObject({ deviceId: "h" });
    expect(page.asked).toEqual(["default", "default"]);
  });

  it("media: a device that is plugged in beside it changes nothing", async () => {
    const page = new AudioPage(laptop);
    const { open } = rig(page);
    await open();
    page.plug(laptop, headset);
    await settle();
    expect(page.asked).toEqual(["default"]);
  });

  it("media: what stood in for an unplugged default gives way when it is back", async () => {
    const page = new AudioPage(headset, laptop);
    const { open, manager } = rig(page);
    await open();
    page.plug(laptop);
    page.tracks[0]?.end();
    expect(await open()).toMatchObject({ deviceId: "l" });
    page.plug(headset, laptop);
    await settle();
    await settle();
    expect(manager.selectedMic).toMatchObject({ deviceId: "h" });
  });
});

describe("a transport whose chosen microphone was unplugged", () => {
  const TRANSPORTS = [OpenAIRealTimeWebSocketTransport, OpenAIRealTimeWebRTCTransport] as const;

  /** The headset was chosen, and the laptop's stands in. */
  async function unplugged(page: AudioPage, Transport: (typeof TRANSPORTS)[number]) {
    const { AudioContext, mediaDevices } = page;
    vi.stubGlobal("navigator", { mediaDevices });
    const manager = new WebAudioMediaManager({ AudioContext });
    const transport = new Transport({ api_key: "ek_test" }, manager);
    transport.initialize({ transport, callbacks: {} }, () => undefined);
    const initialized = transport.initDevices();
    await settle();
    await initialized;
    void transport.updateMic("h");
    await settle();
    page.plug(laptop);
    page.tracks.at(-1)?.end();
    await settle();
    await settle();
    expect(manager.selectedMic).toMatchObject({ deviceId: "l" });
    page.asked.length = 0;
    return { manager, transport, mediaDevices };
  }

  it.each(TRANSPORTS)(
    "media: asks for it once when it is back, and lets the other go when it has it: %o",
    async (Transport) => {
      const page = new AudioPage(laptop, headset);
      const { manager, transport, mediaDevices } = await unplugged(page, Transport);
      const standIn = page.tracks.at(-1);
      const heldWhenAsked: unknown[] = [];
      vi.spyOn(mediaDevices, "getUserMedia").mockImplementation((constraints) => {
        heldWhenAsked.push(standIn?.readyState);
        return page.mediaDevices.getUserMedia(constraints);
      });
      page.plug(headset, laptop);
      for (let at = 0; at < 4; at += 1) await settle();
      expect(manager.selectedMic).toMatchObject({ deviceId: "h" });
      expect(page.asked).toEqual(["h!"]);
      expect(heldWhenAsked).toEqual(["live"]);
      expect(standIn?.readyState).toBe("ended");
      await transport.disconnect();
    },
  );

  it("media: a headset with a loose contact has a stand-in each time", async () => {
    const page = new AudioPage(laptop, headset);
    const { manager, transport } = await unplugged(page, OpenAIRealTimeWebSocketTransport);
    for (let times = 0; times < 3; times += 1) {
      page.plug(headset, laptop);
      for (let at = 0; at < 4; at += 1) await settle();
      expect(manager.selectedMic).toMatchObject({ deviceId: "h" });
      await vi.advanceTimersByTimeAsync(500);
      // The list comes first, so that nothing tells of a device once it is lost.
      page.plug(laptop);
      await settle();
      page.tracks.at(-1)?.end();
      for (let at = 0; at < 4; at += 1) await settle();
      expect(manager.selectedMic).toMatchObject({ deviceId: "l" });
      expect(page.tracks.at(-1)?.readyState).toBe("live");
    }
    await transport.disconnect();
  });
});

describe("choices of a speaker", () => {
  const phones = output("p Phones");

  it("media: getter and event agree: on connecting, on choosing, on losing, on coming back", async () => {
    const page = new AudioPage(speakers, phones);
    const { openSpeaker, manager, told } = rig(page);
    const agreed = (): string[] => {
      const events = told().filter((event) => event.startsWith("speaker "));
      expect(events.at(-1)).toBe(`speaker ${(manager.selectedSpeaker as MediaDeviceInfo).deviceId}`);
      return events;
    };
    await openSpeaker();
    await settle();
    expect(agreed()).toEqual(["speaker s"]);
    await manager.updateSpeaker("default");
    expect(agreed()).toEqual(["speaker s"]);
    await manager.updateSpeaker("p");
    expect(agreed()).toEqual(["speaker p"]);
    expect(page.context.sinkId).toBe("p");
    page.plug(speakers);
    await settle();
    expect(agreed()).toEqual(["speaker s"]);
    expect(page.context.sinkId).toBe("");
    page.plug(speakers, phones);
    await settle();
    expect(agreed()).toEqual(["speaker p"]);
    expect(page.context.sinkId).toBe("p");
  });

  it("media: one that is refused does not count, now or the next time", async () => {
    const page = new AudioPage(speakers, phones);
    const { openSpeaker, manager, told, speaker, logger } = rig(page);
    await openSpeaker();
    await manager.updateSpeaker("p");
    told();
    await manager.updateSpeaker("gone");
    expect(told()).toEqual(["error speaker not-found", "speaker p"]);
    expect(manager.selectedSpeaker).toMatchObject({ deviceId: "p" });
    speaker.close();
    await openSpeaker();
    expect(page.context.sinkId).toBe("p");
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it("media: one that was chosen while nothing played and is not there gives way to the default", async () => {
    const page = new AudioPage(speakers);
    const { openSpeaker, manager, told } = rig(page);
    await manager.updateSpeaker("gone");
    await openSpeaker();
    await settle();
    expect(told()).toContain("speaker s");
    expect(manager.selectedSpeaker).toMatchObject({ deviceId: "s" });
  });

  it("media: a browser that lists no outputs is not taken for one that lost them", async () => {
    const page = new AudioPage(laptop);
    const { open, logger, manager } = rig(page);
    await open();
    await manager.updateSpeaker("default");
    expect(manager.selectedSpeaker).toEqual({});
    expect(logger.warn).not.toHaveBeenCalled();
  });
});

describe("a microphone whose track is sent", () => {
  it.each(["the worklet", "Web Audio"])("media: is live without %s", async (lack) => {
    const page = new AudioPage(laptop);
    const { AudioContext } = page;
    class Bare extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        if (lack === "Web Audio") throw new DOMException("none", "NotSupportedError");
        Object.assign(this, { audioWorklet: { addModule: () => Promise.reject(new Error("CSP")) } });
      }
    }
    const { open, microphone, manager, logger } = rig(page, { AudioContext: Bare });
    await expect(open()).rejects.toThrow();
    microphone.spareChunks?.();
    expect(await open()).toMatchObject({ deviceId: "l" });
    expect(manager.tracks().local.audio?.readyState).toBe("live");
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });
});
