import { Frame } from "../../../../src/codec/pipecat/frames.js";
import type { ServiceWords } from "../../../../src/testing/index.js";
import type { CallWords } from "./peer-service.js";

const binary = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Gemini: its JSON comes in binary frames. */
export const GEMINI: ServiceWords = {
  sent: (socket, data) => {
    if ("setup" in (JSON.parse(data as string) as object)) socket.receive(binary('{"setupComplete":{}}'));
  },
};

export const OPENAI: ServiceWords = {
  opened: (socket) => {
    socket.receive(JSON.stringify({ type: "session.created", session: { type: "realtime" } }));
  },
  sent: (socket, data) => {
    const { type } = JSON.parse(data as string) as { type: string };
    if (type === "session.update")
      socket.receive(JSON.stringify({ type: "session.updated", session: { type: "realtime" } }));
  },
};

/** OpenAI on the channel of a call. */
export const OPENAI_CALL: CallWords = {
  answer: ({ type }) =>
    type === "session.update" ? { type: "session.updated", session: { type: "realtime" } } : undefined,
  last: { type: "error", error: { type: "invalid_request_error", code: "insufficient_quota", message: "no quota" } },
};

/** A Pipecat bot: RTVI in protobuf frames. */
export const PIPECAT: ServiceWords = {
  sent: (socket, data) => {
    const { frame } = Frame.decode(data as Uint8Array);
    if (frame?.$case !== "message") return;
    const { type, id } = JSON.parse(frame.value.data) as { type: string; id: string };
    if (type !== "client-ready") return;
    const ready = { label: "rtvi-ai", type: "bot-ready", id, data: { version: "2.1.0" } };
    socket.receive(
      new Uint8Array(Frame.encode({ frame: { $case: "message", value: { data: JSON.stringify(ready) } } }).finish()),
    );
  },
};
