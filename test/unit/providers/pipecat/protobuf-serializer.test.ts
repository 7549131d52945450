import { RTVIMessage } from "@pipecat-ai/client-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../../src/util/json.js";
import { Frame } from "../../../../src/codec/pipecat/frames.js";
import { ProtocolError } from "../../../../src/errors.js";
import { ProtobufFrameSerializer } from "../../../../src/providers/pipecat/index.js";
import { ProtobufFrameSerializer as PipecatSerializer } from "@pipecat-ai/websocket-transport";
import { textOf } from "../../../../packages/testkit/src/secrets/secrets.js";
import { bot, bytesOf } from "./rig.js";

const serializer = new ProtobufFrameSerializer();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const PCM = Uint8Array.of(0x01, 0x00, 0xff, 0x7f);

describe("what is written", () => {
  it("is what protobufjs writes", () => {
    expect(hex(serializer.serializeMessage(JSON.parse("{}") as RTVIMessage))).toBe("22040a027b7d");
    expect(hex(serializer.serializeAudio(PCM.buffer, 16_000, 1))).toBe("12121205617564696f1a040100ff7f20807d2801");
  });

  it("is what Pipecat's own serializer writes, byte for byte", () => {
    const theirs = new PipecatSerializer();
    const message = RTVIMessage.clientReady();
    expect(hex(serializer.serializeMessage(message))).toBe(hex(theirs.serializeMessage(message)));
    const pcm = Int16Array.from({ length: 512 }, (_, index) => index * 100).buffer;
    expect(hex(serializer.serializeAudio(pcm, 48_000, 2))).toBe(hex(theirs.serializeAudio(pcm, 48_000, 2)));
  });

  it("raw: bytes are a frame, text and values become a message, nothing stays nothing", async () => {
    const frame = unhex("0a0608011a026869");
    expect(serializer.serialize(frame)).toEqual(frame);
    expect(serializer.serialize(frame.buffer)).toEqual(frame);
    expect(hex(serializer.serialize("{}")!)).toBe("22040a027b7d");
    expect(hex(serializer.serialize({})!)).toBe("22040a027b7d");
    expect(serializer.serialize(undefined)).toBeUndefined();
    expect(serializer.serialize(null)).toBeUndefined();
    expect(serializer.serialize(() => 1)).toBeUndefined();
  });
});

describe("what is read", () => {
  it("audio, with its rate and channels", async () => {
    const decoded = await serializer.deserialize(unhex("121408011205617564696f1a040100ff7f20807d2801"));
    expect(decoded).toEqual({ type: "audio", audio: Int16Array.of(1, 32_767), sampleRate: 16_000, numChannels: 1 });
  });

  it("audio of a server that leaves out what is zero", async () => {
    const frame = bot.audio(PCM, { id: 0n, name: "", sampleRate: 0, numChannels: 0 });
    expect(await serializer.deserialize(frame)).toEqual({ type: "audio", audio: Int16Array.of(1, 32_767) });
  });

  it("an interruption, which Pipecat's own client does not know", async () => {
    const decoded = await serializer.deserialize(unhex("2a020801"));
    expect(decoded).toMatchObject({ type: "message", interrupts: true, message: { type: "bot-interrupted" } });
  });

  it("texts and transcriptions, as RTVI messages", async () => {
    expect(await serializer.deserialize(unhex("0a0608011a026869"))).toMatchObject({
      message: { label: "rtvi-ai", type: "server-message", data: { t: "text", d: { text: "hi" } } },
    });
    const value = { id: 1n, name: "", text: "hello", userId: "u", timestamp: "t" };
    expect(await serializer.deserialize(bytesOf({ $case: "transcription", value }))).toMatchObject({
      message: { type: "user-transcription", data: { text: "hello", final: true, user_id: "u", timestamp: "t" } },
    });
  });

  it("messages, out of a buffer, a view, a Blob, or a text frame", async () => {
    const frame = bot.rtvi("metrics", { ttfb: [] });
    const wide = new Uint8Array(frame.byteLength + 7);
    wide.set(new Uint8Array(frame), 3);
    const carriers = [
      frame,
      new Uint8Array(frame),
      new DataView(wide.buffer, 3, frame.byteLength),
      new Blob([frame]),
      JSON.stringify({ label: "rtvi-ai", type: "metrics", data: { ttfb: [] } }),
    ];
    for (const carrier of carriers) {
      expect(await serializer.deserialize(carrier)).toMatchObject({ message: { type: "metrics", data: { ttfb: [] } } });
    }
  });

  it("audio without a copy where it lies at an even place, and with one where it does not", async () => {
    // A name of another length moves the samples by one byte.
    const places = await Promise.all(
      ["a", "ab"].map(async (name) => {
        const bytes = bot.audio(PCM, { name });
        const decoded = await serializer.deserialize(bytes);
        if (decoded.type !== "audio") throw new Error("not audio");
        expect([...decoded.audio]).toEqual([1, 32_767]);
        return decoded.audio.buffer === bytes;
      }),
    );
    expect(places.sort()).toEqual([false, true]);
  });

  it.each([
    ["half a sample", new Uint8Array(bot.audio(Uint8Array.of(1, 2, 3))), /middle of a sample/],
    ["a frame of a kind to come", unhex("32020801"), /kind/],
    ["an empty frame", new Uint8Array(), /kind/],
    ["bytes that end too early", unhex("1214080112"), /not a Pipecat frame/],
    ["a message that is not JSON", new Uint8Array(bot.message("{")), /not JSON/],
    ["text that is not JSON", "garbage", /not JSON/],
    ["a number", 7, /bytes/],
    ["nothing", undefined, /bytes/],
  ])("refuses %s with a ProtocolError", async (_name, data, message) => {
    await expect(serializer.deserialize(data)).rejects.toThrow(ProtocolError);
    await expect(serializer.deserialize(data)).rejects.toThrow(message);
  });
});

describe("what is not JSON", () => {
  it("is not quoted: it may hold what people said, or a secret", async () => {
    const error: unknown = await serializer.deserialize("tok_secret").catch((reason: unknown) => reason);
    expect(textOf(error)).not.toContain("tok_");
  });
});

describe("for all bytes", () => {
  it("the deserializer gives a result or a ProtocolError, and never half a sample", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        try {
          const decoded = await serializer.deserialize(bytes);
          expect(["audio", "message"]).toContain(decoded.type);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("audio comes back as it went, wherever it lies in memory", async () => {
    const samples = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 64 });
    const rate = fc.integer({ min: 1, max: 0xffff_ffff });
    await fc.assert(
      fc.asyncProperty(samples, rate, fc.integer({ min: 1, max: 8 }), fc.nat(9), async (pcm, hz, channels, offset) => {
        const frame = serializer.serializeAudio(Int16Array.from(pcm).buffer, hz, channels);
        const memory = new Uint8Array(frame.length + offset);
        memory.set(frame, offset);
        expect(await serializer.deserialize(memory.subarray(offset))).toEqual({
          type: "audio",
          audio: Int16Array.from(pcm),
          sampleRate: hz,
          numChannels: channels,
        });
      }),
    );
  });

  it("messages come back as they went, without any __proto__", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (type, data) => {
        const message = new RTVIMessage(type, data);
        const decoded = await serializer.deserialize(serializer.serializeMessage(message));
        expect(decoded).toEqual({ type: "message", message: parseJson(JSON.stringify(message)) });
      }),
    );
  });

  it("frames with fields of a later version are read without them", async () => {
    const later = Uint8Array.from([...unhex("22040a027b7d"), 0x9a, 0x06, 0x01, 0x00]);
    expect(Frame.decode(later).frame?.$case).toBe("message");
    expect(await serializer.deserialize(later)).toEqual({ type: "message", message: {} });
  });
});
