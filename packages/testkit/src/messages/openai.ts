import { RTVIMessage } from "@pipecat-ai/client-js";
import type { Turns } from "../../../../src/contracts/turns.js";
import type { PlayedItem } from "../../../../src/contracts/speaker.js";
import { OpenAIDialogue } from "../../../../src/providers/openai/dialogue.js";
import type { DialogueSetup } from "../../../../src/providers/openai/dialogue-setup.js";
import type { Effect } from "../../../../src/contracts/dialogue.js";
import { runningTurns } from "../models/running-turns.js";
import { redactor } from "../../../../src/util/redact.js";

type Event = { type: string } & Record<string, unknown>;
type Of<T extends Effect["type"]> = Extract<Effect, { type: T }>;

/** Base64 of so many ms of silence at 24 kHz. */
export const pcm = (ms: number): string => Buffer.alloc(ms * 48).toString("base64");

/** A conversation with a clock and a memory: the effects of every call, in order. */
export class Scenario {
  readonly conversation: OpenAIDialogue;
  readonly effects: Effect[] = [];
  readonly keeps: boolean;
  readonly turns: Turns;
  now = 1_000;

  constructor(setup: Partial<DialogueSetup> = {}, continues?: OpenAIDialogue) {
    const all: DialogueSetup = {
      settings: {},
      session: undefined,
      initialMessages: [],
      runInitial: false,
      dialect: "ga",
      playedBy: "player",
      rawEvents: false,
      name: "TestTransport",
      redact: redactor(["ek_the_secret"]),
      turns: runningTurns(),
      now: () => this.now,
      date: () => new Date(1_700_000_000_000),
      reconnectBeforeMs: 0,
      maxSessionMs: 3_600_000,
      maxMessageSize: () => Infinity,
      ...setup,
    };
    this.keeps = all.keeps === true;
    this.turns = all.turns;
    this.conversation = new OpenAIDialogue(all, continues);
  }

  /** One that is ready, with nothing remembered. */
  static ready(setup: Partial<DialogueSetup> = {}, session: object = {}): Scenario {
    const scenario = new Scenario(setup);
    scenario.receive({ type: "session.created", session: { type: "realtime", id: "sess_1", ...session } });
    scenario.receive({ type: "session.updated", session: { type: "realtime", id: "sess_1", ...session } });
    scenario.forget();
    return scenario;
  }

  /** Another connection was opened after this one was lost, and its service is ready. */
  continued(setup: Partial<DialogueSetup> = {}, session: object = {}): Scenario {
    const next = new Scenario({ keeps: true, turns: this.turns, ...setup }, this.conversation);
    next.now = this.now;
    next.receive({ type: "session.created", session: { type: "realtime", id: "sess_2", ...session } });
    next.receive({ type: "session.updated", session: { type: "realtime", id: "sess_2", ...session } });
    return next;
  }

  #keep(effects: Effect[]): Effect[] {
    this.effects.push(...effects);
    return effects;
  }

  receive(...events: Event[]): Effect[] {
    return events.flatMap((event) => this.#keep(this.conversation.receive(JSON.stringify(event))));
  }

  raw(text: string | ArrayBuffer): Effect[] {
    return this.#keep(this.conversation.receive(text));
  }

  app(type: string, data?: unknown, id = "app1"): Effect[] {
    return this.#keep(this.conversation.command({ type: "message", message: new RTVIMessage(type, data, id) }));
  }

  interrupt(): Effect[] {
    return this.#keep(this.conversation.command({ type: "interrupt" }));
  }

  cut(...items: PlayedItem[]): Effect[] {
    return this.#keep(this.conversation.played(items));
  }

  end(): Effect[] {
    return this.#keep(this.conversation.end(this.keeps));
  }

  abandon(): Effect[] {
    return this.#keep(this.conversation.abandon());
  }

  update(settings: Record<string, unknown>): Effect[] {
    return this.#keep(this.conversation.command({ type: "update", settings }));
  }

  /** The output is lost, with what of an item it had not played. */
  loses(itemId: string, playedMs: number, receivedMs: number): Effect[] {
    return this.#keep(
      this.conversation.playback({ type: "drained", item: played(itemId, playedMs, receivedMs), lost: true }),
    );
  }

  /** The player's word about an item; times in ms. */
  plays(type: "began" | "progress" | "drained", itemId: string, playedMs: number, receivedMs = playedMs): Effect[] {
    return this.#keep(this.conversation.playback({ type, item: played(itemId, playedMs, receivedMs) }));
  }

  forget(): void {
    this.effects.length = 0;
  }

  of<T extends Effect["type"]>(type: T): Of<T>[] {
    return this.effects.filter((effect): effect is Of<T> => effect.type === type);
  }

  /** The types of the RTVI messages so far. */
  get told(): string[] {
    return this.of("deliver").map(({ message }) => message.type);
  }

  /** The data of the RTVI messages of a type so far. */
  data(type: string): unknown[] {
    return this.of("deliver").flatMap(({ message }) => (message.type === type ? [message.data] : []));
  }

  /** The client events sent so far, without their ids. */
  get sent(): Record<string, unknown>[] {
    return this.of("send").map(({ event: { event_id: _id, ...event } }) => {
      if (event.type !== "conversation.item.create") return event;
      const { id: _itemId, ...item } = event.item as Record<string, unknown>;
      return { ...event, item };
    });
  }

  get sentTypes(): string[] {
    return this.sent.map(({ type }) => String(type));
  }

  /** The id of the last event of a type that was sent. */
  lastId(type: string): string {
    const event = this.of("send").findLast((sent) => sent.event.type === type)?.event;
    return String(event?.event_id);
  }
}

export const played = (itemId: string, playedMs: number, receivedMs = playedMs): PlayedItem => ({
  itemId,
  playedSamples: playedMs * 24,
  receivedSamples: receivedMs * 24,
  sampleRate: 24_000,
});

const part = (responseId: string, itemId: string) => ({
  response_id: responseId,
  item_id: itemId,
  output_index: 0,
  content_index: 0,
});

/** Server events, GA. */
export const server = {
  created: (id = "resp_1", fields: object = {}) => ({
    type: "response.created",
    response: { id, status: "in_progress", conversation_id: "conv_1", ...fields },
  }),
  done: (id = "resp_1", fields: object = {}) => ({
    type: "response.done",
    response: { id, status: "completed", status_details: null, output: [], ...fields },
  }),
  audio: (ms: number, id = "resp_1", itemId = "item_a") => ({
    type: "response.output_audio.delta",
    ...part(id, itemId),
    delta: pcm(ms),
  }),
  audioDone: (id = "resp_1", itemId = "item_a") => ({ type: "response.output_audio.done", ...part(id, itemId) }),
  transcript: (delta: string, id = "resp_1", itemId = "item_a") => ({
    type: "response.output_audio_transcript.delta",
    ...part(id, itemId),
    delta,
  }),
  transcriptDone: (transcript: string, id = "resp_1", itemId = "item_a") => ({
    type: "response.output_audio_transcript.done",
    ...part(id, itemId),
    transcript,
  }),
  text: (delta: string, id = "resp_1", itemId = "item_a") => ({
    type: "response.output_text.delta",
    ...part(id, itemId),
    delta,
  }),
  textDone: (text: string, id = "resp_1", itemId = "item_a") => ({
    type: "response.output_text.done",
    ...part(id, itemId),
    text,
  }),
  started: { type: "input_audio_buffer.speech_started", audio_start_ms: 10, item_id: "item_u" },
  stopped: { type: "input_audio_buffer.speech_stopped", audio_end_ms: 900, item_id: "item_u" },
  committed: { type: "input_audio_buffer.committed", item_id: "item_u", previous_item_id: null },
  error: (error: object) => ({ type: "error", error: { type: "invalid_request_error", message: "no", ...error } }),
  callAdded: (callId: string, name: string, id = "resp_1") => ({
    type: "response.output_item.added",
    response_id: id,
    item: { id: `item_${callId}`, type: "function_call", status: "in_progress", call_id: callId, name, arguments: "" },
  }),
  callArguments: (callId: string, json: string, fields: object = {}, id = "resp_1") => ({
    type: "response.function_call_arguments.done",
    ...part(id, `item_${callId}`),
    call_id: callId,
    arguments: json,
    ...fields,
  }),
  callDone: (callId: string, name: string, json: string, id = "resp_1") => ({
    type: "response.output_item.done",
    response_id: id,
    item: { id: `item_${callId}`, type: "function_call", status: "completed", call_id: callId, name, arguments: json },
  }),
};
