import { describe, expect, it } from "vitest";
import { toPcm, SoundDecoder, SoundEncoder } from "../../../packages/local-service/src/audio/formats.js";
import { bytesToMs, loudness, msToBytes, trimQuietEnd } from "../../../packages/local-service/src/audio/pcm.js";
import { SoundBuffer } from "../../../packages/local-service/src/audio/sound-buffer.js";
import { answerClip, greetingClip } from "../../../packages/local-service/src/audio/voice.js";
import { bestCorrelation, chunks, silence, speech } from "../../../packages/testkit/src/audio/speech.js";

function samples(...values: number[]): Buffer {
  return Buffer.from(Int16Array.from(values).buffer);
}

describe("pcm", () => {
  it("turns milliseconds into bytes and back", () => {
    expect(msToBytes(20)).toBe(960);
    expect(bytesToMs(960)).toBe(20);
  });

  it("measures loudness in dB below full scale", () => {
    expect(loudness(silence(20))).toBe(-Infinity);
    expect(loudness(Buffer.alloc(0))).toBe(-Infinity);
    expect(loudness(samples(-32_768, -32_768))).toBeCloseTo(0, 5);
    expect(loudness(samples(3277, -3277))).toBeCloseTo(-20, 1);
  });

  it("trims quiet from the end only", () => {
    const padded = Buffer.concat([silence(300), speech(), silence(2000)]);
    const trimmed = trimQuietEnd(padded, -44, 200);
    expect(bytesToMs(padded.length - trimmed.length)).toBeGreaterThan(1700);
    expect(trimmed.subarray(0, msToBytes(300))).toEqual(silence(300));
    expect(trimQuietEnd(silence(100), -44, 0)).toHaveLength(0);
  });
});

/** dB of a sine of 16-bit amplitude 8000 over everything else, once the filter has settled; 1 kHz unless told. */
function purity(pcm: Buffer, rate: number, hz = 1000): number {
  const wave = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2).slice(rate / 20, -rate / 20);
  let [inPhase, across, total] = [0, 0, 0];
  wave.forEach((sample, index) => {
    const angle = (2 * Math.PI * hz * index) / rate;
    inPhase += sample * Math.cos(angle);
    across += sample * Math.sin(angle);
    total += sample * sample;
  });
  const tone = (2 * (inPhase ** 2 + across ** 2)) / wave.length;
  return 10 * Math.log10(tone / (total - tone));
}

function sine(rate: number, hz: number, seconds = 1): Buffer {
  return Buffer.from(
    Int16Array.from({ length: rate * seconds }, (_, index) =>
      Math.round(8000 * Math.sin((2 * Math.PI * hz * index) / rate)),
    ).buffer,
  );
}

describe("wire formats", () => {
  it("lets nothing above 4 kHz fold into G.711", () => {
    // 7 kHz would come out as 1 kHz. What is left is the noise of the code.
    const wire = new SoundDecoder().push(new SoundEncoder("audio/pcmu").push(sine(24_000, 7000)), "audio/pcmu");
    expect(loudness(wire.subarray(msToBytes(20)))).toBeLessThan(-70);
  });

  it("is as pure as G.711 is, in one piece and in packets of 20 ms", () => {
    const tone = sine(24_000, 1000);
    const [encoder, decoder] = [new SoundEncoder("audio/pcmu"), new SoundDecoder()];
    const packets = chunks(tone).map((piece) => decoder.push(encoder.push(piece), "audio/pcmu"));
    const whole = toPcm(new SoundEncoder("audio/pcmu").push(tone), "audio/pcmu");
    // G.711 itself has some 37 dB.
    expect(purity(Buffer.concat(packets), 24_000)).toBeGreaterThan(36);
    expect(purity(whole, 24_000)).toBeGreaterThan(36);
  });

  it.each(["audio/pcm", "audio/pcmu", "audio/pcma"] as const)("carries speech over the wire (%s)", (format) => {
    const wire = new SoundEncoder(format).push(speech());
    expect(wire.length).toBe(format === "audio/pcm" ? speech().length : Math.floor(speech().length / 6));
    expect(bestCorrelation(speech(), toPcm(wire, format), 20).value).toBeGreaterThan(0.9);
  });
});

describe("SoundBuffer", () => {
  it("takes a span and drops what came before", () => {
    const buffer = new SoundBuffer();
    buffer.append(Buffer.alloc(msToBytes(100), 1));
    buffer.append(Buffer.alloc(msToBytes(100), 2));
    const taken = buffer.take(50, 150);
    expect(taken.length).toBe(msToBytes(100));
    expect([taken[0], taken.at(-1)]).toEqual([1, 2]);
    expect([buffer.startMs, buffer.endMs, buffer.lengthMs]).toEqual([150, 200, 50]);
  });

  it("clamps to what it has", () => {
    const buffer = new SoundBuffer();
    buffer.append(Buffer.alloc(msToBytes(100), 1));
    expect(buffer.take(-50, 500)).toHaveLength(msToBytes(100));
    expect(buffer.take(0, 500)).toHaveLength(0);
  });

  it("keeps no more than it is told, and knows the time all the same", () => {
    const buffer = new SoundBuffer();
    for (let index = 0; index < 100; index += 1) buffer.append(silence(20));
    buffer.keepLast(300);
    expect([buffer.startMs, buffer.endMs]).toEqual([1700, 2000]);
    buffer.clear();
    expect([buffer.lengthMs, buffer.endMs]).toEqual([0, 2000]);
  });
});

describe("the recorded voice", () => {
  it("is short, loud enough, and starts at once", () => {
    expect(bytesToMs(greetingClip().pcm.length)).toBeGreaterThan(1400);
    expect(bytesToMs(greetingClip().pcm.length)).toBeLessThan(2400);
    expect(bytesToMs(answerClip().pcm.length)).toBeGreaterThan(500);
    for (const { pcm } of [greetingClip(), answerClip()]) {
      expect(loudness(pcm)).toBeGreaterThan(-26);
      expect(loudness(pcm.subarray(0, msToBytes(300)))).toBeGreaterThan(-40);
    }
  });
});
