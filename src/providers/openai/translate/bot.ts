import type { PlaybackReport, PlayedItem } from "../../../contracts/speaker.js";
import type { FlushCause } from "../../../contracts/turns.js";
import type { OpenAISink } from "../effects.js";
import { abandoned, type ItemInfo, type ResponseInfo, type ServerEvent } from "../events.js";
import { decodePcm } from "../../../codec/base64-pcm.js";
import { BoundedSet } from "../../../util/bounded-set.js";
import { BotOutput } from "../../../dialogue/bot-output.js";
import { BotSpeech } from "../../../dialogue/bot-speech.js";
import { Responses } from "../../../dialogue/responses.js";
import { PROCESSOR, SERVICE } from "../names.js";
import { ResponseSequencer, type ResponseRequest } from "./sequencer.js";
import type { BotSetup } from "./bot-setup.js";
import { UnheardReplies } from "./unheard-replies.js";
import { ReplayedToolCalls } from "./replayed-tool-calls.js";
import type { ToolCalls } from "../../../dialogue/tool-calls.js";

/** Characters of ordinary speech in a ms. */
const SPEECH = 0.015;

/** Items that reach the app as messages of RTVI, or are none of its business. */
const TRANSLATED = new Set(["message", "function_call", "function_call_output", "reasoning", "unknown"]);

/** The events that carry what the model makes. */
export type OutputEvent = Extract<ServerEvent, { readonly responseId: string }>;

/** The bot's side: what the model makes, what of it is heard, the functions it calls, and how it is interrupted. */
export class Bot {
  readonly sequencer: ResponseSequencer;
  readonly tools: ToolCalls;
  readonly #responses: Responses;
  readonly #output: BotOutput;
  readonly #asides = new BoundedSet(64);
  /** Items whose sound has ended, while words may still come. */
  readonly #voiced = new BoundedSet(64);
  /** Items that the app was handed as they are. */
  readonly #handedOut = new BoundedSet(64);
  readonly #speech: BotSpeech;
  readonly #unheardReplies = new UnheardReplies();
  readonly #calls: ReplayedToolCalls;
  /** When the service began to play (WebRTC), in ms. */
  #playingSince: number | undefined;
  #ended = false;

  constructor(
    private readonly sink: OpenAISink,
    private readonly setup: BotSetup,
  ) {
    this.#responses = new Responses(sink, PROCESSOR, setup.now);
    const said = (itemId: string, text: string, responseId: string): void => {
      this.#remember(itemId, text, responseId);
    };
    this.#output = new BotOutput(sink, said, setup.nextSegment);
    this.#speech = new BotSpeech(sink, this.#output, setup.answered, (item_id, audio_end_ms) => {
      sink.sendFor("truncate", { type: "conversation.item.truncate", item_id, content_index: 0, audio_end_ms });
    });
    this.sequencer = new ResponseSequencer(sink, setup.autoResponds);
    this.#calls = new ReplayedToolCalls(sink, setup, () => {
      this.request({ patient: true });
    });
    this.tools = this.#calls.tools;
  }

  /** Asks for a response as soon as one may be asked for. */
  request(request?: ResponseRequest): void {
    this.sequencer.request(request);
  }

  /** Whether the bot speaks, makes something, or waits for a tool. */
  get busy(): boolean {
    return this.#speech.pending || this.tools.pending || this.sequencer.isBusy;
  }

  playback(report: PlaybackReport): void {
    this.#speech.report(report);
    if (report.type === "blocked" || report.type === "unblocked") return;
    const { itemId } = report.item;
    if (report.item.playedSamples > 0 && this.#output.heard(itemId) !== "") this.#unheardReplies.heard(itemId);
  }

  cut(items: readonly PlayedItem[]): void {
    this.#speech.cut(items);
  }

  /** Asks for silence at once, before anybody is told why. */
  silence(): void {
    if (this.setup.playback === "local" && this.#speech.pending) this.sink.add({ type: "flush" });
  }

  /** After `silence`: nothing more of the responses being made comes through. `cancel`: the service must be told to stop. */
  interrupt(cancel: boolean, by: FlushCause): void {
    const clears = cancel && this.setup.playback === "remote" && this.#speech.pending;
    this.sequencer.interrupt(cancel);
    if (clears) this.sink.sendFor("clear", { type: "output_audio_buffer.clear" });
    this.#responses.interruptAll();
    this.#unheardReplies.clear();
    this.#speech.interrupt(by);
  }

  /** The service began a response. */
  begin(id: string, outOfBand: boolean): void {
    if (this.#responses.knows(id)) return;
    const excess = this.#responses.created(id, outOfBand);
    const cancelledBefore = !outOfBand && this.sequencer.created(id);
    if (cancelledBefore) this.#responses.interrupt(id);
    else if (!outOfBand) this.#unheardReplies.begun(id, this.sequencer.requestOf(id));
    if (excess !== undefined) this.done(abandoned(excess));
  }

  /** A response is over, however it ended. */
  done(response: ResponseInfo): void {
    const { id, status } = response;
    if (this.#responses.hasEnded(id)) return;
    const interrupted = this.#responses.isInterrupted(id);
    const outOfBand = response.outOfBand || this.#responses.isOutOfBand(id);
    for (const item of interrupted ? [] : response.output) {
      if (item.type !== "function_call") this.#handOut(item);
      else if (item.status !== "incomplete") this.#called(id, item);
    }
    this.#output.responseEnded(id, (itemId) => this.setup.playback === "remote" || this.#speech.holds(itemId));
    this.#responses.done(id, status !== "cancelled" && status !== "failed");
    this.#speech.responseEnded(id);
    if (status === "completed" || status === "incomplete") this.#unheardReplies.complete(id);
    else this.#unheardReplies.settled(id);
    this.tools.responseDone(id, interrupted || status === "cancelled");
    if (!outOfBand) this.sequencer.done(id);
  }

  /** Something the model made. Late news of an interrupted response is dropped. */
  handle(event: OutputEvent): void {
    const { responseId } = event;
    if (!this.#responses.knows(responseId)) this.begin(responseId, false);
    if (this.#responses.isInterrupted(responseId) || this.#responses.hasEnded(responseId)) {
      this.sink.debug(`A late ${event.type} was dropped: its response is over or interrupted.`);
      return;
    }
    switch (event.type) {
      case "response.output_audio.delta":
        this.#audio(responseId, event.itemId, event.delta);
        break;
      case "response.output_audio.done":
        this.#voiced.add(event.itemId);
        this.#responses.voiceStopped(responseId);
        this.#speech.itemEnded(event.itemId);
        break;
      case "response.output_audio_transcript.delta":
        this.#transcript(responseId, event.itemId, event.delta);
        break;
      case "response.output_audio_transcript.done":
        this.#output.finish(responseId, event.itemId, event.text, true);
        break;
      case "response.output_text.delta":
        this.setup.answered();
        this.#unheardReplies.settled(responseId);
        this.sink.deliver("bot-llm-text", { text: event.delta });
        this.#output.add(responseId, event.itemId, event.delta, false);
        break;
      case "response.output_text.done":
        this.#output.finish(responseId, event.itemId, event.text, false);
        break;
      case "response.output_item.added":
        this.#announced(responseId, event.item);
        break;
      case "response.output_item.done":
        if (event.item.type !== "function_call") this.#handOut(event.item);
        else if (event.item.status !== "incomplete") this.#called(responseId, event.item);
        break;
      case "response.function_call_arguments.done":
        this.#called(responseId, event);
        break;
    }
  }

  /** The service's own playback (WebRTC). */
  remotePlayback(edge: `output_audio_buffer.${"started" | "stopped" | "cleared"}`): void {
    if (this.setup.playback === "local") return;
    this.#playingSince = edge === "output_audio_buffer.started" ? this.setup.now() : undefined;
    if (edge === "output_audio_buffer.started") {
      this.#speech.remoteStarted();
      return;
    }
    this.#unheardReplies.clear();
    if (edge === "output_audio_buffer.stopped") this.#speech.remoteStopped();
    else this.#speech.remoteCleared();
  }

  /** The service has truncated an item by itself. */
  truncated(itemId: string): void {
    this.#speech.truncated(itemId);
  }

  /** Goes on where the bot of a connection before was when that was lost. It asks for nothing until `sequencer.release()`. */
  adopt(before: Bot): void {
    this.#calls.adopt(before.tools);
    this.sequencer.adopt(before.sequencer);
  }

  /**
   * The connection is gone: closes whatever was said to have started, and writes down how much of it was heard.
   * @param keeps Another connection may follow: tools that run may still answer, and an answer of which nothing was heard is
   * asked for again.
   */
  end(keeps: boolean): void {
    this.#ended = true;
    this.#speech.end();
    // Over WebRTC nobody says how much was heard: as much as ordinary speech says while sound came.
    if (this.#playingSince !== undefined) {
      const until = this.setup.soundAt?.() ?? this.setup.now();
      this.#output.estimate(Math.max(0, until - this.#playingSince) * SPEECH);
    }
    this.#output.end();
    this.#responses.end();
    this.sequencer.hold(this.#unheardReplies.requests);
    if (keeps) this.tools.suspend();
    else this.tools.end();
  }

  /** The app has answered a call with an event of its own. */
  answered(callId: string, output: string): void {
    this.#calls.answered(callId, output);
  }

  /** Made by the model, and nothing of RTVI's: a server's tool that was used, or that the app is to approve of. */
  #handOut({ id, type, whole }: ItemInfo): void {
    if (TRANSLATED.has(type) || (id !== undefined && this.#handedOut.has(id))) return;
    if (id !== undefined) this.#handedOut.add(id);
    this.sink.deliver("server-message", this.setup.redact.json({ t: type, d: whole }));
  }

  #announced(responseId: string, { type, callId, name }: ItemInfo): void {
    if (type === "function_call" && callId !== undefined) this.tools.announced(responseId, callId, name);
  }

  #called(responseId: string, call: Pick<ItemInfo, "callId" | "name" | "arguments">): void {
    this.tools.complete(responseId, call.callId, call.name, call.arguments);
    this.#unheardReplies.settled(responseId);
  }

  /** What is said out of band is not part of the conversation. */
  #remember(itemId: string, content: string, responseId: string): void {
    if (this.#responses.isOutOfBand(responseId)) this.#asides.add(itemId);
    if (this.#asides.has(itemId)) return;
    if (this.#ended && content !== "") this.#unheardReplies.settled(responseId);
    this.setup.history.note(itemId, { type: "message", role: "assistant", content });
  }

  #audio(responseId: string, itemId: string, delta: string): void {
    // Over WebRTC the audio comes by RTP.
    if (this.setup.playback === "remote") return;
    const pcm = decodePcm(delta, SERVICE);
    if (pcm.byteLength === 0) return;
    this.#voice(responseId);
    this.#unheardReplies.speaks(responseId, itemId);
    this.#speech.play(responseId, itemId, pcm);
  }

  #transcript(responseId: string, itemId: string, delta: string): void {
    this.#unheardReplies.speaks(responseId, itemId);
    this.sink.deliver("bot-llm-text", { text: delta });
    // Its words usually come before its sound.
    if (!this.#voiced.has(itemId)) this.#voice(responseId);
    this.sink.deliver("bot-tts-text", { text: delta });
    this.#output.add(responseId, itemId, delta, true);
  }

  #voice(responseId: string): void {
    this.setup.spoke();
    this.#responses.voiceStarted(responseId);
  }
}
