import { randomUUID } from "node:crypto";
import { answerClip, greetingClip } from "../audio/voice.js";
import { describePlan, type Plan, type Replier } from "../bot/replier.js";
import type { PlannedCall } from "../bot/tool-calls.js";
import type { ConversationLog } from "../conversation-log.js";
import type { Settings } from "../options.js";
import type { Timers } from "../timers.js";
import type { ChatContext } from "./chat-context.js";
import type { ModelNames } from "./metrics.js";
import type { MessageWriter } from "./message-writer.js";
import { ToolRuns } from "./tool-runs.js";
import { Utterance, type Speech } from "./utterance.js";

/** What a bot works with. */
export interface BotParts {
  readonly writer: MessageWriter;
  readonly context: ChatContext;
  readonly replier: Replier;
  readonly settings: Settings;
  readonly timers: Timers;
  readonly log: ConversationLog;
  /** Names of the functions that it may call. */
  readonly tools: readonly string[];
  readonly isLegacy: () => boolean;
  readonly models: () => ModelNames;
  readonly lateDeltas: boolean;
  readonly fails: boolean;
}

/** Answers that may wait for their turn. */
const MOST_WAITING = 32;

/** Answers: one thing at a time, in the order in which it was asked for. An interruption ends all of it. */
export class Bot {
  readonly #parts: BotParts;
  readonly #tools: ToolRuns;
  #waiting: (() => void)[] = [];
  #utterance: Utterance | undefined;
  #segments = 0;

  constructor(parts: BotParts) {
    this.#parts = parts;
    this.#tools = new ToolRuns(parts.writer);
  }

  /** Answers the conversation as it stands; in writing only, when it is not to be spoken. False when too much waits. */
  run(inSound = true): boolean {
    return this.#inTurn(() => {
      const { context, replier, writer, tools, fails, log } = this.#parts;
      const text = context.lastUserText;
      if (text !== undefined) writer.send({ type: "user-llm-text", data: { text } });
      if (fails) {
        this.#fail();
        return;
      }
      const plan = replier.answer(context.turn(), { tools });
      log.line(...describePlan(plan, inSound));
      this.#follow(plan, inSound);
    });
  }

  greet(): void {
    const { words, pcm } = greetingClip();
    this.#inTurn(() => this.#utter({ words, pcm, fromModel: true }));
  }

  /** Speaks an app's own words. The voice stays the recorded one. False when too much waits. */
  say(words: string): boolean {
    return this.#inTurn(() => {
      this.#parts.log.line("bot", words);
      this.#utter({ words, pcm: answerClip().pcm, fromModel: false });
    });
  }

  /** Takes a function's result. An answer follows once all of them are in. False when nothing waits for it. */
  returned(callId: string, result: unknown): boolean {
    const { context, log } = this.#parts;
    const name = this.#tools.finish(callId, result);
    if (name === undefined) return false;
    context.returned(callId, result);
    log.line("tool", `${name} returned ${JSON.stringify(result)}`);
    if (!this.#tools.busy) this.run();
    return true;
  }

  /** Falls silent, and forgets what it was about to say. What was heard stays in the conversation. */
  interrupt(): void {
    this.#waiting = [];
    for (const callId of this.#tools.cancel()) this.#parts.context.cancelled(callId);
    const utterance = this.#utterance;
    if (!utterance) return;
    this.#parts.log.line("user", "interrupts");
    this.#utterance = undefined;
    utterance.interrupt();
    this.#parts.context.botSaid(utterance.heard);
  }

  /** Says no more, to nobody: what was heard before the line was lost stays in the conversation. */
  hushed(): void {
    this.#waiting = [];
    if (this.#utterance) this.#parts.context.botSaid(this.#utterance.heard);
    this.#utterance = undefined;
  }

  #inTurn(work: () => void): boolean {
    if (!this.#utterance) work();
    else if (this.#waiting.length >= MOST_WAITING) return false;
    else this.#waiting.push(work);
    return true;
  }

  #follow(plan: Plan, inSound: boolean): void {
    if (plan.kind === "calls") this.#call(plan.calls);
    else this.#utter({ words: plan.words, pcm: inSound ? plan.pcm : undefined, fromModel: true });
  }

  #call(planned: readonly PlannedCall[]): void {
    const { writer, context } = this.#parts;
    const calls = planned.map((call) => ({ ...call, id: `call_${randomUUID()}` }));
    writer.send({ type: "bot-llm-started" });
    context.called(calls);
    this.#tools.start(calls);
    writer.send({ type: "bot-llm-stopped" });
  }

  #fail(): void {
    const { writer } = this.#parts;
    writer.send({ type: "bot-llm-started" });
    const error = "LLM error: you exceeded your current quota, please check your plan and billing details.";
    writer.send({ type: "error", data: { error, fatal: false } });
    writer.send({ type: "bot-llm-stopped" });
  }

  #utter(speech: Speech): void {
    const { writer, settings, timers, lateDeltas, isLegacy, models } = this.#parts;
    this.#utterance = new Utterance(speech, {
      writer,
      settings,
      timers,
      lateDeltas,
      isLegacy: isLegacy(),
      models: models(),
      nextSegment: () => (this.#segments += 1),
      done: () => this.#said(speech.words),
    });
    this.#utterance.start();
  }

  #said(words: string): void {
    this.#utterance = undefined;
    this.#parts.context.botSaid(words);
    this.#waiting.shift()?.();
  }
}
