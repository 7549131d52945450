import { SoundDecoder } from "../audio/formats.js";
import { bytesToMs } from "../audio/pcm.js";
import { TurnFinder, type TurnFact } from "../bot/turn-finder.js";
import type { ConversationLog } from "../conversation-log.js";
import type { Timers } from "../timers.js";
import { decodeSound } from "./base64-sound.js";
import type { Conversation } from "./conversation.js";
import { newId } from "./ids.js";
import { itemJson, type MessageItem } from "./items.js";
import type { Send } from "./server-event.js";
import { ProtocolMistake } from "./protocol-error.js";
import type { SessionConfig, TurnDetection } from "./session-config.js";

/** What the input buffer works with. */
export interface InputParts {
  readonly send: Send;
  readonly conversation: Conversation;
  readonly config: SessionConfig;
  readonly timers: Timers;
  readonly log: ConversationLog;
  /** What a spoken turn is taken to say. */
  hear(pcm: Buffer): string;
  /** Speech begins; `interrupts` when it should silence the answer. */
  speechStarted(interrupts: boolean): void;
  /** A turn found by the detector is in the conversation and wants an answer. */
  turnEnded(): void;
}

const SHORTEST_COMMIT_MS = 100;
/** A recogniser takes a moment. */
const TRANSCRIPTION_MS = 30;

/** The input audio buffer: collects sound, finds turns in it, and moves them into the conversation. */
export class InputSound {
  readonly #parts: InputParts;
  readonly #decoder = new SoundDecoder();
  readonly #finder = new TurnFinder((fact) => this.#heard(fact));
  #detection: TurnDetection | undefined;
  /** The item that the turn in progress will be. */
  #itemId = "";

  constructor(parts: InputParts) {
    this.#parts = parts;
    this.configure();
  }

  get speaking(): boolean {
    return this.#finder.speaking;
  }

  /** Sound received since the session began, in ms. */
  get receivedMs(): number {
    return this.#finder.receivedMs;
  }

  /** Takes over the session's turn detection. */
  configure(): void {
    this.#detection = this.#parts.config.turnDetection;
    this.#finder.configure(this.#detection);
  }

  append(audio: unknown): void {
    const format = this.#parts.config.inputFormat;
    this.push(this.#decoder.push(decodeSound(audio, "audio", format), format));
  }

  /** Sound that came by RTP, or out of an event: mono PCM16 at 24 kHz. */
  push(pcm: Buffer): void {
    this.#finder.push(pcm);
  }

  commit(): void {
    const { waitingMs: lengthMs } = this.#finder;
    if (lengthMs < SHORTEST_COMMIT_MS) {
      throw new ProtocolMistake({
        code: "input_audio_buffer_commit_empty",
        message: `Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has ${lengthMs.toFixed(2)}ms of audio.`,
      });
    }
    const itemId = this.speaking ? this.#itemId : newId("item");
    this.#toConversation(itemId, this.#finder.finish());
  }

  clear(): void {
    this.#finder.clear();
    this.#parts.send({ type: "input_audio_buffer.cleared" });
  }

  /** Nobody spoke for `idleMs` after the last answer: the silence becomes a turn. */
  timeOut(idleMs: number): void {
    const endMs = this.receivedMs;
    const itemId = newId("item");
    const startMs = Math.max(0, endMs - idleMs);
    this.#parts.send({
      type: "input_audio_buffer.timeout_triggered",
      audio_start_ms: Math.round(startMs),
      audio_end_ms: Math.round(endMs),
      item_id: itemId,
    });
    this.#toConversation(itemId, this.#finder.takeLast(idleMs));
  }

  #heard(fact: TurnFact): void {
    if (!this.#detection) return;
    if (fact.type === "started") {
      this.#itemId = newId("item");
      this.#parts.send({
        type: "input_audio_buffer.speech_started",
        audio_start_ms: Math.round(fact.startMs),
        item_id: this.#itemId,
      });
      this.#parts.speechStarted(this.#detection.interruptsResponse);
      return;
    }
    this.#parts.send({
      type: "input_audio_buffer.speech_stopped",
      audio_end_ms: Math.round(fact.endMs),
      item_id: this.#itemId,
    });
    this.#toConversation(this.#itemId, fact.pcm);
    if (this.#detection.createsResponse) this.#parts.turnEnded();
  }

  #toConversation(itemId: string, pcm: Buffer): void {
    const { send, conversation, log } = this.#parts;
    const item: MessageItem = {
      type: "message",
      id: itemId,
      role: "user",
      status: "completed",
      content: [{ type: "input_audio", pcm, transcript: null }],
    };
    const heard = this.#parts.hear(pcm);
    send({ type: "input_audio_buffer.committed", previous_item_id: conversation.lastId, item_id: itemId });
    const previous = conversation.append(item);
    send({ type: "conversation.item.added", previous_item_id: previous, item: itemJson(item) });
    send({ type: "conversation.item.done", previous_item_id: previous, item: itemJson(item) });
    log.line("user", heard);
    if (this.#parts.config.transcribes) this.#transcribe(item, pcm, heard);
  }

  #transcribe(item: MessageItem, pcm: Buffer, heard: string): void {
    const prefix = "conversation.item.input_audio_transcription";
    this.#parts.timers.after(TRANSCRIPTION_MS, () => {
      const part = item.content[0];
      if (part?.type === "input_audio") part.transcript = heard;
      const at = { item_id: item.id, content_index: 0 };
      for (const delta of heard.match(/\S+\s*/g) ?? []) this.#parts.send({ type: `${prefix}.delta`, ...at, delta });
      const usage = { type: "duration", seconds: Math.ceil(bytesToMs(pcm.length) / 1000) };
      this.#parts.send({ type: `${prefix}.completed`, ...at, transcript: heard, usage });
    });
  }
}
