import { RTVIMessage } from "@pipecat-ai/client-js";
import type { PlayedItem } from "../../../../src/contracts/speaker.js";
import type { TurnEdge } from "../../../../src/contracts/turns.js";
import type { Command, Effect } from "../../../../src/contracts/dialogue.js";
import { GeminiDialogue } from "../../../../src/providers/gemini/dialogue.js";
import type { DialogueSetup } from "../../../../src/providers/gemini/dialogue-setup.js";
import { GeminiHistory } from "../../../../src/providers/gemini/gemini-history.js";
import { ResumptionHandle } from "../../../../src/providers/gemini/resumption-handle.js";
import { runningTurns } from "../models/running-turns.js";
import { ManualClock } from "../../../../src/testing/manual-clock.js";
import { redactor } from "../../../../src/util/redact.js";

/** What the dialogue must not show. */
export const KEY = "own/key+the_secret";

type Message = Record<string, unknown>;
type Of<T extends Effect["type"]> = Extract<Effect, { type: T }>;

/** Base64 of so many ms of silence. */
export const pcm = (ms: number, rate = 24_000): string => Buffer.alloc(((ms * rate) / 1000) * 2).toString("base64");

/** A dialogue with turns, a clock and a memory: the effects of every call, and the edges of the turns, in order. */
export class Scenario {
  readonly dialogue: GeminiDialogue;
  readonly effects: Effect[] = [];
  now = 1_000;
  readonly #timers = new ManualClock();
  readonly #turns = runningTurns((edge) => {
    this.keep(this.dialogue.lulled());
    this.#edge(edge);
  }, this.#timers);

  constructor(setup: Partial<DialogueSetup> = {}) {
    this.dialogue = new GeminiDialogue({
      setup: { model: "models/m" },
      handle: undefined,
      history: [],
      initial: [],
      prompt: "",
      replays: false,
      conversationHistory: new GeminiHistory(),
      runInitial: false,
      textInput: "client_content",
      manual: false,
      interruptible: true,
      rawEvents: false,
      name: "TestTransport",
      redact: redactor([KEY]),
      playbackRate: 24_000,
      speaking: false,
      micOn: true,
      resumption: new ResumptionHandle(),
      isStale: () => false,
      turns: this.#turns,
      now: () => this.now,
      date: () => new Date(1_700_000_000_000),
      ...setup,
    });
  }

  /** One that is ready, with nothing remembered. */
  static ready(setup: Partial<DialogueSetup> = {}): Scenario {
    const scenario = new Scenario(setup);
    scenario.keep(scenario.dialogue.open());
    scenario.receive({ setupComplete: {} });
    scenario.forget();
    return scenario;
  }

  keep(effects: Effect[]): Effect[] {
    this.effects.push(...effects);
    return effects;
  }

  /** An edge of the turns that the session delivers. */
  #edge({ type }: TurnEdge): void {
    if (type.endsWith("-speaking")) this.effects.push({ type: "deliver", message: { type } });
  }

  /** Time passes. */
  wait(ms: number): void {
    this.now += ms;
    this.#timers.advance(ms);
  }

  receive(...messages: Message[]): Effect[] {
    return messages.flatMap((message) => this.keep(this.dialogue.receive(JSON.stringify(message))));
  }

  raw(data: string | ArrayBuffer): Effect[] {
    return this.keep(this.dialogue.receive(data));
  }

  command(command: Command): Effect[] {
    return this.keep(this.dialogue.command(command));
  }

  app(type: string, data?: unknown, id = "app1"): Effect[] {
    return this.command({ type: "message", message: new RTVIMessage(type, data, id) });
  }

  interrupt(): Effect[] {
    return this.command({ type: "interrupt" });
  }

  cut(...items: PlayedItem[]): Effect[] {
    return this.keep(this.dialogue.played(items));
  }

  microphone(on: boolean): Effect[] {
    return this.command({ type: "mic", on });
  }

  end(): Effect[] {
    for (const edge of this.#turns.tell({ type: "connection.lost" })) this.#edge(edge);
    return this.keep(this.dialogue.end());
  }

  /** The output is lost, with what of an item it had not played. */
  loses(itemId: string, playedMs: number, receivedMs: number): Effect[] {
    return this.keep(
      this.dialogue.playback({ type: "drained", item: played(itemId, playedMs, receivedMs), lost: true }),
    );
  }

  /** The player's word about an item; times in ms. */
  plays(type: "began" | "progress" | "drained", itemId: string, playedMs: number, receivedMs = playedMs): Effect[] {
    return this.keep(this.dialogue.playback({ type, item: played(itemId, playedMs, receivedMs) }));
  }

  forget(): void {
    this.effects.length = 0;
  }

  of<T extends Effect["type"]>(type: T): Of<T>[] {
    return this.effects.filter((effect): effect is Of<T> => effect.type === type);
  }

  /** The types of the RTVI messages so far, but metrics. */
  get told(): string[] {
    return this.of("deliver").flatMap(({ message: { type } }) => (type === "metrics" ? [] : [type]));
  }

  /** The data of the RTVI messages of a type so far. */
  data(type: string): unknown[] {
    return this.of("deliver").flatMap(({ message }) => (message.type === type ? [message.data] : []));
  }

  /** The client messages sent so far. */
  get sent(): Record<string, unknown>[] {
    return this.of("send").map(({ event }) => event);
  }

  /** Bytes handed to the player so far, by item. */
  get bytes(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { itemId, pcm: audio } of this.of("play")) sums[itemId] = (sums[itemId] ?? 0) + audio.byteLength;
    return sums;
  }
}

export const played = (itemId: string, playedMs: number, receivedMs = playedMs): PlayedItem => ({
  itemId,
  playedSamples: playedMs * 24,
  receivedSamples: receivedMs * 24,
  sampleRate: 24_000,
});

export const audioPart = (ms: number, rate = 24_000) => ({
  inlineData: { mimeType: `audio/pcm;rate=${rate}`, data: pcm(ms, rate) },
});

/** Server messages. */
export const server = {
  audio: (ms: number, rate = 24_000) => ({ serverContent: { modelTurn: { parts: [audioPart(ms, rate)] } } }),
  text: (text: string, fields: object = {}) => ({ serverContent: { modelTurn: { parts: [{ text, ...fields }] } } }),
  said: (text: string, fields: object = {}) => ({ serverContent: { outputTranscription: { text, ...fields } } }),
  heard: (text: string, fields: object = {}) => ({ serverContent: { inputTranscription: { text, ...fields } } }),
  generated: { serverContent: { generationComplete: true } },
  complete: { serverContent: { turnComplete: true } },
  interrupted: { serverContent: { interrupted: true } },
  call: (id: string, name = "f", args: unknown = {}) => ({ toolCall: { functionCalls: [{ id, name, args }] } }),
  calls: (...functionCalls: unknown[]) => ({ toolCall: { functionCalls } }),
  content: (serverContent: object) => ({ serverContent }),
  cancel: (...ids: string[]) => ({ toolCallCancellation: { ids } }),
};
