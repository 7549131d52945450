import { LogLevel, PipecatClient } from "@pipecat-ai/client-js";
import { encodeBase64 } from "../src/codec/base64.js";
import { flightRecorder } from "../src/inspect/index.js";
import { OpenAIRealTimeWebSocketTransport } from "../src/providers/openai/index.js";

/** A turn of the user and one of the bot, in ms. */
const TURN_MS = 6_000;
/** Sound comes faster than it is played, in pieces of this length. */
const PIECE_MS = 100;
const PIECES = 35;
const PIECE_EVERY_MS = 40;

const sound = encodeBase64(
  new Uint8Array(Int16Array.from({ length: PIECE_MS * 24 }, (_, index) => 8000 * Math.sin(index / 9)).buffer),
);

type Said = readonly [at: number, event: object];

/** What OpenAI's service says in one turn, and when. */
function turnOf(number: number): readonly Said[] {
  const [user, bot, response] = [`user_${number}`, `bot_${number}`, `resp_${number}`];
  const part = { response_id: response, item_id: bot, output_index: 0, content_index: 0 };
  const item = { id: bot, type: "message", role: "assistant", status: "in_progress", content: [] };
  const done = { ...item, status: "completed" };
  return [
    [0, { type: "input_audio_buffer.speech_started", item_id: user, audio_start_ms: 0 }],
    [1_500, { type: "input_audio_buffer.speech_stopped", item_id: user, audio_end_ms: 1_500 }],
    [1_510, { type: "input_audio_buffer.committed", item_id: user }],
    [1_520, { type: "conversation.item.added", item: { id: user, type: "message", role: "user", content: [] } }],
    ...Array.from({ length: 10 }, (_, index): Said => [
      1_530 + index * 20,
      { type: "conversation.item.input_audio_transcription.delta", item_id: user, content_index: 0, delta: "and so " },
    ]),
    [
      1_750,
      {
        type: "conversation.item.input_audio_transcription.completed",
        item_id: user,
        content_index: 0,
        transcript: "and so ".repeat(10),
      },
    ],
    [1_800, { type: "response.created", response: { id: response, status: "in_progress", output: [] } }],
    [1_810, { type: "response.output_item.added", response_id: response, output_index: 0, item }],
    [1_820, { type: "response.content_part.added", ...part, part: { type: "audio" } }],
    ...Array.from({ length: PIECES }, (_, index): Said[] => [
      [1_830 + index * PIECE_EVERY_MS, { type: "response.output_audio.delta", ...part, delta: sound }],
      [
        1_835 + index * PIECE_EVERY_MS,
        { type: "response.output_audio_transcript.delta", ...part, delta: "well then " },
      ],
    ]).flat(),
    [3_300, { type: "response.output_audio.done", ...part }],
    [3_310, { type: "response.output_audio_transcript.done", ...part, transcript: "well then ".repeat(PIECES) }],
    [3_320, { type: "response.output_item.done", response_id: response, output_index: 0, item: done }],
    [3_330, { type: "response.done", response: { id: response, status: "completed", output: [done] } }],
  ];
}

/** OpenAI's service in the page: takes sound, and talks for ever. */
class TalkingService extends EventTarget {
  readyState = 0;
  binaryType = "blob";
  readonly bufferedAmount = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    setTimeout(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
      for (const type of ["session.created", "session.updated"])
        this.#say({ type, session: { type: "realtime", id: "s" } });
      this.#talk();
    });
  }

  send(): void {}

  close(): void {
    clearInterval(this.#timer);
    this.readyState = 3;
  }

  #talk(): void {
    let turn = 0;
    let said = turnOf(turn);
    let began = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now() - began;
      const due = said.filter(([at]) => at <= now);
      said = said.slice(due.length);
      for (const [, event] of due) this.#say(event);
      if (now < TURN_MS) return;
      began += TURN_MS;
      turn += 1;
      said = turnOf(turn);
    }, 10);
  }

  #say(event: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
  }
}

/** A session that talks, with a microphone. @returns tells how large its recording would be as a file, in bytes. */
export async function talk(isRecorded: boolean): Promise<() => number> {
  const recorder = flightRecorder();
  const transport = new OpenAIRealTimeWebSocketTransport({ api_key: "key" }, undefined, {
    WebSocket: TalkingService as unknown as typeof WebSocket,
    ...(isRecorded && { inspect: recorder }),
  });
  const client = new PipecatClient({ transport, callbacks: {} });
  client.setLogLevel(LogLevel.NONE);
  await client.connect();
  return () => JSON.stringify(recorder.export()).length;
}
