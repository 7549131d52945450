import { randomUUID } from "node:crypto";
import type { RTVIMessage } from "@pipecat-ai/client-js";
import { ProtobufFrameSerializer } from "@pipecat-ai/websocket-transport";
import { WebSocket } from "ws";
import { protobufFields, type Fields } from "./protobuf-fields.js";
import { chunks, silence } from "../audio/speech.js";

/** What a frame carries: RTVI by its type, else the kind of the frame. */
export interface Received {
  readonly type: string;
  /** Whether the message has an `id`, or a `data`, at all. */
  readonly keys: readonly string[];
  readonly id?: string;
  /** As if every message had it: a test that reads what is not there fails on the spot. */
  readonly data: Readonly<Record<string, unknown>>;
  /** `performance.now()` */
  readonly at: number;
}

const MESSAGE = 4;
const AUDIO = 2;
const INTERRUPTION = 5;

/** A client of Pipecat's protocol over a bare socket. It writes with Pipecat's own published serializer. */
export class PipecatRawClient {
  readonly received: Received[] = [];
  readonly sounds: { readonly pcm: Buffer; readonly rate: number; readonly channels: number }[] = [];
  readonly frames: { readonly data: Buffer; readonly binary: boolean }[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #serializer = new ProtobufFrameSerializer();
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data, binary) => {
      if (!Buffer.isBuffer(data)) return;
      this.frames.push({ data, binary });
      this.#read(data);
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
  static async open(url: string, headers: Record<string, string> = {}): Promise<PipecatRawClient> {
    const socket = new WebSocket(url, { headers });
    const client = new PipecatRawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** Says `client-ready` and waits for `bot-ready`. */
  async ready(version = "2.1.0"): Promise<Received> {
    const id = this.send("client-ready", { version, about: { library: "test" } });
    return await this.event((message) => message.type === "bot-ready" && message.id === id);
  }

  /** Sends one RTVI message, and returns its id. */
  send(type: string, data: unknown = {}): string {
    const id = randomUUID().slice(0, 8);
    this.message({ label: "rtvi-ai", type, id, data });
    return id;
  }

  /** Sends and waits for whatever has the same id. */
  async request(type: string, data: unknown = {}): Promise<Received> {
    const id = this.send(type, data);
    return await this.event((message) => message.id === id);
  }

  message(message: object): void {
    const bytes = this.#serializer.serializeMessage(message as RTVIMessage);
    this.socket.send(bytes);
  }

  audio(pcm: Buffer, rate = 24_000, channels = 1): void {
    this.socket.send(this.#serializer.serializeAudio(new Uint8Array(pcm).buffer, rate, channels));
  }

  /** All at once, in 20 ms pieces: the service counts in the time of the sound. */
  speak(pcm: Buffer, silenceMs = 800): void {
    for (const chunk of [...chunks(pcm), ...chunks(silence(silenceMs))]) this.audio(chunk);
  }

  /** The first match at or after place `from`, now or within the time. */
  async event(match: string | ((message: Received) => boolean), from = 0, withinMs = 6000): Promise<Received> {
    const test = typeof match === "string" ? (message: Received) => message.type === match : match;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(undefined), withinMs);
      const finish = (found: Received | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (found) resolve(found);
        else reject(new Error(`no ${String(match)} among: ${this.types(from).join(", ")}`));
      };
      const check = (): void => {
        const found = this.received.slice(from).find(test);
        if (found) finish(found);
        else if (this.socket.readyState === WebSocket.CLOSED) finish(undefined);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Types from a place on, runs of the same type told once. */
  types(from = 0): string[] {
    const all = this.received.slice(from).map(({ type }) => type);
    return all.filter((type, index) => type !== all[index - 1]);
  }

  of(type: string, from = 0): Received[] {
    return this.received.slice(from).filter((message) => message.type === type);
  }

  /** The words of the bot's answers, from a place on. */
  words(from = 0): string {
    return this.of("bot-llm-text", from)
      .map(({ data }) => data.text)
      .join("");
  }

  heard(): Buffer {
    return Buffer.concat(this.sounds.map(({ pcm }) => pcm));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #read(frame: Buffer): void {
    try {
      this.#take(protobufFields(frame));
    } catch {
      return; // Some tests ask for broken frames.
    }
  }

  #take(fields: Fields): void {
    const none = { keys: [], data: {}, at: performance.now() };
    const [message, audio, interruption] = [MESSAGE, AUDIO, INTERRUPTION].map((number) => fields.get(number));
    if (Buffer.isBuffer(message)) {
      const json = JSON.parse(String(protobufFields(message).get(1))) as Omit<Received, "keys" | "at">;
      if (typeof json.type === "string") this.received.push({ ...json, keys: Object.keys(json), at: none.at });
    } else if (Buffer.isBuffer(audio)) {
      const sound = protobufFields(audio);
      const pcm = sound.get(3);
      if (!Buffer.isBuffer(pcm)) return;
      this.sounds.push({ pcm, rate: Number(sound.get(4)), channels: Number(sound.get(5)) });
      this.received.push({ type: "(audio)", ...none });
    } else if (interruption !== undefined) this.received.push({ type: "(interruption)", ...none });
  }
}
