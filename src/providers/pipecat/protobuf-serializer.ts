import { RTVIMessage } from "@pipecat-ai/client-js";
import { Frame } from "../../codec/pipecat/frames.js";
import { samplesIn } from "../../codec/pcm16.js";
import { ProtocolError } from "../../errors.js";
import type { DecodedAudio, DecodedMessage, WebSocketSerializer } from "./serializer.js";
import { isArrayBuffer, parseText } from "../../util/parse.js";

type FrameOf<Case extends string> = Extract<Frame["frame"], { $case: Case }>["value"];

/**
 * Pipecat's protobuf frames, one per WebSocket message: the counterpart of `ProtobufFrameSerializer` on the server.
 *
 * Beside audio and RTVI messages it knows the frames that Pipecat's own client does not: an interruption becomes
 * `bot-interrupted` and silences playback, a transcription becomes `user-transcription`, a text the server message
 * `{ t: "text", d: { text } }`.
 */
export class ProtobufFrameSerializer implements WebSocketSerializer {
  readonly binaryType = "arraybuffer";

  /** Bytes are a frame already and stay as they are; a string, or the JSON of anything else, becomes a message frame. */
  serialize(data: unknown): Uint8Array<ArrayBuffer> | undefined {
    if (data === undefined || data === null) return undefined;
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    if (data instanceof Uint8Array) return Uint8Array.from(data);
    const json: unknown = typeof data === "string" ? data : JSON.stringify(data);
    return typeof json === "string" ? messageFrame(json) : undefined;
  }

  serializeAudio(data: ArrayBuffer, sampleRate: number, numChannels: number): Uint8Array<ArrayBuffer> {
    const value = { id: 0n, name: "audio", audio: new Uint8Array(data), sampleRate, numChannels };
    return Frame.encode({ frame: { $case: "audio", value } }).finish();
  }

  serializeMessage(message: RTVIMessage): Uint8Array<ArrayBuffer> {
    return messageFrame(JSON.stringify(message));
  }

  /**
   * Reads a frame out of an `ArrayBuffer`, a view of one or a `Blob`; a string is read as the JSON of an RTVI message.
   * Audio is a view of the bytes where its place in them allows.
   * @throws ProtocolError when it is not a frame, of a kind that is not known, or its audio is not whole samples.
   */
  async deserialize(data: unknown): Promise<DecodedAudio | DecodedMessage> {
    if (typeof data === "string") return readMessage(data);
    const { frame } = decodeFrame(await bytesOf(data));
    switch (frame?.$case) {
      case "audio":
        return readAudio(frame.value);
      case "message":
        return readMessage(frame.value.data);
      case "interruption":
        return { type: "message", message: new RTVIMessage("bot-interrupted", undefined), interrupts: true };
      case "transcription":
        return { type: "message", message: new RTVIMessage("user-transcription", transcript(frame.value)) };
      case "text":
        return { type: "message", message: new RTVIMessage("server-message", textMessage(frame.value)) };
      default:
        throw new ProtocolError("The server sent a frame of a kind that this client does not know.");
    }
  }
}

function messageFrame(data: string): Uint8Array<ArrayBuffer> {
  return Frame.encode({ frame: { $case: "message", value: { data } } }).finish();
}

async function bytesOf(data: unknown): Promise<Uint8Array> {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (typeof Blob !== "undefined" && data instanceof Blob) return new Uint8Array(await data.arrayBuffer());
  if (isArrayBuffer(data)) return new Uint8Array(data);
  throw new ProtocolError("A frame must be bytes.");
}

function decodeFrame(bytes: Uint8Array): Frame {
  try {
    return Frame.decode(bytes);
  } catch (cause) {
    throw new ProtocolError("The server sent bytes that are not a Pipecat frame: do both ends use protobuf?", {
      cause,
    });
  }
}

function readAudio({ audio, sampleRate, numChannels }: FrameOf<"audio">): DecodedAudio {
  if (audio.length % 2 !== 0) throw new ProtocolError("The server sent audio that ends in the middle of a sample.");
  return {
    type: "audio",
    audio: samplesIn(audio),
    // proto3 leaves zeros out: a rate of 0 is one that the server did not say.
    ...(sampleRate !== 0 && { sampleRate }),
    ...(numChannels !== 0 && { numChannels }),
  };
}

function readMessage(json: string): DecodedMessage {
  return { type: "message", message: parseText(json, "The server") as RTVIMessage };
}

function transcript({ text, userId, timestamp }: FrameOf<"transcription">): object {
  return { text, final: true, timestamp, user_id: userId };
}

function textMessage({ text, name }: FrameOf<"text">): object {
  return { t: "text", d: { text, ...(name !== "" && { name }) } };
}
