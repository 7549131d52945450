import { WebSocket } from "ws";
import { chunks, silence } from "../audio/speech.js";

/** An item, as far as tests look into it. */
export interface WireItem {
  readonly id: string;
  readonly type: string;
  readonly role: string;
  readonly name: string;
  readonly call_id: string;
  readonly content: readonly WirePart[];
}

/** A piece of a message. */
export interface WirePart {
  readonly type: string;
  readonly text?: string;
  readonly audio?: string;
  readonly transcript?: string | null;
}

/** Tokens of a response. */
export interface WireUsage {
  readonly total_tokens: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly input_token_details: { readonly audio_tokens: number };
}

/**
 * An event as it came over the connection. Every field that any event has is listed as if it were there: a test that reads one
 * which is not fails on the spot.
 */
export interface WireEvent {
  readonly type: string;
  readonly event_id: string;
  readonly item_id: string;
  readonly response_id: string;
  readonly previous_item_id: string | null;
  readonly output_index: number;
  readonly audio_start_ms: number;
  readonly audio_end_ms: number;
  readonly delta: string;
  readonly text: string;
  readonly transcript: string;
  readonly session: Readonly<Record<string, unknown>>;
  readonly item: WireItem;
  readonly response: {
    readonly id: string;
    readonly status: string;
    readonly output: readonly WireItem[];
    readonly usage: WireUsage;
    readonly modalities?: readonly string[];
  };
  readonly error: { readonly code: string; readonly message: string; readonly param: string | null };
}

/** A WebSocket client that knows no protocol: it keeps what arrives and sends what it is told. */
export class RawClient {
  readonly events: WireEvent[] = [];
  readonly frames: { readonly data: Buffer; readonly binary: boolean }[] = [];
  readonly socket: WebSocket;
  /** Settles when the socket is gone. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data, binary) => {
      if (!Buffer.isBuffer(data)) return;
      this.frames.push({ data, binary });
      try {
        this.events.push(JSON.parse(data.toString()) as WireEvent);
      } catch {
        return; // Some tests ask for broken frames.
      }
      for (const check of [...this.#waiting]) check();
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const check of [...this.#waiting]) check();
      });
    });
  }

  /** Opens `url`; rejects when the handshake fails. */
  static async open(url: string, key: string | null = "local", query = ""): Promise<RawClient> {
    const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
    const socket = new WebSocket(`${url}?model=gpt-realtime${query}`, { headers });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  send(type: string, fields: object = {}): void {
    this.socket.send(JSON.stringify({ type, ...fields }));
  }

  /** The first matching event at or after place `from`, now or within the time. */
  async event(match: string | ((event: WireEvent) => boolean), from = 0, withinMs = 4000): Promise<WireEvent> {
    const test = typeof match === "string" ? (event: WireEvent) => event.type === match : match;
    const find = (): WireEvent | undefined => this.events.slice(from).find(test);
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(undefined), withinMs);
      const finish = (found: WireEvent | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (found) resolve(found);
        else reject(new Error(`no ${String(match)} among: ${this.types(from).join(", ")}`));
      };
      const check = (): void => {
        const found = find();
        if (found) finish(found);
        else if (this.socket.readyState === WebSocket.CLOSED) finish(undefined);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Event types from a place on, runs of the same type told once. */
  types(from = 0): string[] {
    const all = this.events.slice(from).map((event) => event.type);
    return all.filter((type, index) => type !== all[index - 1]);
  }

  of(type: string, from = 0): WireEvent[] {
    return this.events.slice(from).filter((event) => event.type === type);
  }

  /** All at once, in 20 ms pieces: the service counts in the time of the sound. */
  speak(pcm: Buffer, silenceMs = 800): void {
    for (const chunk of [...chunks(pcm), ...chunks(silence(silenceMs))]) {
      this.send("input_audio_buffer.append", { audio: chunk.toString("base64") });
    }
  }

  write(text: string): void {
    const item = { type: "message", role: "user", content: [{ type: "input_text", text }] };
    this.send("conversation.item.create", { item });
  }

  /** Writes, asks for an answer, and waits until it is done. */
  async ask(text: string, response?: object): Promise<WireEvent> {
    const from = this.events.length;
    this.write(text);
    this.send("response.create", response ? { response } : {});
    return await this.event("response.done", from);
  }

  /** The words of a response's first message. */
  static words({ response }: WireEvent): string | null | undefined {
    const part = response.output[0]?.content[0];
    return part?.text ?? part?.transcript;
  }

  /** Sound received for a response, or for all of them. */
  heard(responseId?: string): Buffer {
    const deltas = this.events.filter(
      ({ type, response_id: id }) =>
        type === "response.output_audio.delta" && (responseId === undefined || id === responseId),
    );
    return Buffer.concat(deltas.map(({ delta }) => Buffer.from(delta, "base64")));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
