import { CONVERSATION_LIMITS, dropOldest } from "../bounded-list.js";
import { greetingClip } from "../audio/voice.js";
import { describePlan, Replier, type Plan } from "../bot/replier.js";
import type { ConversationLog } from "../conversation-log.js";
import type { JsonObject } from "../json.js";
import type { Settings } from "../options.js";
import type { Timers } from "../timers.js";
import type { FunctionResponseMessage } from "./client-message.js";
import { contentBytes, lastTurn, type Content } from "./contents.js";
import type { Handles, Snapshot } from "./handles.js";
import { ModelTurn, type GenerationEnd } from "./model-turn.js";
import { PendingCalls } from "./pending-calls.js";
import type { Setup } from "./setup.js";
import { usageOf } from "./usage.js";

/** What a dialogue works with. */
export interface DialogueParts {
  readonly setup: Setup;
  readonly settings: Settings;
  readonly timers: Timers;
  readonly log: ConversationLog;
  readonly handles: Handles;
  readonly lateDeltas: boolean;
  readonly fails: boolean;
  readonly send: (message: JsonObject) => void;
  /** A generation has failed, and the connection with it. */
  failed(): void;
}

/** The turns of one session: who said what, and whose turn it is. One answer at a time. */
export class Dialogue {
  readonly #parts: DialogueParts;
  readonly #replier: Replier;
  readonly #contents: Content[];
  readonly #calls: PendingCalls;
  #generating: ModelTurn | undefined;
  /** From its first generation to `turnComplete`, with the functions in between. */
  #open = false;
  /** Contents that the open turn of the model answers. */
  #read = 0;
  /** Somebody waits for an answer that cannot begin yet. */
  #due = false;

  constructor(parts: DialogueParts, restored: Snapshot | undefined) {
    this.#parts = parts;
    this.#replier = new Replier(parts.settings, restored?.turnsTaken);
    this.#contents = [...(restored?.contents ?? [])];
    this.#calls = new PendingCalls(parts.setup.nonBlocking);
  }

  get contents(): readonly Content[] {
    return this.#contents;
  }

  /** Whether a turn of the model is open: it speaks, is believed to be heard, or waits for a function. */
  get busy(): boolean {
    return this.#generating !== undefined || this.#calls.awaited.length > 0;
  }

  /** What a spoken turn is taken to say. */
  hear(pcm: Buffer): string {
    return this.#replier.hear(pcm);
  }

  /** Of a conversation that grows too long, the beginning is forgotten. */
  add(content: Content): void {
    this.#contents.push(content);
    const dropped = dropOldest(this.#contents, contentBytes, CONVERSATION_LIMITS);
    this.#read = Math.max(0, this.#read - dropped);
  }

  /** Answers what the user did, now or when the turn that is open ends. */
  answer(): void {
    this.#due = this.busy;
    if (this.#due) return;
    this.#generate(this.#plan());
  }

  greet(): void {
    if (!this.busy) this.#generate({ kind: "message", ...greetingClip() });
  }

  /** Cuts the turn that is open, if there is one, and calls off its functions. */
  interrupt(): void {
    if (!this.busy) return;
    const { send, log, lateDeltas, timers } = this.#parts;
    log.line("user", "interrupts");
    const leftovers = this.#generating?.stop() ?? [];
    send({ serverContent: { interrupted: true } });
    const ids = this.#calls.cancel();
    if (ids.length > 0) send({ toolCallCancellation: { ids } });
    this.#due = false;
    this.#endTurn();
    if (!lateDeltas) return;
    leftovers.slice(0, 10).forEach((say, index) => timers.after((index + 1) * 20, say));
  }

  /**
   * `toolResponse`. The model goes on when it has everything that it waits for.
   * @throws Refusal when a response is to no call, or incomplete.
   */
  respond(responses: readonly FunctionResponseMessage[]): void {
    const taken = responses.map((response) => this.#calls.take(response)).filter((entry) => entry !== undefined);
    if (taken.length === 0) return;
    this.add({ role: "user", parts: taken.map(({ part }) => part) });
    for (const { part } of taken)
      this.#parts.log.line("tool", `${part.name} returned ${JSON.stringify(part.response)}`);
    if (taken.some(({ awaited }) => awaited)) {
      if (this.#calls.awaited.length > 0) return;
      this.#due = false;
      this.#generate(this.#plan());
      return;
    }
    const schedules = responses.map(({ scheduling }) => scheduling);
    if (schedules.every((scheduling) => scheduling === "SILENT")) return;
    if (schedules.includes("INTERRUPT")) this.interrupt();
    this.answer();
  }

  /** Tells the client how to come back to this place; a turn that is open cannot be come back to. */
  announceHandle(): void {
    const { setup, send, handles } = this.#parts;
    if (!setup.resumable) return;
    if (this.busy) {
      send({ sessionResumptionUpdate: { resumable: false } });
      return;
    }
    const { turnsTaken } = this.#replier;
    const newHandle = handles.keep({ model: setup.model, contents: [...this.#contents], turnsTaken });
    send({ sessionResumptionUpdate: { newHandle, resumable: true } });
  }

  #plan(): Plan {
    return this.#replier.answer(lastTurn(this.#contents), { tools: this.#parts.setup.tools });
  }

  #generate(plan: Plan): void {
    const { log, setup, ...host } = this.#parts;
    const turn = new ModelTurn(plan, { ...host, setup, ended: (end) => this.#generated(end) });
    log.line(...describePlan(plan, setup.modality === "AUDIO"));
    this.#generating = turn;
    if (!this.#open) {
      this.#open = true;
      this.#read = this.#contents.length;
      this.announceHandle();
    }
    this.add(turn.content);
    turn.start();
  }

  #generated(end: GenerationEnd): void {
    if (end === "failed") {
      this.#parts.failed();
      return;
    }
    const { content } = this.#generating ?? { content: undefined };
    for (const part of content?.parts ?? []) if (part.kind === "call") this.#calls.add(part.id, part.name);
    this.#generating = undefined;
    if (this.#calls.awaited.length > 0) return;
    if (end === "calls") this.#parts.send({ serverContent: { generationComplete: true } });
    this.#endTurn();
  }

  #endTurn(): void {
    this.#generating = undefined;
    this.#open = false;
    // An answer that was cut before its first sound was never given.
    const empty = this.#contents.findLastIndex(({ role, parts }) => role === "model" && parts.length === 0);
    if (empty >= 0) this.#contents.splice(empty, 1);
    const usageMetadata = usageOf(this.#contents, this.#read);
    this.#parts.send({ serverContent: { turnComplete: true }, usageMetadata });
    this.announceHandle();
    if (this.#due) this.answer();
  }
}
