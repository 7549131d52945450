import type { PlaybackReport, PlayedItem } from "../../../contracts/speaker.js";
import type { Expects } from "../../../contracts/dialogue.js";
import type { FlushCause } from "../../../contracts/turns.js";
import { ProtocolError } from "../../../errors.js";
import { BotOutput } from "../../../dialogue/bot-output.js";
import { BotSpeech } from "../../../dialogue/bot-speech.js";
import type { EffectSink } from "../../../dialogue/effects.js";
import { decodePcm } from "../../../codec/base64-pcm.js";
import { RateConverter } from "../../../media/rate-converter.js";
import { Responses } from "../../../dialogue/responses.js";
import { audioRate, type WrittenCall } from "../events.js";
import { PROCESSOR, SERVICE } from "../names.js";
import { newTurn, type BotSetup, type Turn } from "./bot-turn.js";
import { Calls } from "./calls.js";
import { UnheardReplies } from "./unheard-replies.js";

/** The bot's side: what the model makes, what of it is heard, the functions it calls, and how it is interrupted. */
export class Bot {
  readonly tools: Calls;
  readonly unheardReplies = new UnheardReplies();
  readonly #responses: Responses;
  readonly #output: BotOutput;
  readonly #speech: BotSpeech;
  readonly #converter: RateConverter;
  #turn: Turn | undefined;
  #count = 0;
  #silentNext = false;
  /** The app has asked for an answer that has not begun. */
  #due = false;
  /** A message of the app came while one was due: it stops that before we see anything of it. */
  #dueStopped = false;
  /** An interrupted turn is yet to be completed by the service. */
  #closing = false;
  /** How the last turn ended: what is transcribed after that is dropped where it was cut, and told where it was not. */
  #tail: "none" | "cut" | "whole" = "none";
  /** What the turn under way has said or written so far. */
  #said = new Map<string, string>();

  constructor(
    private readonly sink: EffectSink,
    private readonly setup: BotSetup,
  ) {
    this.#responses = new Responses(sink, PROCESSOR, setup.now);
    const said = (itemId: string, content: string): void => {
      this.unheardReplies.noted(itemId, content);
      this.#said.set(itemId, content);
      setup.conversationHistory.note(itemId, { type: "message", role: "assistant", content });
    };
    this.#output = new BotOutput(sink, said, setup.nextSegment);
    this.#speech = new BotSpeech(sink, this.#output, setup.answered, undefined, setup.playbackRate);
    this.#converter = new RateConverter(setup.playbackRate, SERVICE);
    this.tools = new Calls(sink, setup, {
      asked: () => {
        this.unheardReplies.asked();
      },
      interrupts: () => {
        this.asked(true);
      },
    });
  }

  /** Whether the model is making something that is heard or shown. */
  get generating(): boolean {
    return this.#turn !== undefined && !this.#turn.stopped;
  }

  /** Whether the bot speaks, is about to, or waits for a function. */
  get busy(): boolean {
    return this.#due || this.#turn !== undefined || this.sink.is("busy");
  }

  /** What the service owes: an answer that the app asked for, and the rest of one that it makes, unless a tool is waited for. */
  get owed(): Expects {
    const owes = this.sink.is("expects.reply") || this.sink.is("expects.progress");
    return owes && !this.sink.is("tools.pending") ? "reply" : "nothing";
  }

  playback(report: PlaybackReport): void {
    this.#speech.report(report);
    this.unheardReplies.played(report, (turn) => this.#output.heard(turn));
  }

  cut(items: readonly PlayedItem[]): void {
    this.#speech.cut(items);
  }

  /** The user did something: what comes next is an answer. `silent`: its audio is not wanted. */
  prompted(silent = false): void {
    this.#tail = "none";
    this.#silentNext = silent;
  }

  /** A message of ours may stop what is being made. `answer`: it wants one. */
  asked(answer = false): void {
    if (this.#turn !== undefined) this.#turn.asked = true;
    else this.#dueStopped = this.#due;
    if (answer && !this.#due) this.sink.tell({ type: "reply.requested" });
    this.#due ||= answer;
  }

  /** Asks for silence at once, before anybody is told why. */
  silence(): void {
    if (this.#speech.pending) this.sink.add({ type: "flush" });
  }

  /** After `silence`: nothing more of the turn comes through, though the service goes on with it for a while. */
  stop(by: FlushCause): void {
    if (this.#turn !== undefined) {
      this.#turn.stopped = true;
      this.sink.tell({ type: "reply.cancelled" });
      this.#responses.interrupt(this.#turn.id);
    }
    this.unheardReplies.stopped();
    this.#speech.interrupt(by);
  }

  /** Silence, and nothing more of the turn. */
  interrupt(by: FlushCause): void {
    this.silence();
    this.stop(by);
  }

  /** A piece of audio. @throws ProtocolError for anything that would be noise. */
  audio(data: string, mimeType: string): void {
    if (!/^audio\/pcm\b/i.test(mimeType)) throw new ProtocolError("Gemini sent a part that is not audio/pcm.");
    const pcm = decodePcm(data, SERVICE);
    const rate = audioRate(mimeType);
    const turn = this.#open();
    if (turn.stopped || turn.silent || pcm.byteLength === 0) return;
    const { buffer } = this.#converter.convert(new Int16Array(pcm), rate);
    if (buffer.byteLength === 0) return;
    this.#responses.voiceStarted(turn.id);
    this.unheardReplies.making(turn.id);
    this.#speech.play(turn.id, turn.id, buffer);
  }

  /** A piece of written text. */
  text(text: string): void {
    const turn = this.#open();
    if (turn.stopped || text === "") return;
    this.setup.answered();
    this.unheardReplies.settled();
    this.sink.deliver("bot-llm-text", { text });
    this.#output.add(turn.id, `${turn.id}_text`, text, false);
  }

  /** A piece of what the bot says. It has no fixed place among the audio. */
  transcript(text: string): void {
    const dropped = this.#turn === undefined ? this.#tail === "cut" : this.#turn.stopped;
    if (dropped || text === "") return;
    const late = this.#turn === undefined && this.#tail === "whole";
    const turn = late ? undefined : (this.#turn ?? this.#begin());
    this.sink.deliver("bot-llm-text", { text });
    if (turn?.silent === true) this.unheardReplies.settled();
    else {
      if (turn !== undefined) this.#responses.voiceStarted(turn.id);
      this.sink.deliver("bot-tts-text", { text });
    }
    if (turn !== undefined) this.#output.add(turn.id, turn.id, text, !turn.silent);
  }

  /** The transcript of the turn is complete, as far as anybody knows. */
  transcriptPaused(): void {
    if (this.#turn !== undefined) this.#output.pause(this.#turn.id);
  }

  /** The model calls functions. It waits for the results by itself. */
  call(calls: readonly WrittenCall[]): void {
    if (calls.length === 0) return;
    if (this.#turn === undefined) this.#begin();
    this.tools.called(calls);
  }

  /** The words of the turn under way; undefined where there are none. */
  get said(): string | undefined {
    const said = [...this.#said.values()].join(" ").trim();
    return said === "" ? undefined : said;
  }

  /** The model has made all of the turn; some of it may still have to be played. */
  generated(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    turn.generated = true;
    this.sink.tell({ type: "reply.ended", another: false });
    this.#output.pause(turn.id);
    this.#responses.done(turn.id, !turn.stopped);
    this.#speech.responseEnded(turn.id);
  }

  /** The turn is over: what it was. The end of an interrupted one says nothing about the user. */
  complete(): "interrupted" | "silent" | "whole" {
    const closing = this.#closing && this.#turn === undefined;
    this.#closing = false;
    const turn = this.#turn;
    if (turn !== undefined) this.#finish(turn, "whole");
    else if (!closing) {
      this.#due = false;
      this.sink.tell({ type: "reply.ended", another: false });
    }
    // A turn that was being made when the app asked and was not stopped for it is no answer: the two have crossed.
    const crossed = turn === undefined ? closing : turn.asked || turn.stopped;
    if (!crossed) this.unheardReplies.complete(turn !== undefined && this.#speech.holds(turn.id));
    if (closing) return "interrupted";
    return turn === undefined ? "silent" : "whole";
  }

  /** Whether an interruption is of our own making, and not the user's voice. */
  get wasAsked(): boolean {
    return this.#turn === undefined ? this.#dueStopped : this.#turn.stopped || this.#turn.asked;
  }

  /** The service stopped the turn. */
  interrupted(): void {
    const turn = this.#turn;
    if (turn !== undefined) this.#responses.interrupt(turn.id);
    this.unheardReplies.stopped();
    this.#speech.interrupt("service");
    this.#closing = true;
    this.#dueStopped = false;
    this.#tail = "cut";
    if (turn !== undefined) this.#finish(turn, "cut");
  }

  /** The session is over: closes whatever was said to have started. */
  end(): void {
    this.#speech.end();
    // What of it was heard is what counts when the conversation is told again.
    this.#output.end();
    this.unheardReplies.end();
    this.#responses.end();
    this.tools.end();
  }

  /** The turn that a new part belongs to. */
  #open(): Turn {
    const turn = this.#turn;
    if (turn === undefined) return this.#begin();
    if (!turn.generated) return turn;
    // Nothing more was to come of the last one: its completion was lost.
    this.#finish(turn, "whole");
    return this.#begin();
  }

  #begin(): Turn {
    this.setup.turnBegan(this.#due ? "app" : "voice");
    this.#said.clear();
    this.#count += 1;
    const turn = newTurn(`turn_${this.#count}`, this.#silentNext);
    this.#turn = turn;
    this.sink.tell({ type: "reply.began" });
    this.unheardReplies.making(turn.id);
    this.#converter.reset();
    this.#due = this.#dueStopped = false;
    this.#silentNext = false;
    this.#closing = false;
    this.#tail = "none";
    this.#responses.created(turn.id, false);
    return turn;
  }

  #finish(turn: Turn, tail: "cut" | "whole"): void {
    this.#turn = undefined;
    this.sink.tell({ type: "reply.ended", another: this.#due });
    this.#said.clear();
    this.#tail = turn.stopped ? "cut" : tail;
    this.#output.responseEnded(turn.id, (itemId) => this.#speech.holds(itemId));
    this.#responses.done(turn.id, tail === "whole" && !turn.stopped);
    this.#speech.responseEnded(turn.id);
  }
}
