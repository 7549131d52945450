import type { CallFailure, CallReference } from "../../../contracts/dialogue.js";
import { ProtocolError } from "../../../errors.js";
import { resultText } from "../../../dialogue/client-commands.js";
import type { EffectSink } from "../../../dialogue/effects.js";
import { ToolCalls, type ToolAnswer } from "../../../dialogue/tool-calls.js";
import type { JsonRecord } from "../../../util/records.js";
import type { WrittenCall } from "../events.js";
import type { GeminiHistory } from "../gemini-history.js";
import { SERVICE } from "../names.js";
import { schedulingOf } from "../scheduling.js";
import type { ToolResponse } from "../tool-responses.js";
import type { GeminiBotSetup } from "./bot-turn.js";

/** What a result may lead to. */
export interface CallPorts {
  /** The model answers it. */
  readonly asked: () => void;
  /** It interrupts what the model makes. */
  readonly interrupts: () => void;
}

/** Function calls, as the Live API has them answered: the model goes on by itself. Both sides of each are written down. */
export class Calls {
  readonly #sink: EffectSink;
  readonly #setup: Pick<GeminiBotSetup, "nonBlocking" | "redact">;
  readonly #history: GeminiHistory;
  readonly #ports: CallPorts;
  readonly books: ToolCalls;
  /** The names of the calls that wait, by id. */
  readonly #names = new Map<string, string>();
  /** Calls whose ids are our own: the service gave them none. */
  readonly #nameless = new Set<string>();
  #batches = 0;

  constructor(
    sink: EffectSink,
    {
      conversationHistory,
      nonBlocking,
      redact,
    }: Pick<GeminiBotSetup, "conversationHistory" | "nonBlocking" | "redact">,
    ports: CallPorts,
  ) {
    this.#sink = sink;
    this.#setup = { nonBlocking, redact };
    this.#history = conversationHistory;
    this.#ports = ports;
    this.books = new ToolCalls(sink, {
      service: SERVICE,
      redact,
      history: conversationHistory,
      answer: (callId, name, answer) => this.#answer(callId, name, answer),
    });
  }

  /** Whether the model waits for a result. */
  get pending(): boolean {
    return this.books.pending;
  }

  /** The model calls functions. What cannot be read is answered with an error: the model would wait. */
  called(calls: readonly WrittenCall[]): void {
    this.#batches += 1;
    const batch = `calls_${this.#batches}`;
    for (const { id, name, args } of calls) {
      if (name === undefined) this.#refuse(id);
      else {
        const callId = id ?? this.#ownId();
        this.#names.set(callId, name);
        this.books.complete(batch, callId, name, written(args));
      }
    }
    this.books.responseDone(batch, true);
  }

  /**
   * The app's result. Returns whether a call waited for it.
   * @throws InvalidOptionsError where it cannot be sent; the call goes on waiting then.
   */
  result(callId: string, result: unknown): boolean {
    const name = this.#names.get(callId);
    const { willContinue, ...scheduled } = schedulingOf(result, this.#isNonBlocking(name));
    if (willContinue !== true || !this.books.awaits(callId)) return this.books.result(callId, result);
    resultText(scheduled.output);
    this.#send(callId, name, { ...scheduled, willContinue });
    return true;
  }

  /** The app does not answer a call. Returns whether it was open. */
  fail(call: CallReference, failure: CallFailure): boolean {
    return this.books.fail(call, failure);
  }

  /** The app has answered a call in the service's own language. */
  answered({ id, name, result, text, isSilent }: ToolResponse): void {
    const callId = id ?? this.#namelessOf(name);
    if (callId === undefined || !this.books.answered(callId, text, result)) return;
    if (!isSilent) this.#ports.asked();
    this.#forget(callId);
  }

  /** The service wants no result of a call any more. */
  cancelled(callId: string): void {
    this.books.cancelled(callId);
    this.#forget(callId);
  }

  /** The connection is gone. */
  end(): void {
    this.books.end();
    this.#names.clear();
    this.#nameless.clear();
  }

  #answer(callId: string, name: string | undefined, answer: ToolAnswer): string {
    const scheduled = "error" in answer ? undefined : schedulingOf(answer.result, this.#isNonBlocking(name));
    const output = scheduled === undefined ? JSON.stringify(answer) : resultText(scheduled.output);
    if (scheduled !== undefined) this.#send(callId, name, scheduled);
    else {
      this.#ports.asked();
      this.#respond(callId, name, { response: answer });
    }
    this.#forget(callId);
    return output;
  }

  #send(callId: string, name: string | undefined, { output, ...fields }: ReturnType<typeof schedulingOf>): void {
    // A silent result is no question.
    if (fields.scheduling !== "SILENT") this.#ports.asked();
    if (fields.scheduling === "INTERRUPT") this.#ports.interrupts();
    this.#respond(callId, name, { ...fields, response: { output: output ?? null } });
  }

  #respond(callId: string, name: string | undefined, fields: JsonRecord): void {
    const id = this.#nameless.has(callId) ? {} : { id: callId };
    const response = { ...id, ...(name !== undefined && { name }), ...fields };
    this.#sink.send({ toolResponse: { functionResponses: [response] } });
  }

  /** A call of no function. */
  #refuse(id: string | undefined): void {
    this.#sink.report(new ProtocolError(`${SERVICE} called a function without a name.`));
    if (id !== undefined) this.#respond(id, undefined, { response: { error: "The call names no function." } });
  }

  #ownId(): string {
    const id = this.#history.callId();
    this.#nameless.add(id);
    return id;
  }

  /** The oldest call of a function that has no id of the service's. */
  #namelessOf(name: string | undefined): string | undefined {
    return [...this.#nameless].find((callId) => this.#names.get(callId) === name);
  }

  #isNonBlocking(name: string | undefined): boolean {
    return name !== undefined && this.#setup.nonBlocking.has(name);
  }

  #forget(callId: string): void {
    this.#names.delete(callId);
    this.#nameless.delete(callId);
  }
}

/** No object, where there are no arguments that a handler could read: the books say so. */
function written(args: WrittenCall["args"]): string {
  if (typeof args === "string") return args;
  try {
    return JSON.stringify(args ?? []);
  } catch {
    // They lie deeper than can be written.
    return "[]";
  }
}
