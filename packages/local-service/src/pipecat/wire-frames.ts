import { Frame } from "../../../../src/codec/pipecat/frames.js";
import { SAMPLE_RATE } from "../audio/pcm.js";
import { parseJsonObject, type JsonObject } from "../json.js";
import { readShape, type SoundShape } from "./client-sound.js";

/** One frame of a client; `dropped` says why nothing is done about it. */
export type ClientFrame =
  | { readonly kind: "audio"; readonly bytes: Uint8Array; readonly shape: SoundShape }
  | { readonly kind: "message"; readonly message: JsonObject }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "transcription"; readonly text: string }
  | { readonly kind: "dropped"; readonly why: string };

function dropped(why: string): ClientFrame {
  return { kind: "dropped", why };
}

/** Reads one WebSocket message. Pipecat's servers log what they cannot read, drop it, and go on. */
export function readFrame(data: Buffer, isBinary: boolean): ClientFrame {
  if (!isBinary) return dropped("a text message");
  let frame: Frame["frame"];
  try {
    ({ frame } = Frame.decode(data));
  } catch {
    return dropped("a malformed frame");
  }
  switch (frame?.$case) {
    case "audio": {
      const { audio: bytes, sampleRate, numChannels } = frame.value;
      const shape = readShape(sampleRate, numChannels);
      return shape ? { kind: "audio", bytes, shape } : dropped(`sound of ${sampleRate} Hz in ${numChannels} channels`);
    }
    case "message": {
      const message = parseJsonObject(frame.value.data);
      return message ? { kind: "message", message } : dropped("a message that is no JSON object");
    }
    case "text":
      return { kind: "text", text: frame.value.text };
    case "transcription":
      return { kind: "transcription", text: frame.value.text };
    case "interruption":
      return dropped("an interruption, which is the server's to send");
    case undefined:
      return dropped("an unknown frame");
  }
}

/** Frames of one connection, numbered as Pipecat numbers its own. */
export class FrameWriter {
  #id = 0n;

  message(json: string): Uint8Array {
    return Frame.encode({ frame: { $case: "message", value: { data: json } } }).finish();
  }

  /** Mono PCM16 at 24 kHz. */
  audio(pcm: Buffer): Uint8Array {
    const value = { ...this.#named("TTSAudioRawFrame"), audio: pcm, sampleRate: SAMPLE_RATE, numChannels: 1 };
    return Frame.encode({ frame: { $case: "audio", value } }).finish();
  }

  interruption(): Uint8Array {
    return Frame.encode({ frame: { $case: "interruption", value: this.#named("InterruptionFrame") } }).finish();
  }

  #named(kind: string): { readonly id: bigint; readonly name: string } {
    this.#id += 1n;
    return { id: this.#id, name: `${kind}#${String(this.#id)}` };
  }
}
