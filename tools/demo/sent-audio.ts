import { ProtobufFrameSerializer } from "rtvi-machine/pipecat";
import type { WebSocket } from "playwright";
import type { RecordedBlock } from "./probe.js";
import { rms } from "./sound.js";
import { fromPcm16, type Sound } from "./wav.js";

/** OpenAI's input rate. */
const OPENAI_RATE = 24_000;
/** RMS of a chunk that counts as speech. */
const HEARD = 0.01;

/** The frames of Pipecat have one shape both ways. */
const frames = new ProtobufFrameSerializer();

/**
 * The microphone as it went over the wire; times in epoch ms. Over a WebSocket that is read from the page's own frames.
 * Over WebRTC it is the track at the sender, before the encoder: what RTP carries is encrypted.
 */
export class SentAudio {
  readonly #chunks: { readonly at: number; readonly sound: Sound }[] = [];

  watch(socket: WebSocket): void {
    socket.on("framesent", ({ payload }) => {
      const at = Date.now();
      const add = (sound: Sound | undefined): void => {
        if (sound !== undefined) this.#chunks.push({ at, sound });
      };
      if (typeof payload === "string") add(inJson(payload));
      else
        inFrame(payload).then(add, (problem: unknown) => console.error("A frame that was sent is unreadable", problem));
    });
  }

  add({ pcm, rate }: RecordedBlock): void {
    this.#chunks.push({ at: Date.now(), sound: fromBase64(pcm, rate) });
  }

  between(from: number, to: number): Sound {
    const chunks = this.#chunks.filter(({ at }) => at >= from && at <= to);
    const samples = new Float32Array(chunks.reduce((sum, { sound }) => sum + sound.samples.length, 0));
    let end = 0;
    for (const { sound } of chunks) {
      samples.set(sound.samples, end);
      end += sound.samples.length;
    }
    return { samples, rate: chunks[0]?.sound.rate ?? OPENAI_RATE };
  }

  /** When the last speech before a time was sent; undefined when there was none. */
  lastSpeech(before: number): number | undefined {
    return this.#chunks.findLast(({ at, sound }) => at <= before && rms(sound.samples) > HEARD)?.at;
  }
}

const fromBase64 = (pcm: string, rate: number): Sound => ({ samples: fromPcm16(Buffer.from(pcm, "base64")), rate });

/** Sound in a message of OpenAI's protocol or of Gemini's. */
function inJson(text: string): Sound | undefined {
  if (!text.includes("input_audio_buffer.append") && !text.includes("realtimeInput")) return undefined;
  const message: unknown = JSON.parse(text);
  const audio = field(message, "audio") ?? field(field(message, "realtimeInput"), "audio");
  if (typeof audio === "string") return fromBase64(audio, OPENAI_RATE);
  const [data, type] = [field(audio, "data"), field(audio, "mimeType")];
  const rate = /rate=(\d+)/.exec(String(type))?.[1];
  return typeof data === "string" && rate !== undefined ? fromBase64(data, Number(rate)) : undefined;
}

/** Sound in a frame of Pipecat's. */
async function inFrame(payload: Buffer): Promise<Sound | undefined> {
  const frame = await frames.deserialize(payload);
  if (frame.type !== "audio" || frame.sampleRate === undefined) return undefined;
  return { samples: Float32Array.from(frame.audio, (sample) => sample / 32_768), rate: frame.sampleRate };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
