import type { PlaybackReport, PlayedItem } from "../../../contracts/speaker.js";
import type { Expects } from "../../../contracts/dialogue.js";
import type { FlushCause } from "../../../contracts/turns.js";
import { ProtocolError } from "../../../errors.js";
import { Bot } from "../../../dialogue/bot.js";
import type { EffectSink } from "../../../dialogue/effects.js";
import type { WordsForm } from "../../../dialogue/voice-event.js";
import { decodePcm } from "../../../codec/base64-pcm.js";
import { RateConverter } from "../../../media/rate-converter.js";
import { audioRate, type WrittenCall } from "../events.js";
import { PROCESSOR, SERVICE } from "../names.js";
import type { GeminiBotSetup, Turn, TurnSound } from "./bot-turn.js";
import { Calls } from "./calls.js";

/** Decodes what the Live API says of its bot: it counts turns, which have no ids, and knows where they begin and end. */
export class GeminiBot {
  readonly tools: Calls;
  readonly #voice: Bot;
  readonly #converter: RateConverter;
  #turn: Turn | undefined;
  #count = 0;
  #next: TurnSound = "played";
  /**
   * An answer that the app has asked for, and that has not begun. "crossed": a message of the app came meanwhile: it stops that
   * answer before we see anything of it.
   */
  #asked: "nothing" | "answer" | "crossed" = "nothing";
  /** Whether the service has yet to complete a turn that it interrupted. */
  #completion: "none" | "owed" = "none";
  /** How the last turn ended: what is transcribed after that is dropped where it was cut, and told where it was not. */
  #tail: "none" | "cut" | "whole" = "none";

  constructor(
    private readonly sink: EffectSink,
    private readonly setup: GeminiBotSetup,
  ) {
    this.#converter = new RateConverter(setup.playbackRate, SERVICE);
    this.tools = new Calls(sink, setup, {
      asked: () => {
        this.awaited();
      },
      interrupts: () => {
        this.asked(true);
      },
    });
    this.#voice = new Bot(sink, {
      ...setup,
      processor: PROCESSOR,
      history: setup.conversationHistory,
      tools: this.tools.books,
    });
  }

  /** Whether the model is making something that is heard or shown. */
  get generating(): boolean {
    return this.#turn !== undefined && this.#turn.fate !== "stopped";
  }

  /** Whether the bot speaks, is about to, or waits for a function. */
  get busy(): boolean {
    return this.isAsked || this.#turn !== undefined || this.sink.is("busy");
  }

  /** Whether the app has asked for an answer that has not begun. */
  get isAsked(): boolean {
    return this.#asked !== "nothing";
  }

  /** What the service owes: an answer that the app asked for, and the rest of one that it makes, unless a tool is waited for. */
  get owed(): Expects {
    const owes = this.sink.is("expects.reply") || this.sink.is("expects.progress");
    return owes && !this.sink.is("tools.pending") ? "reply" : "nothing";
  }

  /** Whether an answer of which nobody has heard or read a word is to be asked for again when the connection is lost. */
  get isAwaited(): boolean {
    return this.#voice.unheardReplies.requests.length > 0;
  }

  playback(report: PlaybackReport): void {
    this.#voice.playback(report);
  }

  cut(items: readonly PlayedItem[]): void {
    this.#voice.cut(items);
  }

  /** The user did something: what comes next is an answer. `sound`: whether it is to be heard. */
  prompted(sound: TurnSound = "played"): void {
    this.#tail = "none";
    this.#next = sound;
  }

  /** Somebody waits for an answer. */
  awaited(): void {
    this.#voice.unheardReplies.asked(true);
  }

  /** Words of the user were recognised. `late`: they are what the turn that is being made answers. */
  understood(late: boolean): void {
    if (late) this.#voice.unheardReplies.awaited(true);
    else this.awaited();
  }

  /** A handle covers what the service has made so far. */
  covered(): void {
    this.#voice.unheardReplies.covered();
  }

  /** A message of ours may stop what is being made. `answer`: it wants one. */
  asked(answer = false): void {
    if (this.#turn?.fate === "wanted") this.#turn.fate = "crossed";
    if (this.#asked !== "nothing") this.#asked = "crossed";
    else if (answer) {
      this.sink.tell({ type: "reply.requested" });
      this.#asked = "answer";
    }
  }

  /** Asks for silence at once, before anybody is told why. */
  silence(): void {
    this.#voice.silence();
  }

  /** After `silence`: nothing more of the turn comes through, though the service goes on with it for a while. */
  stop(by: FlushCause): void {
    if (this.#turn !== undefined) this.#turn.fate = "stopped";
    this.#voice.interrupt(by);
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
    const { id, sound } = this.#open();
    if (sound === "dropped" || pcm.byteLength === 0) return;
    const converted = (): ArrayBuffer => this.#converter.convert(new Int16Array(pcm), rate).buffer;
    this.#voice.handle({ type: "audio", reply: id, item: id, pcm: converted });
  }

  /** A piece of written text. */
  text(text: string): void {
    const { id } = this.#open();
    this.#words(id, `${id}_text`, text, "written");
  }

  /** A piece of what the bot says. It has no fixed place among the audio. */
  transcript(text: string): void {
    if (text === "") return;
    if (this.#turn === undefined && this.#tail !== "none") {
      if (this.#tail === "whole") this.#voice.lateWords(text);
      return;
    }
    const { id, sound } = this.#turn ?? this.#begin();
    this.#words(id, id, text, sound === "played" ? "spoken" : "written");
  }

  /** The transcript of the turn is complete, as far as anybody knows. */
  transcriptPaused(): void {
    const reply = this.#turn?.id;
    if (reply !== undefined) this.#voice.handle({ type: "words.paused", reply, item: reply });
  }

  /** The model calls functions. It waits for the results by itself. */
  call(calls: readonly WrittenCall[]): void {
    if (calls.length === 0) return;
    if (this.#turn === undefined) this.#begin();
    this.tools.called(calls);
  }

  /** The words of the turn under way; undefined where there are none. */
  get said(): string | undefined {
    return this.#turn && this.#voice.wordsOf(this.#turn.id);
  }

  /** The model has made all of the turn; some of it may still have to be played. */
  generated(): void {
    if (this.#turn === undefined) return;
    this.#turn.phase = "made";
    this.#voice.handle({ type: "reply.made", reply: this.#turn.id });
  }

  /** The turn is over: what it was. The end of an interrupted one says nothing about the user. */
  complete(): "interrupted" | "silent" | "whole" {
    const isOwed = this.#completion === "owed";
    this.#completion = "none";
    if (this.#turn !== undefined) {
      this.#finish(this.#turn, "whole");
      return "whole";
    }
    if (isOwed) return "interrupted";
    this.#asked = "nothing";
    this.sink.tell({ type: "reply.ended", another: false });
    this.#voice.unheardReplies.clear();
    return "silent";
  }

  /** Whether an interruption is of our own making, and not the user's voice. */
  get wasAsked(): boolean {
    return this.#turn === undefined ? this.#asked === "crossed" : this.#turn.fate !== "wanted";
  }

  /** The service stopped the turn. */
  interrupted(): void {
    this.#voice.interrupt("service");
    this.#completion = "owed";
    this.#tail = "cut";
    if (this.#turn !== undefined) this.#finish(this.#turn, "cut");
    // What stopped a turn was not what crosses the answer after it.
    else if (this.#asked === "crossed") this.#asked = "answer";
  }

  /** The session is over: closes whatever was said to have started. */
  end(): void {
    // What of it was heard is what counts when the conversation is told again.
    this.#voice.end();
    this.tools.end();
  }

  #words(reply: string, item: string, text: string, form: WordsForm): void {
    if (text !== "") this.#voice.handle({ type: "words", reply, item, text, form });
  }

  /** The turn that a new part belongs to. */
  #open(): Turn {
    const turn = this.#turn;
    if (turn === undefined) return this.#begin();
    if (turn.phase === "making") {
      // What is made after the result of a function is the answer to it.
      if (turn.fate === "wanted") this.#voice.unheardReplies.goesOn(turn.id);
      return turn;
    }
    // Nothing more was to come of the last one: its completion was lost.
    this.#finish(turn, "whole");
    return this.#begin();
  }

  #begin(): Turn {
    this.setup.turnBegan(this.#asked === "nothing" ? "voice" : "app");
    this.#count += 1;
    const turn: Turn = { id: `turn_${this.#count}`, sound: this.#next, phase: "making", fate: "wanted" };
    this.#turn = turn;
    this.#converter.reset();
    this.#asked = "nothing";
    this.#next = "played";
    this.#completion = "none";
    this.#tail = "none";
    this.#voice.handle({ type: "reply.began", reply: turn.id, kind: "conversation" });
    this.#voice.unheardReplies.answers(turn.id);
    return turn;
  }

  #finish({ id, fate }: Turn, tail: "cut" | "whole"): void {
    this.#turn = undefined;
    this.#tail = fate === "stopped" ? "cut" : tail;
    const how = this.#tail === "whole" ? "completed" : "cut";
    this.#voice.handle({ type: "reply.ended", reply: id, how, another: this.#asked !== "nothing" });
  }
}
