import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  AudioPage,
  device,
  type PageContext,
  PageWorkletNode,
} from "../../../packages/testkit/src/worlds/audio-page.js";
import { WebAudioMediaManager } from "../../../src/media/web-audio-media-manager.js";
import { OpenAIRealTimeWebSocketTransport } from "../../../src/providers/openai/index.js";

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };
const laptop = device("l Laptop");
const headset = device("h Headset");
const usb = device("u USB");
const speakers = device("s Speakers", "audiooutput");
const phones = device("p Phones", "audiooutput");
const hdmi = device("x HDMI", "audiooutput");
const LIVE = { open: { held: "live" } };

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class DeadSocket extends EventTarget {
  readyState = 0;
  bufferedAmount = 0;
  close(): void {}
  send(): void {}
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Begun {
  /** What the app does in its callbacks. */
  readonly app?: (transport: OpenAIRealTimeWebSocketTransport) => RTVIEventCallbacks;
  /** Whether there is a session, with an output; else the microphone alone. */
  readonly inSession?: boolean;
}

/** A transport and its devices, on a page whose contexts render until they are stuck, and whose devices take their time. */
async function begin(devices: readonly MediaDeviceInfo[], { app = () => ({}), inSession = false }: Begun = {}) {
  const page = new AudioPage(...devices);
  const slow = { microphone: 0, output: 0 };
  const stuck = { contexts: new Set<unknown>(), all: false };
  const isStuck = (context: unknown): boolean => stuck.all || stuck.contexts.has(context);
  class Context extends (page.AudioContext as unknown as new (options?: AudioContextOptions) => PageContext) {
    #moved = Promise.resolve();

    constructor(options?: AudioContextOptions) {
      super(options);
      Object.defineProperty(this, "currentTime", { get: () => (isStuck(this) ? 1 : performance.now()) });
    }

    override setSinkId(sinkId: string): Promise<void> {
      this.#moved = this.#moved.then(() => wait(slow.output)).then(() => super.setSinkId(sinkId));
      return this.#moved;
    }
  }
  class WorkletNode extends PageWorkletNode {
    override says(data: unknown): void {
      if (!isStuck(this.context)) super.says(data);
    }
  }
  vi.stubGlobal("AudioWorkletNode", WorkletNode);
  const { mediaDevices } = page;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    if (slow.microphone > 0) await wait(slow.microphone);
    return open(constraints);
  };
  vi.stubGlobal("navigator", { mediaDevices });
  const manager = new WebAudioMediaManager({ AudioContext: Context as never, mediaDevices, logger: QUIET });
  const options = { WebSocket: DeadSocket as never, logger: QUIET, timeouts: { connect: 60_000 } };
  const transport = new OpenAIRealTimeWebSocketTransport({ api_key: "ek" }, manager, options);
  const own = app(transport);
  const log: string[] = [];
  const callbacks: RTVIEventCallbacks = {
    ...own,
    onMicUpdated: (microphone) => void log.push(`mic ${microphone.deviceId}`),
    onSpeakerUpdated: (speaker) => void log.push(`speaker ${speaker.deviceId}`),
    onDeviceError: (error) => {
      log.push(`error ${error.devices.join()} ${error.type}`);
      own.onDeviceError?.(error);
    },
    onTrackStarted: (track, who) => void (who?.local && log.push(`started ${track.label}`)),
    onTrackStopped: (track, who) => {
      if (who?.local) log.push(`stopped ${track.label}`);
      own.onTrackStopped?.(track, who);
    },
  };
  transport.initialize({ transport, callbacks }, () => undefined);
  const begun = inSession ? transport.connect().catch(() => undefined) : transport.initDevices();
  await pass(1_000);
  if (!inSession) await begun;
  log.length = 0;
  const errors = (): string[] => log.filter((entry) => entry.startsWith("error"));
  const microphone = (): unknown => transport.actor.getSnapshot().children.microphone?.getSnapshot().value;
  return { page, slow, stuck, log, errors, manager, transport, mediaDevices, microphone };
}

/** What is given is what was there at the question, and comes later. */
function decideWhenAsked(mediaDevices: MediaDevices): void {
  const open = mediaDevices.getUserMedia;
  mediaDevices.getUserMedia = async (constraints) => {
    const [given] = await Promise.all([Promise.allSettled([open(constraints)]), wait(300)]);
    if (given[0].status === "rejected") throw given[0].reason;
    return given[0].value;
  };
}

it("media: a context that says that it runs, and renders nothing, is closed, and another takes its place", async () => {
  const { page, stuck, transport, errors, microphone } = await begin([laptop, speakers]);
  const [dead] = page.contexts;
  stuck.contexts.add(dead);
  await pass(60_000);
  expect([errors(), microphone(), dead?.state]).toEqual([["error mic unknown"], LIVE, "closed"]);
  await transport.disconnect();
});

it("media: what plays the bot in a context that renders nothing moves on as well", async () => {
  const { page, stuck, transport, errors } = await begin([laptop, speakers], { inSession: true });
  stuck.contexts.add(page.context);
  await pass(20_000);
  expect(errors().sort()).toEqual(["error mic unknown", "error speaker unknown"]);
  expect(page.contexts.map(({ state }) => state)).toEqual(["closed", "running"]);
  expect(page.context.nodes.map(({ name }) => name.split("-").at(-1)).sort()).toEqual(["capture", "playback"]);
  await transport.disconnect();
});

it("media: where no context renders anything the microphone is asked for once more, and not for ever", async () => {
  const { page, stuck, transport, errors, microphone } = await begin([laptop, speakers]);
  stuck.all = true;
  await pass(120_000);
  expect([errors().length, page.contexts.length, microphone()]).toEqual([2, 2, { open: "lost" }]);
  await transport.disconnect();
});

it("media: a processor that does not end keeps its context no longer than a moment", async () => {
  const { page, stuck, transport } = await begin([laptop, speakers]);
  stuck.all = true;
  await transport.disconnect();
  await pass(600);
  expect(page.contexts.map(({ state }) => state)).toEqual(["closed"]);
});

it.each(["the old one is unplugged", "the session ends"])(
  "media: a microphone that is being changed to is used though %s meanwhile",
  async (what) => {
    const { page, slow, transport, manager } = await begin([laptop, usb, headset]);
    slow.microphone = 500;
    void transport.updateMic("h");
    await pass(100);
    if (what === "the session ends") {
      await transport.disconnect();
      void transport.initDevices();
    } else {
      page.plug(usb, headset);
      page.tracks[0]?.end();
    }
    await pass(5_000);
    expect(manager.selectedMic).toMatchObject({ deviceId: "h" });
    await transport.disconnect();
  },
);

it("media: a microphone that was refused is not asked for again after the end", async () => {
  const { slow, transport, manager, page } = await begin([laptop, usb]);
  slow.microphone = 500;
  void transport.updateMic("gone");
  await pass(1_000);
  await transport.disconnect();
  page.asked.length = 0;
  void transport.initDevices();
  await pass(1_000);
  expect([page.asked, manager.selectedMic]).toMatchObject([["default"], { deviceId: "l" }]);
  await transport.disconnect();
});

it("media: a default that changes again while the microphone follows it is followed, too", async () => {
  const system = (label: string): MediaDeviceInfo => device(`default Default - ${label}`);
  const { page, transport, manager, mediaDevices } = await begin([system("Laptop"), laptop, usb, headset]);
  decideWhenAsked(mediaDevices);
  page.first = "u";
  page.plug(system("USB"), laptop, usb, headset);
  await pass(100);
  page.first = "h";
  page.plug(system("Headset"), laptop, usb, headset);
  await pass(20_000);
  expect(manager.selectedMic).toMatchObject({ deviceId: "h" });
  await transport.disconnect();
});

it.each(["gone", "default"])(
  "media: a preferred microphone that comes back while %s is asked for is used, unless that is preferred now",
  async (other) => {
    const { page, slow, transport, manager } = await begin([laptop, headset]);
    void transport.updateMic("h");
    await pass(100);
    page.plug(laptop);
    page.tracks.at(-1)?.end();
    await pass(100);
    slow.microphone = 500;
    void transport.updateMic(other);
    await pass(100);
    page.plug(laptop, headset);
    await pass(20_000);
    expect(manager.selectedMic).toMatchObject({ deviceId: other === "gone" ? "h" : "l" });
    await transport.disconnect();
  },
);

it("media: a preferred microphone that comes back while its stand-in is asked for is used", async () => {
  const { page, transport, manager, mediaDevices } = await begin([laptop, headset]);
  void transport.updateMic("h");
  await pass(100);
  decideWhenAsked(mediaDevices);
  page.plug(laptop);
  page.tracks.at(-1)?.end();
  await pass(450);
  page.plug(laptop, headset);
  await pass(20_000);
  expect(manager.selectedMic).toMatchObject({ deviceId: "h" });
  await transport.disconnect();
});

it("media: a speaker that is chosen while the output moves away from one that is gone is the one that plays", async () => {
  const { page, slow, transport, log } = await begin([laptop, speakers, phones, hdmi], {
    inSession: true,
    app: (mine) => ({
      onAvailableSpeakersUpdated: (all) => {
        if (all.every(({ deviceId }) => deviceId !== "p")) mine.updateSpeaker("x");
      },
    }),
  });
  transport.updateSpeaker("p");
  await pass(500);
  slow.output = 50;
  page.plug(laptop, speakers, hdmi);
  await pass(2_000);
  expect(log.at(-1)).toBe("speaker x");
  expect([transport.selectedSpeaker, page.context.sinkId]).toMatchObject([{ deviceId: "x" }, "x"]);
  await transport.disconnect();
});

it("media: a speaker that is back while the output moves to its stand-in is used again", async () => {
  const { page, slow, transport, log } = await begin([laptop, speakers, phones], { inSession: true });
  transport.updateSpeaker("p");
  await pass(500);
  slow.output = 200;
  page.plug(laptop, speakers);
  await pass(100);
  page.plug(laptop, speakers, phones);
  await pass(5_000);
  expect([log.at(-1), page.context.sinkId]).toEqual(["speaker p", "p"]);
  await transport.disconnect();
});

it("media: an output that does not answer keeps the next list waiting no longer than some seconds", async () => {
  const { page, transport } = await begin([laptop, speakers, phones], { inSession: true });
  transport.updateSpeaker("p");
  await pass(500);
  const { setSinkId } = page.context;
  page.context.setSinkId = () => new Promise(() => undefined);
  page.plug(laptop, speakers);
  await pass(1_000);
  page.context.setSinkId = setSinkId;
  page.plug(laptop, speakers, hdmi);
  await pass(20_000);
  expect(page.context.sinkId).toBe("");
  await transport.disconnect();
});

it("media: a microphone that can be had by the time that its stand-in is refused is taken", async () => {
  const { page, transport, mediaDevices, microphone } = await begin([usb, laptop]);
  const works = mediaDevices.getUserMedia;
  // The browser still tries the default that has just gone.
  mediaDevices.getUserMedia = async () => {
    await wait(200);
    throw new DOMException("gone", "NotReadableError");
  };
  page.tracks[0]?.end();
  await pass(100);
  page.plug(laptop);
  mediaDevices.getUserMedia = works;
  await pass(60_000);
  expect(microphone()).toEqual(LIVE);
  await transport.disconnect();
});

it("media: an app that chooses the default when the microphone is lost gets the next one that comes", async () => {
  let choices = 0;
  const { page, transport, microphone } = await begin([usb], {
    app: (mine) => ({
      onDeviceError: () => {
        choices += 1;
        if (choices === 1) void mine.updateMic("default");
      },
    }),
  });
  page.plug();
  page.tracks[0]?.end();
  await pass(1_000);
  page.plug(usb);
  await pass(60_000);
  expect(microphone()).toEqual(LIVE);
  await transport.disconnect();
});

it.each([
  ["refused", "NotAllowedError", "permissions", 1],
  ["busy", "NotReadableError", "in-use", 2],
])(
  "media: a microphone that is %s is not asked for again because headphones come and go",
  async (_, name, type, times) => {
    const { page, transport, mediaDevices, errors } = await begin([laptop, phones]);
    let asked = 0;
    mediaDevices.getUserMedia = () => {
      asked += 1;
      return Promise.reject(new DOMException("denied", name));
    };
    page.tracks[0]?.end();
    await pass(100);
    for (let round = 0; round < 3; round += 1) {
      page.plug(laptop);
      await pass(100);
      page.plug(laptop, phones);
      await pass(100);
    }
    // Of the first change nobody knows what was there before.
    expect([asked, errors().filter((error) => error.endsWith(type)).length]).toEqual([times, times]);
    await transport.disconnect();
  },
);

it.each([
  ["disconnects", (mine: OpenAIRealTimeWebSocketTransport): void => void mine.disconnect(), ["stopped Laptop"]],
  ["mutes", (mine: OpenAIRealTimeWebSocketTransport): void => mine.enableMic(false), ["stopped Laptop"]],
  ["does nothing", (): void => undefined, ["stopped Laptop", "started Headset"]],
] as const)("media: an app that %s when a track has stopped hears of no track out of order", async (_, react, told) => {
  const { transport, log } = await begin([laptop, headset], {
    app: (mine) => ({
      onTrackStopped: ({ label }) => {
        if (label === "Laptop") react(mine);
      },
    }),
  });
  void transport.updateMic("h");
  await pass(100);
  expect(log.filter((entry) => /^(started|stopped)/u.test(entry))).toEqual(told);
  await transport.disconnect();
});
