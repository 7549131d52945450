import { RTVIMessage } from "@pipecat-ai/client-js";
import { TwilioSerializer as PipecatSerializer } from "@pipecat-ai/websocket-transport";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../../src/errors.js";
import { TwilioSerializer } from "../../../../src/providers/pipecat/index.js";

const tone = (rate: number, ms: number, hz = 440): Int16Array<ArrayBuffer> =>
  Int16Array.from({ length: (rate * ms) / 1000 }, (_, n) => 8000 * Math.sin((2 * Math.PI * hz * n) / rate));

const payloadOf = (text: string): Buffer => {
  const event = JSON.parse(text) as { event: string; media: { payload: string } };
  expect(Object.keys(event)).toEqual(["event", "media"]);
  expect(event.event).toBe("media");
  return Buffer.from(event.media.payload, "base64");
};

/** Of the strongest tone, in Hz, by counting where the wave turns positive. */
const pitch = (pcm: Int16Array, rate: number): number => {
  const turns = [...pcm].flatMap((value, n) => (n > 0 && value >= 0 && (pcm[n - 1] ?? 0) < 0 ? [n] : []));
  return ((turns.length - 1) * rate) / (turns.at(-1)! - turns[0]!);
};

describe("TwilioSerializer", () => {
  it("has Twilio's silence, and the events that Pipecat's has", () => {
    expect([...payloadOf(new TwilioSerializer().serializeAudio(new ArrayBuffer(8), 8000, 1))]).toEqual(
      Array<number>(4).fill(0xff),
    );
    const start = { event: "start", start: { streamSid: "ws_mock_stream_sid", callSid: "ws_mock_call_sid" } };
    expect(new TwilioSerializer().serialize(start)).toBe(new PipecatSerializer().serialize(start));
    expect(new TwilioSerializer().serializeMessage(RTVIMessage.clientReady())).toBeNull();
  });

  it("hears what Pipecat's hears, and is heard by it, at 8 kHz", async () => {
    const pcm = tone(8000, 20);
    const theirs = new PipecatSerializer();
    const [ours, mine] = await Promise.all([
      theirs.deserialize(new TwilioSerializer().serializeAudio(pcm.buffer, 8000, 1)),
      new TwilioSerializer().deserialize(theirs.serializeAudio(pcm.buffer, 8000, 1)),
    ]);
    for (const decoded of [ours, mine]) {
      if (decoded.type !== "audio") throw new Error("not audio");
      decoded.audio.forEach((value, n) => {
        expect(Math.abs(value - (pcm[n] ?? 0))).toBeLessThan(300);
      });
    }
  });

  it.each([16_000, 24_000, 44_100, 48_000])(
    "sends audio recorded at %i Hz at the line's 8 kHz, at its pitch",
    async (rate) => {
      const serializer = new TwilioSerializer();
      const whole = tone(rate, 500);
      const heard: number[] = [];
      // In chunks, so that a resampler that forgets would click.
      for (let at = 0; at < whole.length; at += 512) {
        const decoded = await serializer.deserialize(
          serializer.serializeAudio(whole.slice(at, at + 512).buffer, rate, 1),
        );
        if (decoded.type !== "audio") throw new Error("not audio");
        expect(decoded.sampleRate).toBe(8000);
        heard.push(...decoded.audio);
      }
      expect(Math.abs(heard.length - 4000)).toBeLessThan(3);
      expect(pitch(Int16Array.from(heard.slice(200)), 8000)).toBeCloseTo(440, -1);
      const jumps = heard.slice(201).map((value, n) => Math.abs(value - (heard[n + 200] ?? 0)));
      // A 440 Hz sine of this height moves by 2765 at most from one sample to the next, and µ-law adds its error.
      expect(Math.max(...jumps)).toBeLessThan(3200);
    },
  );

  it("mixes two channels down", async () => {
    const stereo = Int16Array.from({ length: 160 }, (_, n) => (n % 2 === 0 ? 4000 : 0));
    const payload = payloadOf(new TwilioSerializer().serializeAudio(stereo.buffer, 8000, 2));
    expect(payload).toHaveLength(80);
  });

  it("forgets the last connection's audio when a new one begins", () => {
    const serializer = new TwilioSerializer();
    serializer.serializeAudio(tone(48_000, 20, 1000).buffer, 48_000, 1);
    serializer.reset();
    const silence = payloadOf(serializer.serializeAudio(new ArrayBuffer(960 * 2), 48_000, 1));
    expect(new Set(silence)).toEqual(new Set([0xff]));
  });

  it("reads clear, RTVI in `message`, and other events", async () => {
    const read = (event: object) => new TwilioSerializer().deserialize(JSON.stringify(event));
    expect(await read({ event: "clear", streamSid: "s" })).toEqual({
      type: "raw",
      message: { event: "clear", streamSid: "s" },
      interrupts: true,
    });
    expect(await read({ event: "mark", mark: { name: "m" } })).toMatchObject({
      type: "raw",
      message: { event: "mark" },
    });
    const message = { label: "rtvi-ai", type: "metrics", data: {} };
    expect(await read({ message })).toEqual({ type: "message", message });
    const blob = new Blob([JSON.stringify({ event: "clear" })]);
    expect(await new TwilioSerializer().deserialize(blob)).toMatchObject({ interrupts: true });
  });

  it.each(["{", "7", "null", "[]", '{"event":"media"}', '{"event":"media","media":{"payload":7}}', new ArrayBuffer(2)])(
    "refuses %s with a ProtocolError",
    async (data) => {
      await expect(new TwilioSerializer().deserialize(data)).rejects.toThrow(ProtocolError);
    },
  );

  it("brings no prototype", async () => {
    const decoded = await new TwilioSerializer().deserialize(
      '{"event":"mark","__proto__":{"x":1},"mark":{"__proto__":1}}',
    );
    expect(JSON.stringify(decoded)).toBe('{"type":"raw","message":{"event":"mark","mark":{}}}');
  });

  it("gives a result or a ProtocolError for any JSON and any text", async () => {
    const media = fc.record({ event: fc.constant("media"), media: fc.record({ payload: fc.string() }) });
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      media.map((event) => JSON.stringify(event)),
    );
    await fc.assert(
      fc.asyncProperty(text, async (data) => {
        try {
          expect(["audio", "message", "raw"]).toContain((await new TwilioSerializer().deserialize(data)).type);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
