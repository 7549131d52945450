import { Frame } from "../../../../src/codec/pipecat/frames.js";
import { FakeSocket } from "../scripted/fake-socket.js";
import type { WireScript } from "../scripted/scripted-conformance.js";

/** Where a service sends its first word from. */
export interface ServiceSocket extends FakeSocket {
  /** The transport has called `close()`: from then on the service alone holds it. */
  readonly abandoned: boolean;
  /** A message in a frame of its kind, as an event of its own. */
  hears(data: string | Uint8Array<ArrayBuffer>): void;
}

/** What a service says when its socket has opened, and when it is sent something. */
export interface ServiceWords {
  opened?(socket: ServiceSocket): void;
  sent?(socket: ServiceSocket, data: unknown): void;
}

/** The sockets of one scripted service: the constructor for the transport, and those that are not closed. */
export interface ServiceSockets {
  readonly WebSocket: typeof WebSocket;
  readonly open: () => readonly ServiceSocket[];
}

/** Sockets that open, are refused, and close as the script has it; the words are said while it says that the service gets ready. */
export function serviceSockets(script: WireScript, { opened, sent }: ServiceWords): ServiceSockets {
  const sockets: ServiceSocket[] = [];

  class Socket extends FakeSocket implements ServiceSocket {
    abandoned = false;

    constructor(url: string | URL) {
      super(String(url), script.dial === "open");
      sockets.push(this);
      // As a browser does it: the error comes first, and says nothing.
      if (script.dial === "refuse") {
        queueMicrotask(() => {
          this.dispatchEvent(new Event("error"));
          this.ends(1006);
        });
      }
      this.addEventListener("open", () => {
        if (script.ready === "at once") opened?.(this);
      });
    }

    override send(data: string): void {
      super.send(data);
      if (script.ready === "at once") sent?.(this, data);
    }

    override close(): void {
      this.abandoned = true;
      if (script.goodbye === "answer") queueMicrotask(() => this.ends(1000));
    }

    hears(data: string | Uint8Array<ArrayBuffer>): void {
      const inKind = (): unknown => {
        if (typeof data === "string") return data;
        return this.binaryType === "blob" ? new Blob([data]) : data.buffer;
      };
      setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: inKind() })), 0);
    }
  }

  return {
    WebSocket: Socket as unknown as typeof WebSocket,
    open: () => sockets.filter(({ readyState }) => readyState < FakeSocket.CLOSING),
  };
}

const binary = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Gemini: its JSON comes in binary frames. */
export const GEMINI: ServiceWords = {
  sent: (socket, data) => {
    if ("setup" in (JSON.parse(data as string) as object)) socket.hears(binary('{"setupComplete":{}}'));
  },
};

export const OPENAI: ServiceWords = {
  opened: (socket) => {
    socket.hears(JSON.stringify({ type: "session.created", session: { type: "realtime" } }));
  },
  sent: (socket, data) => {
    const { type } = JSON.parse(data as string) as { type: string };
    if (type === "session.update")
      socket.hears(JSON.stringify({ type: "session.updated", session: { type: "realtime" } }));
  },
};

/** A Pipecat bot: RTVI in protobuf frames. */
export const PIPECAT: ServiceWords = {
  sent: (socket, data) => {
    const { frame } = Frame.decode(data as Uint8Array);
    if (frame?.$case !== "message") return;
    const { type, id } = JSON.parse(frame.value.data) as { type: string; id: string };
    if (type !== "client-ready") return;
    const ready = { label: "rtvi-ai", type: "bot-ready", id, data: { version: "2.1.0" } };
    socket.hears(
      new Uint8Array(Frame.encode({ frame: { $case: "message", value: { data: JSON.stringify(ready) } } }).finish()),
    );
  },
};
