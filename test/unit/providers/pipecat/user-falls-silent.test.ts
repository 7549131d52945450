import { describe, expect, it, vi } from "vitest";
import { TwilioSerializer } from "../../../../src/providers/pipecat/index.js";
import { ManualClock } from "../../../../src/testing/index.js";
import { FakeWebSocket } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { bot, connected, dialled, ready, samples, sentFrames, turn, type Rig, type RigOptions } from "./rig.js";

const RATE = 16_000;
/** Longer than any detector waits: Pipecat's turn analyzer takes 3 s after those of the voice activity. */
const LONG_ENOUGH = 3.5 * RATE;

const audio = () => sentFrames().flatMap((frame) => (frame.$case === "audio" ? [frame.value] : []));

/** Samples of silence behind the last sound that was sent. */
function silence(): number {
  let count = 0;
  for (const { audio: bytes } of audio().reverse()) {
    if (bytes.some((byte) => byte !== 0)) break;
    count += bytes.length / 2;
  }
  return count;
}

const speak = ({ manager }: Rig) => manager.say(samples(512).buffer as ArrayBuffer);
const started = bot.rtvi("user-started-speaking");
const stopped = bot.rtvi("user-stopped-speaking");

async function speaking(options: RigOptions = {}): Promise<Rig> {
  const rig = await ready(options);
  speak(rig);
  await rig.receive(started);
  return rig;
}

describe("a user who falls silent for the client while the server hears them speak", () => {
  it("muted: the server hears silence, in chunks as of the microphone, so that the turn ends", async () => {
    const rig = await speaking();
    rig.transport.enableMic(false);
    expect(silence()).toBeGreaterThanOrEqual(LONG_ENOUGH);
    expect(audio().every(({ sampleRate, numChannels }) => sampleRate === RATE && numChannels === 1)).toBe(true);
    expect(Math.max(...audio().map(({ audio: bytes }) => bytes.length))).toBeLessThanOrEqual(1024);
  });

  it("muted: once, however often the app says so, and again when they spoke again", async () => {
    const rig = await speaking();
    rig.transport.enableMic(false);
    const sent = audio().length;
    rig.transport.enableMic(false);
    await rig.receive(stopped);
    expect(audio()).toHaveLength(sent);
    rig.transport.enableMic(true);
    speak(rig);
    await rig.receive(started);
    expect(audio()).toHaveLength(sent + 1);
    rig.transport.enableMic(false);
    expect(audio().length).toBeGreaterThan(sent + 100);
  });

  it("muted right after the first word: when the server says that it has heard it", async () => {
    const rig = await ready();
    speak(rig);
    rig.transport.enableMic(false);
    expect(audio()).toHaveLength(1);
    await rig.receive(started);
    expect(silence()).toBeGreaterThanOrEqual(LONG_ENOUGH);
  });

  it("muted while the connection was lost, and their last words were kept for the next", async () => {
    const rig = await ready();
    FakeWebSocket.last.drop(1006);
    await dialled(2);
    speak(rig);
    rig.transport.enableMic(false);
    FakeWebSocket.last.open();
    await turn();
    await rig.receive(bot.rtvi("bot-ready", {}), started);
    expect(audio()).toHaveLength(1);
    await vi.waitFor(() => {
      expect(silence()).toBeGreaterThanOrEqual(LONG_ENOUGH);
    });
  });

  it.each<[string, (rig: Rig) => void]>([
    ["loses the microphone", ({ manager }) => manager.microphone.lose()],
    ["has a page whose audio context is closed, so that no more comes", () => undefined],
  ])("whoever %s is silent as well, shortly", async (_what, happens) => {
    const clock = new ManualClock();
    const rig = await speaking({ clock });
    happens(rig);
    clock.advance(400);
    expect(silence()).toBe(0);
    clock.advance(200);
    expect(silence()).toBeGreaterThanOrEqual(LONG_ENOUGH);
    const sent = audio().length;
    clock.advance(60_000);
    expect(audio()).toHaveLength(sent);
  });

  it("is not silent while chunks come, nor has said anything by it", async () => {
    const clock = new ManualClock();
    const rig = await speaking({ clock });
    for (let count = 0; count < 20; count += 1) {
      clock.advance(100);
      speak(rig);
    }
    expect(silence()).toBe(0);
    await rig.receive(stopped);
    clock.advance(60_000);
    expect(audio()).toHaveLength(21);
    speak(rig);
    const left = rig.transport.disconnect();
    FakeWebSocket.last.drop(1000);
    await left;
    expect(clock.pending).toBe(0);
  });

  it("is not silent when the app turns on a microphone that is on", async () => {
    const rig = await speaking();
    rig.transport.enableMic(true);
    expect(audio()).toHaveLength(1);
  });

  it("sends nothing where the serializer makes nothing of silence", async () => {
    const serializer = Object.assign(new TwilioSerializer(), {
      serializeAudio: (pcm: ArrayBuffer) => (new Int16Array(pcm).some((sample) => sample !== 0) ? "sound" : undefined),
    });
    const rig = await connected({ serializer });
    await rig.transport.sendReadyMessage();
    speak(rig);
    rig.transport.enableMic(false);
    expect(FakeWebSocket.last.sent).toEqual(["sound"]);
  });

  it("is silent over a serializer without RTVI, by which no server says who speaks", async () => {
    const rig = await connected({ serializer: new TwilioSerializer(), recorderSampleRate: 8_000 });
    await rig.transport.sendReadyMessage();
    rig.transport.enableMic(false);
    rig.transport.enableMic(true);
    expect(FakeWebSocket.last.sent).toEqual([]);
    speak(rig);
    rig.transport.enableMic(false);
    const sent = FakeWebSocket.last.sent.length;
    expect(sent).toBeGreaterThan(50);
    rig.transport.enableMic(true);
    rig.transport.enableMic(false);
    expect(FakeWebSocket.last.sent).toHaveLength(sent);
  });
});
