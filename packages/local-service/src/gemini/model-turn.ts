import { bytesToMs, SAMPLE_RATE } from "../audio/pcm.js";
import { inPieces, paced, type AnswerPiece } from "../bot/pacing.js";
import type { Plan } from "../bot/replier.js";
import { parseJsonObject, type JsonObject } from "../json.js";
import type { Settings } from "../options.js";
import type { Timers } from "../timers.js";
import type { Content } from "./contents.js";
import { newCallId } from "./ids.js";
import type { Setup } from "./setup.js";

/** How a generation ended by itself. */
export type GenerationEnd = "complete" | "calls" | "failed";

/** Where a generation writes to. */
export interface ModelTurnHost {
  readonly setup: Setup;
  readonly settings: Settings;
  readonly timers: Timers;
  readonly fails: boolean;
  readonly send: (message: JsonObject) => void;
  /** It came to its end; never told after `stop()`. */
  ended(end: GenerationEnd): void;
}

type Message = Extract<Plan, { kind: "message" }>;

/** Generates one answer, or one round of calls: sends it piece by piece, and writes down what was sent. */
export class ModelTurn {
  /** Grows while the answer is sent. */
  readonly content: Content = { role: "model", parts: [] };
  readonly #plan: Plan;
  readonly #host: ModelTurnHost;
  #rest: AnswerPiece[] = [];
  #stop: (() => void) | undefined;

  constructor(plan: Plan, host: ModelTurnHost) {
    this.#plan = plan;
    this.#host = host;
  }

  start(): void {
    this.#stop = paced(this.#generate(), this.#host.timers, (end) => this.#host.ended(end));
  }

  /** Ends it at once. Returns what would send the rest of its sound, piece by piece. */
  stop(): (() => void)[] {
    this.#stop?.();
    return this.#rest.map((piece) => () => this.#say(piece));
  }

  *#generate(): Generator<number, GenerationEnd> {
    yield this.#host.settings.replyDelayMs;
    if (this.#host.fails) return "failed";
    if (this.#plan.kind === "message") return yield* this.#speak(this.#plan);
    const functionCalls = this.#plan.calls.map(({ name, arguments: text }) => {
      const call = { id: newCallId(), name, args: parseJsonObject(text) ?? {} };
      this.content.parts.push({ kind: "call", ...call });
      return call;
    });
    this.#host.send({ toolCall: { functionCalls } });
    return "calls";
  }

  *#speak(plan: Message): Generator<number, GenerationEnd> {
    const { setup, settings, send } = this.#host;
    const sound = setup.modality === "AUDIO" ? plan.pcm : undefined;
    const startedAt = Date.now();
    this.#rest = [...inPieces(plan.words, sound, settings.replyChunkMs)];
    for (let piece = this.#rest.shift(); piece; piece = this.#rest.shift()) {
      this.#write(piece);
      this.#say(piece);
      if (sound && setup.transcribesOutput && piece.words !== "") {
        send({ serverContent: { outputTranscription: { text: piece.words } } });
      }
      yield settings.replyChunkMs / settings.replySpeed;
    }
    send({ serverContent: { generationComplete: true } });
    // The turn is over when the client has played it: until then the user can interrupt.
    const playsMs = bytesToMs(sound?.length ?? 0) / settings.playbackSpeed;
    yield Math.max(0, playsMs - (Date.now() - startedAt));
    return "complete";
  }

  #write({ words, pcm }: AnswerPiece): void {
    const { parts } = this.content;
    const before = parts.pop();
    if (this.#host.setup.modality === "TEXT") {
      parts.push({ kind: "text", text: (before?.kind === "text" ? before.text : "") + words });
      return;
    }
    const sound = before?.kind === "sound" ? before : { pcm: Buffer.alloc(0), transcript: "" };
    parts.push({ kind: "sound", pcm: Buffer.concat([sound.pcm, pcm]), transcript: (sound.transcript ?? "") + words });
  }

  #say({ words, pcm }: AnswerPiece): void {
    const sound = { mimeType: `audio/pcm;rate=${String(SAMPLE_RATE)}`, data: pcm.toString("base64") };
    const part = this.#host.setup.modality === "TEXT" ? { text: words } : { inlineData: sound };
    this.#host.send({ serverContent: { modelTurn: { parts: [part] } } });
  }
}
