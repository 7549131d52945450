import { beforeEach, describe, expect, it, vi } from "vitest";
import { ProtocolError } from "../../../../src/errors.js";
import { BotVoice } from "../../../../src/providers/pipecat/bot-voice.js";
import { TwilioSerializer } from "../../../../src/providers/pipecat/index.js";
import { FakeWebSocket } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";
import { bot, connected, dialled, ready, samples, turn, type Rig } from "./rig.js";

const tone = (rate: number, ms: number, hz = 440): Int16Array =>
  Int16Array.from({ length: (rate * ms) / 1000 }, (_, n) => 8000 * Math.sin((2 * Math.PI * hz * n) / rate));

const pitch = (pcm: readonly number[], rate: number): number => {
  const turns = pcm.flatMap((value, n) => (n > 0 && value >= 0 && (pcm[n - 1] ?? 0) < 0 ? [n] : []));
  return ((turns.length - 1) * rate) / (turns.at(-1)! - turns[0]!);
};

const heard = ({ speaker }: Rig): number[] => speaker.heard.flatMap(({ pcm }) => [...pcm]);

describe("the bot's audio", () => {
  it("is played as it is at the player's rate", async () => {
    const rig = await ready();
    await rig.receive(bot.pcm(Int16Array.of(1, -2, 3)));
    expect(heard(rig)).toEqual([1, -2, 3]);
  });

  it("is taken at the player's rate, in one channel, where the server leaves both out", async () => {
    const rig = await ready();
    await rig.receive(bot.pcm(Int16Array.of(1, -2, 3), { sampleRate: 0, numChannels: 0 }));
    expect(heard(rig)).toEqual([1, -2, 3]);
  });

  it.each([
    [8_000, 24_000],
    [16_000, 24_000],
    [44_100, 24_000],
    [48_000, 24_000],
    [24_000, 16_000],
    [24_000, 48_000],
  ])("at %i Hz has its pitch and no clicks on a player of %i Hz", async (rate, playerSampleRate) => {
    const rig = await ready({ playerSampleRate });
    const whole = tone(rate, 400);
    const frames: ArrayBuffer[] = [];
    for (let at = 0; at < whole.length; at += rate / 50) {
      frames.push(bot.pcm(whole.slice(at, at + rate / 50), { sampleRate: rate }));
    }
    await rig.receive(...frames);
    const pcm = heard(rig);
    expect(Math.abs(pcm.length - playerSampleRate * 0.4)).toBeLessThan(3);
    // What follows the first 50 ms, where the filter answers to the tone's sudden beginning.
    const settled = pcm.slice(playerSampleRate / 20);
    expect(pitch(settled, playerSampleRate)).toBeCloseTo(440, -1);
    const steps = settled.slice(1).map((value, n) => Math.abs(value - (settled[n] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan((8000 * 2 * Math.PI * 440 * 1.1) / playerSampleRate);
  });

  it("in stereo is mixed down", async () => {
    const rig = await ready();
    await rig.receive(bot.pcm(Int16Array.of(100, 200, -100, 100), { numChannels: 2 }));
    expect(heard(rig)).toEqual([150, 0]);
  });

  it.each([
    ["three samples in two channels", bot.pcm(samples(3), { numChannels: 2 })],
    ["ninety channels", bot.pcm(samples(90), { numChannels: 90 })],
    ["a rate of 1 Hz", bot.pcm(samples(10), { sampleRate: 1 })],
    ["a rate of 4 GHz", bot.pcm(samples(10), { sampleRate: 0xffff_ffff })],
    ["a rate whose filter would be enormous", bot.pcm(samples(10), { sampleRate: 23_999 })],
    ["half a sample", bot.audio(new Uint8Array(3))],
  ])("is refused with a ProtocolError, and not played, when it is %s", async (_name, frame) => {
    const rig = await ready();
    await rig.receive(frame);
    expect(rig.errors).toMatchObject([{ data: { code: "protocol-error", fatal: false } }]);
    expect(rig.speaker.heard).toEqual([]);
    await rig.receive(bot.pcm(samples(4)));
    expect(heard(rig)).toHaveLength(4);
  });

  it("at a ninth rate is refused once, until another connection begins", async () => {
    const rig = await ready();
    const rates = Array.from({ length: 500 }, (_, n) => 24_100 + 100 * n);
    await rig.receive(...rates.map((sampleRate) => bot.pcm(tone(8_000, 100), { sampleRate })));
    expect(rig.errors).toMatchObject([{ data: { code: "protocol-error", fatal: false } }]);
    expect(rig.speaker.heard).toHaveLength(8);
    FakeWebSocket.last.drop(1006);
    await turn();
    (await dialled(2)).open();
    await turn();
    await rig.receive(bot.rtvi("bot-ready", {}), bot.pcm(tone(48_000, 100), { sampleRate: 48_000 }));
    expect(rig.speaker.heard).toHaveLength(9);
  });

  it("without samples is nothing", async () => {
    const rig = await ready();
    await rig.receive(bot.audio(new Uint8Array()));
    expect(rig.speaker.heard).toEqual([]);
    expect(rig.errors).toEqual([]);
  });
});

describe("an interruption", () => {
  it("by its frame silences playback, and what follows is played", async () => {
    const rig = await ready();
    await rig.receive(bot.pcm(samples(480)), bot.interruption());
    expect(rig.speaker.interruptions).toBe(1);
    expect(rig.speaker.queue).toEqual([]);
    await rig.receive(bot.pcm(samples(480)));
    expect(rig.speaker.queue).toHaveLength(1);
    const items = rig.speaker.heard.map(({ itemId }) => itemId);
    expect(items[0]).not.toBe(items[1]);
  });

  it.each(["user-started-speaking", "bot-interrupted"])(
    "by %s silences playback, and drops what is late",
    async (type) => {
      const rig = await ready();
      await rig.receive(bot.pcm(samples(480)), bot.rtvi(type), bot.pcm(samples(480)));
      expect(rig.speaker.interruptions).toBe(1);
      expect(rig.speaker.queue).toEqual([]);
      await rig.receive(bot.interruption(), bot.pcm(samples(480)));
      expect(rig.speaker.queue).toHaveLength(1);
    },
  );

  it("flushes nothing and drops nothing while the bot is silent", async () => {
    const rig = await ready();
    await rig.receive(bot.rtvi("user-started-speaking"), bot.interruption(), bot.pcm(samples(480)));
    expect(rig.speaker.interruptions).toBe(0);
    const { itemId } = rig.speaker.heard[0]!;
    const item = { itemId, playedSamples: 480, receivedSamples: 480, sampleRate: 24_000 };
    rig.speaker.report({ type: "drained", item });
    await rig.receive(bot.rtvi("user-started-speaking"), bot.pcm(samples(480)));
    expect(rig.speaker.interruptions).toBe(0);
    expect(rig.speaker.heard).toHaveLength(2);
  });

  it("by Twilio's clear silences playback, and the app is not told", async () => {
    const rig = await connected({ serializer: new TwilioSerializer(), playerSampleRate: 8000 });
    await rig.transport.sendReadyMessage();
    const payload = Buffer.alloc(160, 0x80).toString("base64");
    await rig.receive(JSON.stringify({ event: "media", media: { payload } }));
    expect(heard(rig).length).toBeGreaterThan(0);
    await rig.receive(JSON.stringify({ event: "clear" }), JSON.stringify({ event: "mark" }));
    expect(rig.speaker.interruptions).toBe(1);
    expect(rig.of("server-message")).toEqual([{ t: "raw", d: { event: "mark" } }]);
  });
});

describe("a lost connection", () => {
  it("is one as well that is given up because its bot, which speaks, is never ready", async () => {
    const rig = await ready({ timeouts: { ready: 20 } });
    FakeWebSocket.last.drop(1006);
    (await dialled(2)).open();
    await rig.receive(bot.rtvi("bot-started-speaking"));
    await dialled(3);
    expect(rig.types().at(-1)).toBe("bot-stopped-speaking");
  });

  it("tells the app that the bot does not speak any more, and starts the next one with a clean voice", async () => {
    const rig = await ready();
    await rig.receive(bot.rtvi("bot-started-speaking"), bot.pcm(samples(480)));
    FakeWebSocket.last.drop(1006);
    await turn();
    expect(rig.types().filter((type) => type.startsWith("bot-st"))).toEqual([
      "bot-started-speaking",
      "bot-stopped-speaking",
    ]);
    expect(rig.speaker.queue).toEqual([]);
    (await dialled(2)).open();
    await turn();
    await rig.receive(bot.rtvi("bot-ready", {}), bot.pcm(samples(480)));
    const items = rig.speaker.heard.map(({ itemId }) => itemId);
    expect(new Set(items).size).toBe(2);
  });
});

describe("BotVoice", () => {
  const output = { write: vi.fn<(pcm: Int16Array, itemId: string) => void>(), flush: vi.fn() };
  let now = 0;
  const voiceAt = (rate = 24_000) => new BotVoice(rate, output, () => now);
  const say = (voice: BotVoice, sampleRate = 24_000, count = 480) => {
    voice.play({ type: "audio", audio: samples(count), sampleRate });
  };
  beforeEach(() => {
    vi.clearAllMocks();
    now = 0;
  });

  it("hears on a server that talks through the user, after half a second", () => {
    const voice = voiceAt();
    say(voice);
    voice.received("user-started-speaking");
    now = 499;
    say(voice);
    expect(output.write).toHaveBeenCalledTimes(1);
    now = 500;
    say(voice);
    expect(output.write).toHaveBeenCalledTimes(2);
  });

  it.each([
    "user-stopped-speaking",
    "bot-started-speaking",
    "bot-stopped-speaking",
    "bot-llm-started",
    "bot-tts-started",
  ])("takes audio after %s for a new utterance", (type) => {
    const voice = voiceAt();
    say(voice);
    voice.received("user-started-speaking");
    voice.received(type);
    say(voice);
    expect(output.write).toHaveBeenCalledTimes(2);
  });

  it.each(["user-transcription", "bot-llm-stopped", "metrics", "a-message-to-come"])(
    "goes on dropping what is late when %s comes, which begins nothing",
    (type) => {
      const voice = voiceAt();
      say(voice);
      voice.received("user-started-speaking");
      voice.received(type);
      say(voice);
      expect(output.write).toHaveBeenCalledTimes(1);
    },
  );

  it.each(["user-stopped-speaking", "bot-started-speaking", "bot-llm-started", "bot-tts-started"])(
    "goes on with an utterance when %s comes in the middle of it",
    (type) => {
      const voice = voiceAt();
      say(voice);
      voice.received(type);
      say(voice);
      const [first, second] = output.write.mock.calls.map(([, itemId]) => itemId);
      expect(first).toBe(second);
    },
  );

  it("keeps the first cut's limit when a second message tells of the same interruption", () => {
    const voice = voiceAt();
    say(voice);
    voice.received("user-started-speaking");
    now = 400;
    voice.received("bot-interrupted");
    now = 500;
    say(voice);
    expect(output.flush).toHaveBeenCalledTimes(1);
    expect(output.write).toHaveBeenCalledTimes(2);
  });

  it("lets nothing of what was cut into what follows, not even the filter's memory", () => {
    const voice = voiceAt();
    say(voice, 16_000);
    voice.interrupted();
    voice.play({ type: "audio", audio: new Int16Array(320), sampleRate: 16_000 });
    const [pcm] = output.write.mock.lastCall!;
    expect(pcm.every((value) => value === 0)).toBe(true);
  });

  it("starts the filter anew when the rate changes", () => {
    const voice = voiceAt();
    say(voice, 16_000);
    say(voice, 48_000);
    say(voice, 16_000, 320);
    expect(output.write.mock.lastCall![0].length).toBeGreaterThan(470);
    expect(() => voice.play({ type: "audio", audio: samples(2), sampleRate: Number.NaN })).toThrow(ProtocolError);
  });

  it("is still audible when an older utterance has drained", () => {
    const voice = voiceAt();
    say(voice);
    const [, itemId] = output.write.mock.lastCall!;
    voice.received("bot-stopped-speaking");
    say(voice);
    voice.playback({ type: "drained", item: { itemId, playedSamples: 480, receivedSamples: 480, sampleRate: 24_000 } });
    voice.received("user-started-speaking");
    expect(output.flush).toHaveBeenCalledTimes(1);
  });

  it("names an utterance after the bot has stopped anew", () => {
    const voice = voiceAt();
    say(voice);
    voice.received("bot-stopped-speaking");
    say(voice);
    const [first, second] = output.write.mock.calls.map(([, itemId]) => itemId);
    expect(first).not.toBe(second);
  });
});
