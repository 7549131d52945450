import { describe, expect, it, onTestFinished } from "vitest";
import OpusScript from "opusscript";
import { msToBytes } from "../../../packages/local-service/src/audio/pcm.js";
import { chooseCodec } from "../../../packages/local-service/src/webrtc/choose-codec.js";
import { FRAME_MS, type CallCodec } from "../../../packages/local-service/src/webrtc/codec.js";
import { loadOpus, opusCodec } from "../../../packages/local-service/src/webrtc/opus.js";
import { findIn } from "../../../tools/demo/correlate.js";
import { fromPcm16 } from "../../../tools/demo/wav.js";
import { chunks, speech } from "../../../packages/testkit/src/audio/speech.js";

const OFFER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n";
const frames = chunks(speech(), FRAME_MS).filter(({ length }) => length === msToBytes(FRAME_MS));
/** Another build has another memory: what it writes where it should not is not ours. */
const APART = { wasm: false };
const warnings: string[] = [];
const logger = { ...console, warn: (text: string) => void warnings.push(text) };

const sound = (frames: readonly Buffer[]) => ({ samples: fromPcm16(Buffer.concat(frames)), rate: 24_000 });
/** A codec that is closed with the test. */
async function opened(): Promise<CallCodec> {
  const codec = opusCodec(await loadOpus());
  onTestFinished(() => codec.close());
  return codec;
}

describe("chooseCodec", () => {
  it("takes Opus where it is offered, and G.711 where it is not", async () => {
    const opus = await chooseCodec(OFFER, logger);
    expect(opus).toMatchObject({ name: "opus", clockRate: 48_000, channels: 2 });
    opus.close();
    const other = OFFER.replaceAll("opus", "red");
    expect(await chooseCodec(other, logger)).toMatchObject({ name: "PCMU", clockRate: 8000, channels: 1 });
  });

  it("falls back to G.711, and says which package is missing", async () => {
    const missing = (): never => {
      throw new Error("Opus needs the optional package `opusscript`: npm install opusscript");
    };
    expect(await chooseCodec(OFFER, logger, missing)).toMatchObject({ name: "PCMU" });
    expect(warnings.at(-1)).toContain("G.711. Opus needs the optional package `opusscript`");
  });
});

describe("opusCodec", () => {
  it("brings speech through", async () => {
    const codec = await opened();
    const payloads = frames.map((frame) => codec.encode(frame));
    expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThan(400);
    const heard = sound(payloads.map((payload) => codec.decode(payload)));
    expect(findIn(heard, sound(frames)).correlation).toBeGreaterThan(0.97);
  });

  it("keeps calls apart", async () => {
    const codecs = await Promise.all(Array.from({ length: 32 }, opened));
    const said = frames.slice(0, 40);
    const slow = new OpusScript(24_000, 1, OpusScript.Application.VOIP, APART);
    const long = slow.encode(Buffer.concat(frames.slice(20, 23)), 1440);
    const heard = codecs.map((): Buffer[] => []);
    for (const frame of said) codecs.forEach((codec, index) => heard[index]!.push(codec.decode(codec.encode(frame))));
    for (const codec of codecs) codec.decode(long);
    codecs.forEach((codec, index) => heard[index]!.push(codec.decode(long), codec.decode(codec.encode(said[20]!))));
    const [first, ...others] = heard.map((each) => Buffer.concat(each));
    expect(findIn(sound([first!]), sound(said)).correlation).toBeGreaterThan(0.95);
    for (const other of others) expect(other.equals(first!)).toBe(true);
  });

  it("works in the memory that it has allocated, which a call beside it may share no byte of", async () => {
    const pairs: OpusScript[] = [];
    class Watched extends OpusScript {
      constructor(...options: ConstructorParameters<typeof OpusScript>) {
        super(...options);
        pairs.push(this);
      }
    }
    const codec = opusCodec(Watched);
    onTestFinished(() => codec.close());
    codec.decode(codec.encode(frames[0]!));
    for (const name of ["inPCM", "outPCM"]) {
      const [pointer, length] = ["Pointer", "Length"].map((field) => Number(Reflect.get(pairs[0]!, name + field)));
      const { byteOffset, byteLength } = Reflect.get(pairs[0]!, name) as Uint16Array;
      expect({ byteOffset, byteLength }, name).toEqual({ byteOffset: pointer, byteLength: length });
    }
  });

  it("takes no more calls than there is memory for, and G.711 for the next", async () => {
    const codecs = await Promise.all(Array.from({ length: 32 }, opened));
    await expect(opened()).rejects.toThrow("32 calls speak Opus already.");
    expect(await chooseCodec(OFFER, logger)).toHaveProperty("name", "PCMU");
    codecs[0]!.close();
    codecs[0]!.close();
    await opened();
    await expect(opened()).rejects.toThrow("32 calls");
  });

  it("gives its memory back", async () => {
    const Opus = await loadOpus();
    for (let call = 0; call < 200; call += 1) {
      const codec = opusCodec(Opus);
      expect(codec.decode(codec.encode(frames[20]!))).toHaveLength(msToBytes(FRAME_MS));
      codec.close();
    }
  });

  it("takes two channels, DTX and 60 ms, and refuses what is no packet", async () => {
    const codec = await opened();
    const stereo = new OpusScript(48_000, 2, OpusScript.Application.AUDIO, APART);
    const slow = new OpusScript(24_000, 1, OpusScript.Application.VOIP, APART);
    expect(codec.decode(stereo.encode(Buffer.alloc(3840, 1), 960))).toHaveLength(msToBytes(20));
    expect(codec.decode(slow.encode(Buffer.alloc(msToBytes(60), 1), 1440))).toHaveLength(msToBytes(60));
    // A table-of-contents byte alone: nothing was said in these 20 ms.
    expect(codec.decode(Buffer.from([0x78]))).toHaveLength(msToBytes(20));
    expect(() => codec.decode(Buffer.alloc(0))).toThrow();
    expect(() => codec.decode(Buffer.from([0xff, 0x46, 1]))).toThrow("longer than a browser makes it");
    expect(() => codec.decode(Buffer.alloc(5000, 0x78))).toThrow();
  });
});
