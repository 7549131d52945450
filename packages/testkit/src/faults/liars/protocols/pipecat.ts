import { Frame as PipecatFrame } from "../../../../../../src/codec/pipecat/frames.js";
import type { Frame, LiarProtocol, Said, Turn } from "../liar-protocol.js";

interface RtviMessage {
  readonly type?: unknown;
  readonly data?: { readonly content?: unknown };
}

const encode = (frame: PipecatFrame["frame"]): Frame => PipecatFrame.encode({ frame }).finish();
const message = (data: string): Frame => encode({ $case: "message", value: { data } });
const rtvi = (type: string, data?: object): Frame => message(JSON.stringify({ label: "rtvi-ai", type, data }));

/** Pipecat's protobuf frames, with RTVI in them. */
export const pipecatLiar: LiarProtocol = {
  name: "pipecat",
  path: "/ws-client",
  answersOn: "text",

  credentialOf: ({ url = "/" }) => new URL(url, "http://127.0.0.1").searchParams.get("token") ?? undefined,

  read(bytes): Said {
    const { frame } = PipecatFrame.decode(bytes);
    if (frame?.$case === "audio") return { kind: "sound", bytes: frame.value.audio.length };
    if (frame?.$case !== "message") return { kind: "other" };
    const { type, data } = JSON.parse(frame.value.data) as RtviMessage;
    if (type === "client-ready") return { kind: "setup" };
    const text = data?.content;
    return type === "send-text" && typeof text === "string" ? { kind: "text", text } : { kind: "other" };
  },

  welcome: () => [],
  ready: () => [rtvi("bot-ready", { version: "2.1.0", about: { library: "liar" } })],

  turn: (words, id): Turn => ({
    begin: [rtvi("bot-llm-started"), rtvi("bot-tts-started"), rtvi("bot-started-speaking")],
    middle: [rtvi("bot-llm-text", { text: words }), rtvi("bot-tts-text", { text: words }), pipecatLiar.sound(id)],
    end: [rtvi("bot-llm-stopped"), rtvi("bot-tts-stopped"), rtvi("bot-stopped-speaking")],
  }),

  nothingToCancel: () => [],
  interrupted: () => [
    encode({ $case: "interruption", value: { id: 1n, name: "InterruptionFrame" } }),
    rtvi("user-started-speaking"),
  ],
  failure: (words) => [rtvi("error", { error: words, fatal: false })],
  quotation: (words) => {
    const data = { error: `What about ${words}`, details: { [words]: [words] }, list: [{ header: words }] };
    return [rtvi("error", { ...data, fatal: false }), rtvi("error-response", data), message(`{"${words}`)];
  },
  toolCall: (id) => [
    rtvi("llm-function-call-in-progress", { tool_call_id: `call_${id}`, function_name: "no_such_tool" }),
  ],
  sound: () =>
    encode({
      $case: "audio",
      value: { id: 1n, name: "audio", audio: new Uint8Array(4_800).fill(1), sampleRate: 24_000, numChannels: 1 },
    }),
  unknown: () => Uint8Array.of(0x3a, 0x03, 0x08, 0x01, 0x10),

  decode(frame) {
    const { frame: known } = PipecatFrame.decode(Buffer.from(frame));
    return known?.$case === "message" ? (JSON.parse(known.value.data) as unknown) : undefined;
  },
  encode: (value) => message(JSON.stringify(value)),
};
