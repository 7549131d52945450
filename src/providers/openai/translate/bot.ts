import { Bot } from "../../../dialogue/bot.js";
import type { ToolCalls } from "../../../dialogue/tool-calls.js";
import type { FlushCause } from "../../../contracts/turns.js";
import { BoundedSet } from "../../../util/bounded-set.js";
import type { OpenAISink } from "../effects.js";
import type { ItemInfo } from "../events.js";
import { PROCESSOR } from "../names.js";
import type { BotSetup } from "./bot-setup.js";
import { ReplayedToolCalls } from "./replayed-tool-calls.js";
import { ResponseSequencer, type ResponseRequest } from "./sequencer.js";

/** What the Realtime API wants for its bot: one response at a time, a word when one is to stop, and calls told again. */
export class OpenAIBot {
  readonly voice: Bot<ResponseRequest>;
  readonly sequencer: ResponseSequencer;
  readonly tools: ToolCalls;
  readonly #calls: ReplayedToolCalls;
  /** Items that the app was handed as they are. */
  readonly #handedOut = new BoundedSet(64);

  constructor(
    private readonly sink: OpenAISink,
    private readonly setup: BotSetup,
  ) {
    this.sequencer = new ResponseSequencer(sink, setup.autoResponds);
    this.#calls = new ReplayedToolCalls(sink, setup, () => {
      this.sequencer.request({ patient: true });
    });
    this.tools = this.#calls.tools;
    this.voice = new Bot<ResponseRequest>(sink, {
      ...setup,
      processor: PROCESSOR,
      tools: this.tools,
      truncate: (item_id, audio_end_ms) => {
        sink.sendFor("truncate", { type: "conversation.item.truncate", item_id, content_index: 0, audio_end_ms });
      },
      began: (reply) => this.sequencer.created(reply),
      ended: (reply) => {
        this.sequencer.done(reply);
      },
    });
  }

  /** After `silence`: nothing more of the responses being made comes through. `cancel`: the service must be told to stop. */
  interrupt(cancel: boolean, by: FlushCause): void {
    const clears = cancel && this.setup.playback === "remote" && this.voice.isPlaying;
    this.sequencer.interrupt(cancel);
    if (clears) this.sink.sendFor("clear", { type: "output_audio_buffer.clear" });
    this.voice.interrupt(by);
  }

  /** The service has nothing to cancel: what was being cancelled is over. */
  nothingToCancel(): void {
    for (const reply of this.sequencer.nothingToCancel()) this.voice.handle({ type: "reply.ended", reply, how: "cut" });
  }

  /** Made by the model, and nothing of RTVI's: a server's tool that was used, or that the app is to approve of. */
  handOut(reply: string, { id, type, whole }: ItemInfo): void {
    if (!this.voice.takes({ type, reply }) || (id !== undefined && this.#handedOut.has(id))) return;
    if (id !== undefined) this.#handedOut.add(id);
    this.sink.deliver("server-message", this.setup.redact.json({ t: type, d: whole }));
  }

  /** Goes on where the bot of a connection before was when that was lost. It asks for nothing until `sequencer.release()`. */
  adopt(before: OpenAIBot): void {
    this.#calls.adopt(before.tools);
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
    this.#calls.answered(callId, output);
  }
}
