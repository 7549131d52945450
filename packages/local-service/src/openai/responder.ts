import { bytesToMs } from "../audio/pcm.js";
import { answerClip, greetingClip } from "../audio/voice.js";
import { describePlan, Replier, type Plan } from "../bot/replier.js";
import type { ConversationLog } from "../conversation-log.js";
import { objectOr, stringOr, type JsonObject } from "../json.js";
import type { Settings } from "../options.js";
import type { Timers } from "../timers.js";
import type { Conversation } from "./conversation.js";
import { newId } from "./ids.js";
import { parseItem } from "./item-parse.js";
import type { Item } from "./items.js";
import type { Send } from "./server-event.js";
import { invalidValue, ProtocolMistake } from "./protocol-error.js";
import type { Ending } from "./response-host.js";
import { ResponseRun } from "./response-run.js";
import { responseCheck } from "./session-check.js";
import { readFormat, type SessionConfig } from "./session-config.js";
import { lastTurn, toolNames } from "./turn-of.js";

/** What a responder works with. */
export interface ResponderParts {
  readonly send: Send;
  readonly conversation: Conversation;
  readonly config: SessionConfig;
  readonly settings: Settings;
  readonly timers: Timers;
  readonly log: ConversationLog;
  readonly lateDeltas: boolean;
  readonly fails: boolean;
  /** A response to the conversation has ended; its sound lasts so long. */
  ended(soundMs: number): void;
}

/** Creates and cancels responses: one at a time for the conversation, any number out of band. */
export class Responder {
  readonly #parts: ResponderParts;
  readonly #replier: Replier;
  readonly #outOfBand = new Set<ResponseRun>();
  #active: ResponseRun | undefined;
  #hasSpoken = false;

  constructor(parts: ResponderParts) {
    this.#parts = parts;
    this.#replier = new Replier(parts.settings);
  }

  /** Whether the session has ever answered in sound: from then on its voice is settled. */
  get hasSpoken(): boolean {
    return this.#hasSpoken;
  }

  /** What a spoken turn is taken to say. */
  hear(pcm: Buffer): string {
    return this.#replier.hear(pcm);
  }

  /**
   * `response.create`, or the answer to a spoken turn.
   * @throws ProtocolMistake when the parameters are wrong, or the conversation has a response already.
   */
  create(params: unknown = {}): void {
    responseCheck(params, "response");
    const wanted = objectOr(params);
    const inConversation = wanted.conversation !== "none";
    if (inConversation) this.#refuseSecond();
    const { conversation, config } = this.#parts;
    const context = wanted.input === undefined ? conversation.items : this.#readInput(wanted.input);
    const session = config.effective;
    const turn = lastTurn(context, (callId) => conversation.calledName(callId));
    const plan = this.#replier.answer(turn, {
      tools: toolNames(wanted.tools ?? session.tools),
      toolChoice: wanted.tool_choice ?? session.tool_choice,
      instructions: stringOr(wanted.instructions),
    });
    this.#start(plan, context, inConversation, wanted);
  }

  greet(): void {
    if (!this.#active) this.#start({ kind: "message", ...greetingClip() }, [], true, {});
  }

  /** Says something after a long silence. */
  nudge(): void {
    const words = "Are you still there?";
    if (!this.#active) this.#start({ kind: "message", words, pcm: answerClip().pcm }, [], true, {});
  }

  /** The user began to speak. */
  interrupt(): void {
    if (!this.#active) return;
    this.#parts.log.line("user", "interrupts");
    this.#active.cancel("turn_detected");
  }

  /** `response.cancel`. */
  cancel(id: string | undefined): void {
    const all = this.#active ? [this.#active, ...this.#outOfBand] : [...this.#outOfBand];
    const run = id === undefined ? this.#active : all.find(({ request }) => request.id === id);
    if (!run) {
      throw new ProtocolMistake({
        code: "response_cancel_not_active",
        message: "Cancellation failed: no active response found",
      });
    }
    run.cancel("client_cancelled");
  }

  #refuseSecond(): void {
    if (!this.#active) return;
    const { id } = this.#active.request;
    throw new ProtocolMistake({
      code: "conversation_already_has_active_response",
      message: `Conversation already has an active response in progress: ${id}. Wait until the response is finished before creating a new one.`,
    });
  }

  #readInput(input: unknown): Item[] {
    const list: unknown[] = Array.isArray(input) ? input : [];
    return list.map((entry, index) => {
      const path = `response.input[${String(index)}]`;
      const reference = objectOr(entry);
      if (reference.type !== "item_reference") return parseItem(entry, path, this.#parts.config.inputFormat);
      const item = this.#parts.conversation.find(stringOr(reference.id) ?? "");
      if (!item) throw invalidValue(`${path}.id`, `Item with id '${String(reference.id)}' not found.`);
      return item;
    });
  }

  #start(plan: Plan, context: readonly Item[], inConversation: boolean, wanted: JsonObject): void {
    const { config, log, ...host } = this.#parts;
    const output = { ...config.output, ...objectOr(objectOr(wanted.audio).output) };
    const modalities: unknown = wanted.output_modalities ?? config.effective.output_modalities;
    const modality = Array.isArray(modalities) && modalities[0] === "text" ? "text" : "audio";
    const maxTokens = wanted.max_output_tokens ?? config.effective.max_output_tokens;
    const run: ResponseRun = new ResponseRun(
      {
        id: newId("resp"),
        inConversation,
        modality,
        format: readFormat(output.format),
        voice: output.voice,
        metadata: wanted.metadata,
        maxTokens: typeof maxTokens === "number" ? maxTokens : "inf",
        context: [...context],
        plan,
      },
      {
        ...host,
        done: (ending, made) => {
          this.#done(run, ending, made);
        },
      },
    );
    if (modality === "audio" && plan.kind === "message") this.#hasSpoken = true;
    if (inConversation) this.#active = run;
    else this.#outOfBand.add(run);
    log.line(...describePlan(plan, modality === "audio"));
    run.start();
  }

  #done(run: ResponseRun, ending: Ending, made: readonly Item[]): void {
    this.#outOfBand.delete(run);
    if (this.#active !== run) return;
    this.#active = undefined;
    if (ending !== "completed") return;
    const sounds = made.flatMap((item) => (item.type === "message" ? item.content : []));
    this.#parts.ended(sounds.reduce((ms, part) => ms + ("pcm" in part ? bytesToMs(part.pcm.length) : 0), 0));
  }
}
