import { Bot, type BotSetup } from "../../../dialogue/bot.js";
import { resultText } from "../../../dialogue/client-commands.js";
import type { ConversationHistory } from "../../../dialogue/conversation-history.js";
import { ToolCalls, type ToolAnswer } from "../../../dialogue/tool-calls.js";
import type { ReplyEnd } from "../../../dialogue/voice-event.js";
import type { FlushCause } from "../../../contracts/turns.js";
import { BoundedSet, dropOldest } from "../../../util/bounded-set.js";
import type { Redactor } from "../../../util/redact.js";
import type { OpenAISink } from "../effects.js";
import type { ItemInfo } from "../events.js";
import { createItem, historyItem } from "../items.js";
import { PROCESSOR, SERVICE } from "../names.js";
import { ResponseSequencer, type ResponseRequest } from "./sequencer.js";

/** Results whose arrival is looked for: not every gateway confirms what it was sent. */
const MOST_UNCONFIRMED = 64;

/** What the bot's side of the conversation is set up with. */
export interface OpenAIBotSetup extends Pick<
  BotSetup<ResponseRequest>,
  "now" | "playedBy" | "soundAt" | "answered" | "spoke" | "nextSegment"
> {
  /** Whether the service answers by itself when the user stops speaking. */
  readonly autoResponds: () => boolean;
  readonly history: ConversationHistory;
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
}

/** What the Realtime API wants for its bot: one response at a time, a word when one is to stop, and calls told again. */
export class OpenAIBot {
  readonly voice: Bot<ResponseRequest>;
  readonly sequencer: ResponseSequencer;
  readonly tools: ToolCalls;
  /** Calls of a connection before, which the service of this one has not been told. */
  readonly #untold = new Set<string>();
  /** Results that the service has not confirmed, by call; "late": it began an answer before it did. */
  readonly #unconfirmed = new Map<string, "sent" | "late">();
  /** Items that the app was handed as they are. */
  readonly #handedOut = new BoundedSet(64);

  constructor(
    private readonly sink: OpenAISink,
    private readonly setup: OpenAIBotSetup,
  ) {
    this.sequencer = new ResponseSequencer(sink, setup.autoResponds);
    this.tools = new ToolCalls(sink, {
      service: SERVICE,
      redact: setup.redact,
      history: setup.history,
      answer: (callId, _name, answer) => this.#answer(callId, answer),
      proceed: () => {
        this.sequencer.request({ patient: true });
      },
    });
    this.voice = new Bot<ResponseRequest>(sink, {
      ...setup,
      processor: PROCESSOR,
      tools: this.tools,
      truncate: (item_id, audio_end_ms) => {
        sink.sendFor("truncate", { type: "conversation.item.truncate", item_id, content_index: 0, audio_end_ms });
      },
      began: (reply) => {
        for (const callId of this.#unconfirmed.keys()) this.#unconfirmed.set(callId, "late");
        return this.sequencer.created(reply);
      },
      ended: (reply) => {
        this.sequencer.done(reply);
      },
    });
  }

  /** After `silence`: nothing more of the responses being made comes through. `cancel`: the service must be told to stop. */
  interrupt(cancel: boolean, by: FlushCause): void {
    const clears = cancel && this.setup.playedBy === "service" && this.voice.isPlaying;
    this.sequencer.interrupt(cancel, by === "user");
    if (clears) this.sink.sendFor("clear", { type: "output_audio_buffer.clear" });
    this.voice.interrupt(by);
  }

  /** The service has nothing to cancel: what was being cancelled is over. */
  nothingToCancel(): void {
    for (const reply of this.sequencer.nothingToCancel()) this.voice.handle({ type: "reply.ended", reply, how: "cut" });
  }

  /** A response is over, and the service does not say which: it makes one of a conversation at once. */
  over(how: ReplyEnd): void {
    for (const reply of this.sequencer.active) this.voice.handle({ type: "reply.ended", reply, how });
  }

  /** The service refused a `response.create`; see the sequencer's. */
  refused(eventId: string | undefined, busy: boolean): boolean {
    const reply = this.sequencer.metBy(eventId);
    if (reply !== undefined) this.voice.unheardReplies.meets(reply, {});
    return this.sequencer.refused(eventId, busy);
  }

  /** The service has the result of a call. */
  confirmed(callId: string): void {
    const was = this.#unconfirmed.get(callId);
    this.#unconfirmed.delete(callId);
    if (was === "late") this.sequencer.unmet();
  }

  /** Made by the model, and nothing of RTVI's: a server's tool that was used, or that the app is to approve of. */
  handOut(reply: string, { id, type, whole }: ItemInfo): void {
    if (!this.voice.takes({ type, reply }) || (id !== undefined && this.#handedOut.has(id))) return;
    if (id !== undefined) this.#handedOut.add(id);
    this.sink.deliver("server-message", this.setup.redact.json({ t: type, d: whole }));
  }

  /** Goes on where the bot of a connection before was when that was lost. It asks for nothing until `sequencer.release()`. */
  adopt(before: OpenAIBot): void {
    for (const callId of this.tools.adopt(before.tools)) this.#untold.add(callId);
    this.sequencer.adopt(before.sequencer);
  }

  /**
   * The connection is gone. `keeps`: another may follow: tools that run may still answer, and an answer of which nothing was
   * heard is asked for again.
   */
  end(keeps: boolean): void {
    this.voice.end();
    this.sequencer.hold(this.voice.unheardReplies.requests);
    if (keeps) this.tools.suspend();
    else this.tools.end();
  }

  /** The app has answered a call with an event of its own. */
  answered(callId: string, output: string): void {
    this.tools.answered(callId, output);
    this.#untold.delete(callId);
  }

  /** A service that does not know the call is told both at once. */
  #answer(call_id: string, answer: ToolAnswer): string {
    const output = "error" in answer ? JSON.stringify(answer) : resultText(answer.result);
    const call = this.setup.history.items.findLast((item) => item.type === "tool-call" && item.callId === call_id);
    const untold = this.#untold.has(call_id) && call !== undefined ? [historyItem(call, "ga", "call")] : [];
    const events = [...untold, { type: "function_call_output", call_id, output }].map(createItem);
    for (const event of events) this.sink.check(event);
    this.#untold.delete(call_id);
    for (const event of events) this.sink.send(event);
    this.#unconfirmed.set(call_id, "sent");
    dropOldest(this.#unconfirmed, MOST_UNCONFIRMED);
    return output;
  }
}
