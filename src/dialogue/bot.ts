import type { MediaPlan } from "../contracts/provider.js";
import type { PlaybackReport, PlayedItem } from "../contracts/speaker.js";
import type { FlushCause } from "../contracts/turns.js";
import { BoundedSet } from "../util/bounded-set.js";
import { BotOutput } from "./bot-output.js";
import { BotSpeech } from "./bot-speech.js";
import type { HistoryItem } from "./conversation-history.js";
import type { EffectSink } from "./effects.js";
import { Responses } from "./responses.js";
import type { ToolCalls } from "./tool-calls.js";
import { UnheardReplies } from "./unheard-replies.js";
import type { BotEvent, ReplyEvent, ReplyKind } from "./voice-event.js";

/** Latin characters of ordinary speech in a ms. */
const SPEECH = 0.015;

/** What the bot's side of a conversation is set up with. */
export interface BotSetup<Request> {
  /** The service's name in the metrics. */
  readonly processor: string;
  /** Monotonic time in ms. */
  readonly now: () => number;
  /** Who says when the bot is heard, as the provider's `media.voice`: the player of this page (default), or the service (WebRTC). */
  readonly playedBy?: MediaPlan["voice"];
  /** Over WebRTC: when sound last came; undefined where nobody can tell. */
  readonly soundAt?: (() => number | undefined) | undefined;
  /** Rate of the audio that the player takes, in Hz. Default 24000. */
  readonly playbackRate?: number;
  /** Where the bot's words are written down. */
  readonly history?: { note(id: string, item: HistoryItem): void };
  readonly tools?: ToolCalls;
  /** Numbers the bot's sentences; of the session, because the app finds a sentence by its number. Default: from 1. */
  readonly nextSegment?: (() => number) | undefined;
  /** Called with the first sign of an answer: its first sample heard, or its first text where it has no sound. */
  readonly answered?: () => void;
  /** Called when the model's voice is used. */
  readonly spoke?: () => void;
  /** Tells the service how many ms of an item were heard, where it wants to know; never 0. */
  readonly truncate?: (item: string, audioEndMs: number) => void;
  /** A reply of the conversation has begun: what asked for it, and whether it was cancelled before that. */
  readonly began?: (reply: string) => { readonly request: Request | undefined; readonly was: "asked" | "cancelled" };
  /** A reply of the conversation is over. */
  readonly ended?: (reply: string) => void;
}

/**
 * The bot's side of a conversation: turns what the service tells of it into what the app, the player, the turns and the
 * history are told, and knows which replies were not heard when the connection is lost. The same for every direct service.
 */
export class Bot<Request = true> {
  readonly unheardReplies = new UnheardReplies<Request>();
  readonly #responses: Responses;
  readonly #output: BotOutput;
  readonly #speech: BotSpeech;
  readonly #asides = new BoundedSet(64);
  /** Items whose sound has ended, while words may still come. */
  readonly #voiced = new BoundedSet(64);
  /** What the service says that it does (WebRTC); `since`: in ms. */
  #service: { readonly phase: "silent" } | { readonly phase: "playing"; readonly since: number } = { phase: "silent" };
  #phase: "live" | "over" = "live";

  constructor(
    private readonly sink: EffectSink,
    private readonly setup: BotSetup<Request>,
  ) {
    this.#responses = new Responses(sink, setup.processor, setup.now);
    const said = (item: string, text: string, reply: string): void => {
      this.#remember(item, text, reply);
    };
    this.#output = new BotOutput(sink, said, setup.nextSegment);
    this.#speech = new BotSpeech(sink, this.#output, () => setup.answered?.(), setup.truncate, setup.playbackRate);
  }

  /** Something that the service tells. Late news of an interrupted reply is dropped. */
  handle(event: BotEvent): void {
    switch (event.type) {
      case "reply.began":
        this.#begin(event.reply, event.kind);
        break;
      case "reply.made":
        this.#output.pauseAll(event.reply);
        this.#responses.made(event.reply, !this.#responses.isInterrupted(event.reply));
        this.#speech.responseEnded(event.reply);
        this.unheardReplies.complete(event.reply, this.#isHeld);
        this.#settle(false);
        break;
      case "reply.ended":
        this.#end(event);
        break;
      case "item.truncated":
        this.#speech.truncated(event.item);
        break;
      case "playback.began":
      case "playback.ended":
      case "playback.cut":
        if (this.setup.playedBy === "service") this.#servicePlayback(event.type, event.reply);
        break;
      default:
        if (this.takes(event)) this.#piece(event);
    }
  }

  /** Whether something of a reply is still wanted: not once it is over or interrupted. */
  takes({ type, reply }: { readonly type: string; readonly reply: string }): boolean {
    this.#begin(reply, "conversation");
    if (!this.#responses.isInterrupted(reply) && !this.#responses.hasEnded(reply)) return true;
    this.sink.debug(`A late ${type} was dropped: its reply is over or interrupted.`);
    return false;
  }

  /** Words of a reply that is over: the app is told, and nothing is written down. */
  lateWords(text: string): void {
    this.sink.deliver("bot-llm-text", { text });
    this.sink.deliver("bot-tts-text", { text });
  }

  /** What a reply that is being made has said so far; undefined where there is nothing. */
  wordsOf(reply: string): string | undefined {
    return this.#output.wordsOf(reply);
  }

  playback(report: PlaybackReport): void {
    this.#speech.report(report);
    if (report.type === "blocked" || report.type === "unblocked") return;
    const { itemId, playedSamples } = report.item;
    if (playedSamples > 0 && this.#output.heard(itemId) !== "") this.unheardReplies.heard(itemId);
  }

  cut(items: readonly PlayedItem[]): void {
    this.#speech.cut(items);
  }

  /** Whether any of the bot's audio is queued or being played. */
  get isPlaying(): boolean {
    return this.#speech.pending;
  }

  /** Asks for silence at once, before anybody is told why. */
  silence(): void {
    if (this.setup.playedBy !== "service" && this.#speech.pending) this.sink.add({ type: "flush" });
  }

  /** After `silence`: nothing more comes through of what is being made, though the service may go on with it for a while. */
  interrupt(by: FlushCause): void {
    this.sink.tell({ type: "reply.cancelled" });
    this.#responses.interruptAll();
    this.unheardReplies.stopped();
    this.#speech.interrupt(by);
  }

  /** The connection is gone: closes whatever was said to have started, and writes down how much of it was heard. */
  end(): void {
    this.#phase = "over";
    this.#speech.end();
    // Over WebRTC nobody says how much was heard: as much as ordinary speech says while sound came.
    if (this.#service.phase === "playing") {
      const until = this.setup.soundAt?.() ?? this.setup.now();
      this.#output.estimate(Math.max(0, until - this.#service.since) * SPEECH);
    }
    this.#output.end();
    this.#responses.end();
  }

  /** Also told with each piece: a service may announce a reply late, or never. */
  #begin(reply: string, kind: ReplyKind): void {
    if (this.#responses.knows(reply)) return;
    const excess = this.#responses.created(reply, kind);
    if (kind === "conversation") {
      const { request, was } = this.setup.began?.(reply) ?? { request: undefined, was: "asked" };
      this.sink.tell({ type: "reply.began" });
      if (was === "cancelled") {
        this.#responses.interrupt(reply);
        this.sink.tell({ type: "reply.cancelled" });
      } else this.unheardReplies.begun(reply, request);
    }
    if (excess !== undefined) this.#end({ reply: excess, how: "cut" });
  }

  #end({ reply, how, kind, another = false }: Omit<Extract<BotEvent, { type: "reply.ended" }>, "type">): void {
    if (this.#responses.hasEnded(reply)) return;
    const isCut = how === "cut" || this.#responses.isInterrupted(reply);
    const isAside = this.#responses.knows(reply) ? this.#responses.isAside(reply) : kind === "aside";
    this.#output.responseEnded(reply, this.#isHeld);
    this.#responses.done(reply, how === "completed");
    this.#speech.responseEnded(reply);
    if (how === "completed") this.unheardReplies.complete(reply, this.#isHeld);
    else this.unheardReplies.settled(reply);
    this.setup.tools?.responseDone(reply, isCut);
    if (isAside) return;
    this.#settle(another);
    this.setup.ended?.(reply);
  }

  /** Tells the turns once nothing is made any more. */
  #settle(another: boolean): void {
    if (!this.#responses.isMaking) this.sink.tell({ type: "reply.ended", another });
  }

  #piece(event: ReplyEvent): void {
    const { reply } = event;
    switch (event.type) {
      case "audio": {
        // Over WebRTC the audio comes by RTP.
        if (this.setup.playedBy === "service") return;
        const pcm = event.pcm();
        if (pcm.byteLength === 0) return;
        this.#voice(reply);
        this.unheardReplies.speaks(reply, event.item);
        this.#speech.play(reply, event.item, pcm);
        break;
      }
      case "audio.ended":
        this.#voiced.add(event.item);
        this.#responses.voiceStopped(reply);
        this.#speech.itemEnded(event.item);
        break;
      case "words":
        if (event.form === "spoken") this.#spoken(reply, event.item, event.text);
        else this.#written(reply, event.item, event.text);
        break;
      case "words.paused":
        this.#output.pause(event.item);
        break;
      case "words.complete":
        this.#output.finish(reply, event.item, event.text, event.form === "spoken");
        break;
      case "call.announced":
        this.setup.tools?.announced(reply, event.callId, event.name);
        break;
      case "call":
        this.setup.tools?.complete(reply, event.callId, event.name, event.arguments);
        this.unheardReplies.settled(reply);
        break;
    }
  }

  #spoken(reply: string, item: string, text: string): void {
    this.unheardReplies.speaks(reply, item);
    this.sink.deliver("bot-llm-text", { text });
    // Its words usually come before its sound.
    if (!this.#voiced.has(item)) this.#voice(reply);
    this.sink.deliver("bot-tts-text", { text });
    this.#output.add(reply, item, text, true);
  }

  #written(reply: string, item: string, text: string): void {
    this.setup.answered?.();
    this.unheardReplies.settled(reply);
    this.sink.deliver("bot-llm-text", { text });
    this.#output.add(reply, item, text, false);
  }

  #voice(reply: string): void {
    this.setup.spoke?.();
    this.#responses.voiceStarted(reply);
  }

  #servicePlayback(type: `playback.${"began" | "ended" | "cut"}`, reply: string | undefined): void {
    if (type === "playback.began") {
      this.#service = { phase: "playing", since: this.setup.now() };
      this.#speech.serviceStarted();
      return;
    }
    this.#service = { phase: "silent" };
    // The next reply may be under way while this one is played.
    if (type === "playback.ended" && reply !== undefined) this.unheardReplies.settled(reply);
    else this.unheardReplies.stopped();
    if (type === "playback.ended") this.#speech.serviceStopped(reply);
    else this.#speech.serviceCleared();
  }

  /** Whether something of an item is still to be heard, as far as anybody knows. */
  readonly #isHeld = (item: string): boolean => this.setup.playedBy === "service" || this.#speech.holds(item);

  /** What is said in an aside is not part of the conversation. */
  #remember(item: string, content: string, reply: string): void {
    if (this.#responses.isAside(reply)) this.#asides.add(item);
    if (this.#asides.has(item)) return;
    if (this.#phase === "over" && content !== "") this.unheardReplies.settled(reply);
    this.setup.history?.note(item, { type: "message", role: "assistant", content });
  }
}
