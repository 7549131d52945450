import type OpusScript from "opusscript";
import { optionalPackage } from "./optional-package.js";
import { SAMPLE_BYTES, SAMPLE_RATE } from "../audio/pcm.js";
import { FRAME_BYTES, FRAME_MS, type CallCodec } from "./codec.js";

/** The class, once it is loaded. */
type OpusModule = typeof OpusScript;

/** Encoder and decoder of one call. They are not on the JavaScript heap: `delete()` frees them. */
type OpusPair = InstanceType<OpusModule>;

/** RTP of Opus (RFC 7587): always said to be 48 kHz and two channels, whatever is in it. */
const CLOCK_RATE = 48_000;
/** bit/s: transparent for one voice. */
const BITRATE = 64_000;
/** The decoder's workspace holds that much, in ms; browsers send 20. */
const LONGEST_PACKET_MS = 60;
/** The module's memory holds about eighty pairs, does not grow, and is not checked. */
const MOST_PAIRS = 32;

let loading: Promise<OpusModule> | undefined;
let pairs = 0;

/**
 * Loads opusscript, an optional peer dependency, on first use.
 * @throws Error that says how to install it.
 */
export function loadOpus(): Promise<OpusModule> {
  const load = async (): Promise<OpusModule> => (await import("opusscript")).default;
  loading ??= optionalPackage(load, "opusscript").catch((cause: unknown) => {
    loading = undefined;
    throw new Error("Opus needs the optional package `opusscript`: npm install opusscript", { cause });
  });
  return loading;
}

/**
 * Opus for one call. It is told 24 kHz, the rate of the service: the library resamples, and makes one channel of two.
 * @throws Error when too many calls speak Opus already.
 */
export function opusCodec(Opus: OpusModule): CallCodec {
  if (pairs >= MOST_PAIRS) throw new Error(`${String(MOST_PAIRS)} calls speak Opus already.`);
  const pair = new Opus(SAMPLE_RATE, 1, Opus.Application.AUDIO);
  pairs += 1;
  placeWorkspace(pair, "inPCM");
  placeWorkspace(pair, "outPCM");
  pair.setBitrate(BITRATE);
  let open = true;
  return {
    name: "opus",
    clockRate: CLOCK_RATE,
    channels: 2,
    encode: (pcm) => pair.encode(pcm, FRAME_BYTES / SAMPLE_BYTES),
    decode: (payload) => {
      if (!(packetMs(payload) <= LONGEST_PACKET_MS)) throw new Error("A packet is longer than a browser makes it.");
      return pair.decode(payload);
    },
    close: () => {
      if (!open) return;
      open = false;
      pairs -= 1;
      pair.delete();
    },
  };
}

/**
 * opusscript 0.1 places its workspaces at twice the address that it has allocated (an index of 16-bit words for one of
 * bytes), which is inside another call's encoder once there are three. This puts them where they belong.
 */
function placeWorkspace(pair: OpusPair, name: "inPCM" | "outPCM"): void {
  const address: unknown = Reflect.get(pair, `${name}Pointer`);
  const words: unknown = Reflect.get(pair, name);
  const bytes: unknown = Reflect.get(pair, `${name}Length`);
  if (typeof address !== "number" || typeof bytes !== "number" || !(words instanceof Uint16Array)) return;
  Reflect.set(pair, name, new Uint16Array(words.buffer, address, bytes / SAMPLE_BYTES));
}

/** Frame lengths of the configurations 0 to 31 by their lower bits (RFC 6716, table 2), in ms. */
const SILK_MS = [10, 20, 40, 60];
const HYBRID_MS = [10, 20];
const CELT_MS = [2.5, 5, 10, 20];

/** How long the sound in a packet is, by its first bytes (RFC 6716, section 3.1), in ms; NaN for none. */
function packetMs(packet: Buffer): number {
  const [first = NaN, second = 0] = packet;
  const configuration = first >> 3;
  const ms =
    configuration < 12
      ? SILK_MS[configuration & 3]
      : configuration < 16
        ? HYBRID_MS[configuration & 1]
        : CELT_MS[configuration & 3];
  const frames = [1, 2, 2, second & 0x3f][first & 3] ?? NaN;
  return packet.length === 0 ? NaN : (ms ?? FRAME_MS) * frames;
}
