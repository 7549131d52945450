import type { CallFailure, CallReference } from "../contracts/dialogue.js";
import { FunctionCallError, ProtocolError } from "../errors.js";
import type { HistoryItem } from "./conversation-history.js";
import type { EffectSink } from "./effects.js";
import { withoutProto } from "../util/json.js";
import { BoundedSet } from "../util/bounded-set.js";
import { isRecord } from "../util/records.js";
import type { Redactor } from "../util/redact.js";

/** What a call is answered with: the app's result, or why there is none. */
export type ToolAnswer = { readonly result: unknown } | { readonly error: string };

/** What function calls need of a service. */
export interface ToolPorts {
  /** What the service is called in messages to people. */
  readonly service: string;
  /** Makes the service's words safe to show. */
  readonly redact: Redactor;
  /** Where calls and their results are written down. */
  readonly history?: { note(id: string, item: HistoryItem): void };
  /**
   * Sends the answer of a call, and returns it as it is written down.
   * @throws InvalidOptionsError for a result that cannot be sent; nothing has happened then.
   */
  readonly answer: (callId: string, name: string | undefined, answer: ToolAnswer) => string;
  /** Called when the model may go on with the results, where it has to be asked. */
  readonly proceed?: () => void;
}

interface Call {
  readonly callId: string;
  readonly responseId: string;
  name: string | undefined;
  /** In the session, from 1 on. */
  readonly number: number;
  phase: "announced" | "running" | "answered";
}

/** The calls of one response. */
interface Batch {
  /** "over": the calling response is done, so that a next one may be asked for. */
  phase: "open" | "over";
  /**
   * Who asks for what follows the last result. "app": it answered last, in the service's own language, and asks in that, too.
   * "nobody": somebody interrupted, and no answer is waited for any more.
   */
  sequel: "ours" | "app" | "nobody";
  readonly calls: Set<string>;
}

const MOST_OPEN = 256;
const MOST_REFUSED = 4096;
/** What the model is told of a call that the app does not answer; why, is the app's affair. */
export const NO_RESULT = "The function failed and has no result.";
const KEPT = "kept ";

/**
 * Function calls, from the model's wish to the app's result. Each call is started, in progress and stopped once; after
 * the last result of a response, and after that response is done, one continuation is asked for.
 */
export class ToolCalls {
  readonly #calls = new Map<string, Call>();
  readonly #batches = new Map<string, Batch>();
  /** Calls that were too many. */
  readonly #refused = new BoundedSet(MOST_REFUSED);
  /** How often calls were taken over from another connection, the connections before included. */
  #adoptions = 0;
  #opened = 0;

  constructor(
    private readonly sink: EffectSink,
    private readonly ports: ToolPorts,
  ) {}

  /** Whether the model waits for a result. */
  get pending(): boolean {
    return [...this.#calls.values()].some(({ phase }) => phase === "running");
  }

  /** The model began a call; its arguments are still to come. */
  announced(responseId: string, callId: string, name: string | undefined): void {
    if (this.#calls.has(callId) || this.#calls.size >= MOST_OPEN) return;
    this.#opened += 1;
    this.#calls.set(callId, { callId, responseId, name, number: this.#opened, phase: "announced" });
    const batch = this.#batches.get(responseId) ?? newBatch();
    batch.calls.add(callId);
    this.#batches.set(responseId, batch);
    this.sink.deliver("llm-function-call-started", name === undefined ? {} : { function_name: this.#shown(name) });
  }

  /** The arguments of a call are complete, as JSON. An empty name: it has none, and none will come. */
  complete(responseId: string, callId: string | undefined, name: string | undefined, json: string | undefined): void {
    if (callId === undefined || json === undefined) return;
    const known = this.#calls.get(callId);
    const called = name === undefined || name === "" ? (known?.name ?? name) : name;
    if (known !== undefined && known.phase !== "announced") return;
    this.announced(responseId, callId, called);
    const call = this.#calls.get(callId);
    // Beta events may lack the name; the finished item brings it a moment later.
    if (called === undefined) return;
    if (call === undefined) {
      this.#refuseMore(callId, called);
      return;
    }
    call.name ??= called;
    if (!this.pending) this.sink.tell({ type: "tools.called" });
    call.phase = "running";
    this.sink.tell({ type: "call.began", call: call.number });
    const written = { type: "tool-call", callId, name: called, arguments: json } as const;
    // By its number: not every gateway gives each call an id of its own.
    this.ports.history?.note(`call ${call.number}`, written);
    const parsed = parseArguments(json);
    if (called === "") {
      this.#refuse(call, `${this.ports.service} called a function without naming it.`, "The call names no function.");
      return;
    }
    if (parsed === undefined) {
      const shown = this.ports.redact(called).slice(0, 80);
      const said = `${this.ports.service} called ${shown} with arguments that are not a JSON object.`;
      this.#refuse(call, said, "The arguments are not a valid JSON object.");
      return;
    }
    this.sink.deliver("llm-function-call-in-progress", {
      tool_call_id: callId,
      function_name: this.#shown(called),
      arguments: this.#shown(parsed),
    });
  }

  /**
   * The app's result. Returns whether a call waited for it.
   * @throws InvalidOptionsError where it cannot be sent; the call goes on waiting then.
   */
  result(callId: string, result: unknown): boolean {
    const call = this.#calls.get(callId);
    if (call?.phase !== "running") return false;
    this.#answer(call, { result });
    this.#over(call, false, result);
    return true;
  }

  /** The app has answered a call in the service's own language; `output`: as it is written down. Returns whether it was open. */
  answered(callId: string, output: string, result: unknown = output): boolean {
    const call = this.#calls.get(callId);
    if (call?.phase !== "running") return false;
    this.#close(call, output);
    this.#follow(call, "app");
    this.#over(call, false, result);
    return true;
  }

  /** The app does not answer a call: the model is told, or it would wait for ever. Returns whether the call was open. */
  fail(reference: CallReference, failure: CallFailure): boolean {
    const call = [...this.#calls.values()].find(({ number, callId }) => reference === number || reference === callId);
    if (call?.phase !== "running") return false;
    const error = callError(call.name, failure, this.ports.redact);
    if (error !== undefined) this.sink.report(error);
    this.#answer(call, { error: NO_RESULT });
    this.#over(call, true);
    return true;
  }

  /** The calling response is over. Calls whose arguments never came are cancelled. */
  responseDone(responseId: string, interrupted: boolean): void {
    const batch = this.#batches.get(responseId);
    if (batch === undefined) return;
    batch.phase = "over";
    if (interrupted) batch.sequel = "nobody";
    for (const callId of batch.calls) {
      const call = this.#calls.get(callId);
      if (call?.phase !== "announced") continue;
      batch.calls.delete(callId);
      this.#calls.delete(callId);
      this.#stopped(call, true);
    }
    this.#settle(responseId);
  }

  /** The service wants no result of a call any more. Returns whether the call was open. */
  cancelled(callId: string): boolean {
    const call = this.#calls.get(callId);
    if (call === undefined || call.phase === "answered") return false;
    this.#calls.delete(callId);
    this.#batches.get(call.responseId)?.calls.delete(callId);
    this.#ended(call);
    this.#over(call, true);
    return true;
  }

  /** Whether a result of this call is waited for. */
  awaits(callId: string): boolean {
    return this.#calls.get(callId)?.phase === "running";
  }

  /**
   * The connection is gone, and the conversation may go on over another: results are still taken. Calls whose arguments never
   * came are cancelled.
   */
  suspend(): void {
    for (const responseId of [...this.#batches.keys()]) this.responseDone(responseId, false);
  }

  /** Goes on with the calls that were open when another connection was lost. Returns those whose results are waited for. */
  adopt(others: ToolCalls): string[] {
    this.#adoptions = others.#adoptions + 1;
    this.#opened = others.#opened;
    for (const [callId, call] of others.#calls) {
      this.#calls.set(callId, { ...call, responseId: this.#kept(call.responseId) });
    }
    for (const [responseId, batch] of others.#batches) this.#batches.set(this.#kept(responseId), batch);
    others.#calls.clear();
    others.#batches.clear();
    return [...this.#calls.values()].flatMap(({ callId, phase }) => (phase === "running" ? [callId] : []));
  }

  /** Another session may give its responses the same ids; one that was kept before has an id of its own already. */
  #kept(responseId: string): string {
    return responseId.startsWith(KEPT) ? responseId : `${KEPT}${this.#adoptions} ${responseId}`;
  }

  /** The session is over: nothing that was started is left open. */
  end(): void {
    const open = [...this.#calls.values()].filter(({ phase }) => phase !== "answered");
    for (const call of open) this.#stopped(call, true);
    this.#calls.clear();
    this.#batches.clear();
    for (const call of open) this.#ended(call);
    this.#settled();
  }

  /** A call that no handler could take: the app is told, and the model, or it would wait for ever. */
  #refuse(call: Call, said: string, error: string): void {
    this.sink.report(new ProtocolError(said));
    this.#answer(call, { error });
    this.#over(call, true);
  }

  /** One more than may be open. Its arguments may be told several times. */
  #refuseMore(callId: string, name: string): void {
    if (this.#refused.has(callId)) return;
    this.#refused.add(callId);
    const said = `${this.ports.service} has more than ${MOST_OPEN} function calls open; the rest are refused.`;
    this.sink.report(new ProtocolError(said));
    this.ports.answer(callId, name, { error: "Too many calls are open." });
  }

  #answer(call: Call, answer: ToolAnswer): void {
    const output = this.ports.answer(call.callId, call.name, answer);
    this.#follow(call, "ours");
    this.#close(call, output);
  }

  #follow({ responseId }: Call, sequel: "ours" | "app"): void {
    const batch = this.#batches.get(responseId);
    if (batch !== undefined && batch.sequel !== "nobody") batch.sequel = sequel;
  }

  #close(call: Call, output: string): void {
    this.ports.history?.note(`result ${call.number}`, { type: "tool-result", callId: call.callId, output });
    call.phase = "answered";
    this.#ended(call);
  }

  #ended({ number }: Call): void {
    this.sink.tell({ type: "call.ended", call: number });
    this.#settled();
  }

  /** Tells the turns once no result is waited for any more. */
  #settled(): void {
    if (!this.pending) this.sink.tell({ type: "tools.settled" });
  }

  /** The model's words reach the app without a credential that they quote. */
  #shown(said: unknown): unknown {
    return this.ports.redact.json(said);
  }

  /** Nobody waits for a call any more, and perhaps for none of its response. */
  #over(call: Call, cancelled: boolean, result?: unknown): void {
    this.#stopped(call, cancelled, result);
    this.#settle(call.responseId);
  }

  #stopped({ callId, name }: Call, cancelled: boolean, result?: unknown): void {
    this.sink.deliver("llm-function-call-stopped", {
      tool_call_id: callId,
      cancelled,
      ...(name !== undefined && { function_name: this.#shown(name) }),
      ...(result !== undefined && { result }),
    });
  }

  #settle(responseId: string): void {
    const batch = this.#batches.get(responseId);
    if (batch?.phase !== "over") return;
    const calls = [...batch.calls];
    if (calls.some((callId) => this.#calls.get(callId)?.phase !== "answered")) return;
    this.#batches.delete(responseId);
    for (const callId of calls) this.#calls.delete(callId);
    if (calls.length > 0 && batch.sequel === "ours") this.ports.proceed?.();
  }
}

/** What the app is told of a call that it does not answer; undefined where it hears of it otherwise. */
export function callError(
  name: string | undefined,
  { what, cause, isReported }: CallFailure,
  redact: (text: string) => string,
): FunctionCallError | undefined {
  if (isReported === true) return undefined;
  const sentence = `The function \`${(name ?? "").slice(0, 80)}\` ${what}`;
  return new FunctionCallError(redact(sentence.endsWith(".") ? sentence : `${sentence}.`), { cause });
}

function newBatch(): Batch {
  return { phase: "open", sequel: "ours", calls: new Set() };
}

/** A JSON object, without any `__proto__`; undefined for anything else, and for what no handler could take apart. */
function parseArguments(json: string): Record<string, unknown> | undefined {
  try {
    if (json.trim() === "") return {};
    const parsed: unknown = JSON.parse(json, withoutProto);
    return isRecord(parsed) ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}
