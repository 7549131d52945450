import type { WebSocket } from "playwright";
import type { RecordedBlock } from "./probe.js";
import { fromPcm16, type Sound } from "./wav.js";

/** The service's input rate. */
const RATE = 24_000;

/**
 * The microphone as it went over the wire; times in epoch ms. Over a WebSocket that is read from the page's own frames.
 * Over WebRTC it is the track at the sender, before the encoder: what RTP carries is encrypted.
 */
export class SentAudio {
  readonly #chunks: { readonly at: number; readonly samples: Float32Array }[] = [];

  watch(socket: WebSocket): void {
    socket.on("framesent", ({ payload }) => {
      const audio = audioOf(payload.toString());
      if (audio !== undefined) this.#chunks.push({ at: Date.now(), samples: fromPcm16(Buffer.from(audio, "base64")) });
    });
  }

  add({ pcm }: RecordedBlock): void {
    this.#chunks.push({ at: Date.now(), samples: fromPcm16(Buffer.from(pcm, "base64")) });
  }

  between(from: number, to: number): Sound {
    const chunks = this.#chunks.filter(({ at }) => at >= from && at <= to);
    const samples = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.samples.length, 0));
    let end = 0;
    for (const chunk of chunks) {
      samples.set(chunk.samples, end);
      end += chunk.samples.length;
    }
    return { samples, rate: RATE };
  }
}

function audioOf(frame: string): string | undefined {
  if (!frame.includes("input_audio_buffer.append")) return undefined;
  const message: unknown = JSON.parse(frame);
  if (typeof message !== "object" || message === null || !("audio" in message)) return undefined;
  return typeof message.audio === "string" ? message.audio : undefined;
}
