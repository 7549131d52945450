import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AudioPage, device } from "../../../packages/testkit/src/worlds/audio-page.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";
import { WebAudioMediaManager } from "../../../src/media/web-audio-media-manager.js";

const DEVICES = [
  device("a Alpha"),
  device("b Beta"),
  device("s Speakers", "audiooutput"),
  device("p Phones", "audiooutput"),
] as const;
/** All but the system's default speaker. */
const anyDevice = fc.constantFrom(...DEVICES.filter(({ deviceId }) => deviceId !== "s"));

/** A page, its devices and its user, each of whom may do anything at any time; the browser takes its time to answer. */
class Desk {
  readonly page = new AudioPage(...DEVICES);
  readonly manager: WebAudioMediaManager;
  /** What was asked for, and has to be answered. */
  readonly asked: Promise<unknown>[] = [];
  /** Tracks of which the app thinks that they run. */
  readonly told = new Set<MediaStreamTrack>();
  readonly breaches: string[] = [];
  mic = "";
  /** How long the browser takes to open a device, in ms. */
  latency = 0;
  #plugged: readonly MediaDeviceInfo[] = DEVICES;

  constructor() {
    const { AudioContext, mediaDevices } = this.page;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      await new Promise((resolve) => setTimeout(resolve, this.latency));
      return open(constraints);
    };
    this.manager = new WebAudioMediaManager({ AudioContext, mediaDevices, logger: silent });
    const callbacks: RTVIEventCallbacks = {
      onTrackStarted: (track) => {
        if (this.told.has(track)) this.breaches.push(`${track.label} started twice`);
        this.told.add(track);
      },
      onTrackStopped: (track) => {
        if (!this.told.delete(track)) this.breaches.push(`${track.label} stopped, and had not started`);
      },
      onMicUpdated: ({ deviceId }) => void (this.mic = deviceId),
    };
    this.manager.setClientOptions({ callbacks, transport: undefined as never });
  }

  ask(asked: Promise<unknown>): void {
    this.asked.push(asked.catch(() => undefined));
  }

  openMicrophone(): void {
    const request = { deviceId: "", muted: false, signal: new AbortController().signal };
    this.ask(this.manager.ports.microphone.open(request, { lost: () => undefined }));
  }

  openSpeaker(): void {
    this.ask(this.manager.ports.speaker.open(() => undefined, new AbortController().signal));
  }

  plug(which: MediaDeviceInfo, isThere: boolean): void {
    this.#plugged = DEVICES.filter((each) => (each === which ? isThere : this.#plugged.includes(each)));
    this.page.plug(...this.#plugged);
    if (isThere) return;
    for (const track of this.live) if (track.deviceId === which.deviceId) track.end();
  }

  /** Something becomes of the newest context, unless it is closed. */
  become(state: AudioContextState): void {
    const context = this.page.contexts.at(-1);
    if (context !== undefined && context.state !== "closed" && context.state !== state) context.become(state);
  }

  crash(): void {
    for (const { nodes } of this.page.contexts) nodes.at(-1)?.crash();
  }

  /** The device that plays the bot, as its context has it. */
  get output(): string | undefined {
    const plays = this.page.contexts.findLast(({ nodes }) => nodes.some(({ name }) => name.endsWith("playback")));
    return plays?.sinkId === "" ? "s" : plays?.sinkId;
  }

  get live() {
    return this.page.tracks.filter(({ readyState }) => readyState === "live");
  }
}

type Act = (desk: Desk) => void;

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom("a", "b", "gone", "default").map((id) => (desk: Desk) => desk.ask(desk.manager.updateMic(id))),
  fc.constantFrom("s", "p", "gone", "default").map((id) => (desk: Desk) => desk.ask(desk.manager.updateSpeaker(id))),
  fc.tuple(anyDevice, fc.boolean()).map(
    ([which, isThere]) =>
      (desk: Desk) =>
        desk.plug(which, isThere),
  ),
  fc
    .constantFrom<AudioContextState>("suspended", "running", "closed")
    .map((state) => (desk: Desk) => desk.become(state)),
  fc.boolean().map((muted) => (desk: Desk) => desk.manager.ports.microphone.setMuted(muted)),
  fc.constantFrom<Act>(
    (desk) => desk.openMicrophone(),
    (desk) => desk.openMicrophone(),
    (desk) => desk.openSpeaker(),
    (desk) => desk.manager.ports.microphone.close(),
    (desk) => desk.manager.ports.speaker.close(),
    (desk) => desk.crash(),
    (desk) => desk.live[0]?.end(),
  ),
);

const step = fc.record({ act, latency: fc.nat(30), wait: fc.nat(40) });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("devices that are chosen, pulled out and broken in any order", () => {
  it("media: one microphone at most, named as it is, every question answered, and nothing left at the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const desk = new Desk();
        const { manager, page } = desk;
        for (const each of steps) {
          desk.latency = each.latency;
          each.act(desk);
          await vi.advanceTimersByTimeAsync(each.wait);
        }
        await vi.advanceTimersByTimeAsync(20_000);
        await Promise.all(desk.asked);
        const { local, bot } = manager.tracks();
        expect(desk.live.length).toBeLessThanOrEqual(1);
        if (local.audio !== undefined) {
          expect(desk.live).toEqual([local.audio]);
          const { deviceId } = local.audio.getSettings();
          expect([manager.selectedMic.deviceId, desk.mic]).toEqual([deviceId, deviceId]);
        }
        for (const track of desk.told) expect([local.audio, bot?.audio]).toContain(track);
        expect(desk.breaches).toEqual([]);
        if (bot !== undefined) expect(manager.selectedSpeaker.deviceId).toBe(desk.output);

        manager.ports.microphone.close();
        manager.ports.speaker.close();
        await vi.advanceTimersByTimeAsync(1_000);
        expect(desk.live).toEqual([]);
        expect([...desk.told]).toEqual([]);
        expect(page.contexts.filter(({ state }) => state !== "closed")).toEqual([]);
      }),
      { numRuns: 250, seed: 20_261_128, endOnFailure: true },
    );
  });
});
