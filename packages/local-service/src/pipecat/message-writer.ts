import type { EventLog } from "../event-log.js";
import type { SessionLine } from "../line.js";
import { FrameWriter } from "./wire-frames.js";

/** The `label` by which RTVI messages know each other. */
export const RTVI_LABEL = "rtvi-ai";

/** An RTVI message on its way out. What a server has nothing to say for is absent, as in Pipecat's own. */
export interface ServerMessage {
  readonly type: string;
  /** The request that it answers. */
  readonly id?: string | undefined;
  readonly data?: unknown;
}

/** What a session says: RTVI messages, sound, and interruptions, each in a frame of its own. */
export class MessageWriter {
  readonly #line: SessionLine;
  readonly #events: EventLog;
  readonly #session: string;
  readonly #frames = new FrameWriter();

  constructor(line: SessionLine, events: EventLog, session: string) {
    this.#line = line;
    this.#events = events;
    this.#session = session;
  }

  /** Sends one message; keys whose value is undefined do not appear. */
  send({ id, type, data }: ServerMessage): void {
    this.#write(type, this.#frames.message(JSON.stringify({ label: RTVI_LABEL, type, id, data })));
  }

  /** Answers a request that went wrong. */
  refuse(id: string | undefined, error: string): void {
    this.send({ type: "error-response", id, data: { error } });
  }

  /** Mono PCM16 at 24 kHz. */
  audio(pcm: Buffer): void {
    this.#write("audio", this.#frames.audio(pcm));
  }

  /** Tells the client to forget the sound that it has not played yet. */
  interruption(): void {
    this.#write("interruption", this.#frames.interruption());
  }

  /** Sends what no serializer would. */
  raw(frame: string | Buffer): void {
    if (this.#line.isOpen) this.#line.send(frame);
  }

  /** Notes what came in. */
  received(type: string): void {
    this.#events.add(this.#session, "in", { type });
  }

  #write(type: string, frame: Uint8Array): void {
    if (!this.#line.isOpen) return;
    this.#events.add(this.#session, "out", { type });
    this.#line.send(Buffer.from(frame));
  }
}
