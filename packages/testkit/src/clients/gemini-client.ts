import { WebSocket } from "ws";
import type { LocalService } from "../../../local-service/src/index.js";
import { chunks, silence } from "../audio/speech.js";

/** A message as it came over the connection: every field that any message has, for tests to read. */
export interface GeminiMessage {
  readonly setupComplete?: { readonly sessionId: string };
  readonly serverContent?: {
    readonly modelTurn?: {
      readonly parts: readonly {
        readonly text?: string;
        readonly inlineData?: { readonly mimeType: string; readonly data: string };
      }[];
    };
    readonly inputTranscription?: { readonly text: string };
    readonly outputTranscription?: { readonly text: string };
    readonly interrupted?: boolean;
    readonly generationComplete?: boolean;
    readonly turnComplete?: boolean;
  };
  readonly usageMetadata?: {
    readonly promptTokenCount: number;
    readonly responseTokenCount: number;
    readonly totalTokenCount: number;
  };
  readonly toolCall?: {
    readonly functionCalls: readonly { readonly id: string; readonly name: string; readonly args: object }[];
  };
  readonly toolCallCancellation?: { readonly ids: readonly string[] };
  readonly goAway?: { readonly timeLeft: string };
  readonly sessionResumptionUpdate?: { readonly newHandle?: string; readonly resumable?: boolean };
}

/** What a message is: its first key, and the field of `serverContent`. */
function kindOf(message: GeminiMessage): string {
  const [key = "?"] = Object.keys(message);
  return key === "serverContent" ? (Object.keys(message.serverContent ?? {})[0] ?? key) : key;
}

export const MODEL = "models/gemini-2.5-flash";

/** A WebSocket client of Gemini Live that knows no more than the shapes. */
export class GeminiClient {
  readonly messages: GeminiMessage[] = [];
  readonly frames: { readonly data: Buffer; readonly binary: boolean }[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data, binary) => {
      if (!Buffer.isBuffer(data)) return;
      this.frames.push({ data, binary });
      try {
        this.messages.push(JSON.parse(data.toString()) as GeminiMessage);
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

  /** Opens a connection; `query` replaces the key. */
  static async open(service: LocalService, query = "key=local", method = "v1beta"): Promise<GeminiClient> {
    const [version = "", suffix = ""] = method.split(" ");
    const path = `/ws/google.ai.generativelanguage.${version}.GenerativeService.BidiGenerateContent${suffix}`;
    const client = new GeminiClient(new WebSocket(`${service.geminiUrl}${path}?${query}`));
    await new Promise<void>((resolve, reject) => {
      client.socket.once("open", resolve);
      client.socket.once("error", reject);
    });
    return client;
  }

  /** Opens a connection and waits for `setupComplete`. */
  static async start(service: LocalService, setup: object = {}, query?: string): Promise<GeminiClient> {
    const client = await GeminiClient.open(service, query);
    client.send({ setup: { model: MODEL, ...setup } });
    await client.next("setupComplete");
    return client;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The first message of a kind at or after place `from`, now or within the time. */
  async next(kind: string, from = 0, withinMs = 4000): Promise<GeminiMessage> {
    return await new Promise((resolve, reject) => {
      const finish = (found: GeminiMessage | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (found) resolve(found);
        else reject(new Error(`no ${kind} among: ${this.kinds(from).join(", ")}`));
      };
      const check = (): void => {
        const found = this.messages.slice(from).find((message) => kindOf(message) === kind);
        if (found) finish(found);
        else if (this.socket.readyState === WebSocket.CLOSED) finish(undefined);
      };
      const timer = setTimeout(() => finish(undefined), withinMs);
      this.#waiting.add(check);
      check();
    });
  }

  /** Kinds from a place on, runs of the same kind told once. */
  kinds(from = 0): string[] {
    const all = this.messages.slice(from).map(kindOf);
    return all.filter((kind, index) => kind !== all[index - 1]);
  }

  /** Sound all at once, in 20 ms pieces: the service counts in the time of the sound. */
  speak(pcm: Buffer, silenceMs = 800): void {
    for (const chunk of [...chunks(pcm), ...chunks(silence(silenceMs))]) {
      this.send({ realtimeInput: { audio: { mimeType: "audio/pcm;rate=24000", data: chunk.toString("base64") } } });
    }
  }

  write(text: string): void {
    this.send({ clientContent: { turns: [{ role: "user", parts: [{ text }] }], turnComplete: true } });
  }

  /** Writes, waits until the turn is complete, and returns the answer's text. */
  async ask(text: string): Promise<string> {
    const from = this.messages.length;
    this.write(text);
    await this.next("turnComplete", from);
    return this.words(from);
  }

  /** Text parts and output transcription, from a place on. */
  words(from = 0): string {
    const texts = this.messages
      .slice(from)
      .flatMap(({ serverContent }) => [
        serverContent?.outputTranscription?.text ?? "",
        ...(serverContent?.modelTurn?.parts ?? []).map((part) => part.text ?? ""),
      ]);
    return texts.join("");
  }

  /** What was understood of the user, from a place on. */
  understood(from = 0): string {
    return this.messages
      .slice(from)
      .map(({ serverContent }) => serverContent?.inputTranscription?.text ?? "")
      .join("");
  }

  /** Sound from a place on. */
  heard(from = 0): Buffer {
    const parts = this.messages.slice(from).flatMap(({ serverContent }) => serverContent?.modelTurn?.parts ?? []);
    return Buffer.concat(parts.map(({ inlineData }) => Buffer.from(inlineData?.data ?? "", "base64")));
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
