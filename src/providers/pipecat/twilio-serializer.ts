import type { RTVIMessage } from "@pipecat-ai/client-js";
import { decodeBase64, encodeBase64 } from "../../codec/base64.js";
import { decodeG711, encodeG711 } from "../../codec/g711.js";
import { mixToMono, samplesIn } from "../../codec/pcm16.js";
import { ProtocolError } from "../../errors.js";
import { PcmResampler } from "../../media/pcm-resampler.js";
import { parseJson } from "../../util/json.js";
import { fieldOf, isRecord } from "../../util/records.js";
import type { Decoded, WebSocketSerializer } from "./serializer.js";

/** Hz of a telephone line. */
const LINE_RATE = 8_000;

/**
 * Twilio's Media Streams as JSON, for a server whose serializer is Pipecat's Twilio one: µ-law at 8 kHz in `media` events,
 * whatever the recorder and the player run at. RTVI does not travel this way. What such a server wants to hear first,
 * `connected` and `start`, is sent with `transport.sendRawMessage(event)`.
 */
export class TwilioSerializer implements WebSocketSerializer {
  // Not `#private`: an app may hold the serializer through a proxy.
  private _resampler: PcmResampler | undefined;

  serialize(data: unknown): string {
    return JSON.stringify(data);
  }

  serializeAudio(data: ArrayBuffer, sampleRate: number, numChannels: number): string {
    const { _resampler: known } = this;
    const resampler = known?.inputRate === sampleRate ? known : new PcmResampler(sampleRate, LINE_RATE);
    this._resampler = resampler;
    const line = resampler.process(mixToMono(samplesIn(new Uint8Array(data)), numChannels));
    return JSON.stringify({ event: "media", media: { payload: encodeBase64(encodeG711(line, "ulaw")) } });
  }

  /** Nothing: Twilio's events do not carry RTVI. */
  serializeMessage(_message: RTVIMessage): null {
    return null;
  }

  /**
   * `media` is audio, `clear` silences playback, an RTVI message in `message` is one; every other event is raw.
   * @throws ProtocolError when it is not a JSON object, or a `media` event without audio in base64.
   */
  async deserialize(data: unknown): Promise<Decoded> {
    const event = readEvent(await textOf(data));
    const name = fieldOf(event, "event");
    if (name === "media") {
      const audio = decodeG711(readPayload(event), "ulaw");
      return { type: "audio", audio, sampleRate: LINE_RATE, numChannels: 1 };
    }
    if (name === "clear") return { type: "raw", message: event, interrupts: true };
    const message = fieldOf(event, "message");
    return isRecord(message)
      ? { type: "message", message: message as unknown as RTVIMessage }
      : { type: "raw", message: event };
  }

  reset(): void {
    this._resampler?.reset();
  }
}

async function textOf(data: unknown): Promise<string> {
  if (typeof data === "string") return data;
  if (typeof Blob !== "undefined" && data instanceof Blob) return data.text();
  throw new ProtocolError("A Twilio event must be text.");
}

function readEvent(text: string): Readonly<Record<string, unknown>> {
  let event: unknown;
  try {
    event = parseJson(text);
  } catch (cause) {
    throw new ProtocolError("The server sent a Twilio event that is not JSON.", { cause });
  }
  if (isRecord(event)) return event;
  throw new ProtocolError("The server sent a Twilio event that is not an object.");
}

function readPayload(event: Readonly<Record<string, unknown>>): Uint8Array {
  const media = fieldOf(event, "media");
  const payload = isRecord(media) ? fieldOf(media, "payload") : undefined;
  if (typeof payload === "string") return decodeBase64(payload);
  throw new ProtocolError("The server sent a Twilio `media` event without a `payload`.");
}
