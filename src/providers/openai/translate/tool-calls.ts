import type { ConversationLedger } from "../../../rtvi/translate/ledger.js";
import { ProtocolError } from "../../../errors.js";
import type { OpenAISink } from "../effects.js";
import type { ItemInfo } from "../events.js";
import { isRecord } from "../../../rtvi/translate/records.js";

interface Call {
  readonly callId: string;
  readonly responseId: string;
  readonly name: string | undefined;
  phase: "announced" | "running" | "answered";
}

interface Batch {
  /** The calling response is done, so that a next one may be asked for. */
  over: boolean;
  /** Somebody interrupted: nobody waits for an answer any more. */
  interrupted: boolean;
  readonly calls: Set<string>;
}

const MOST_OPEN = 256;

/**
 * Function calls, from the model's wish to the app's result. Each call is started, in progress and stopped once; after
 * the last result of a response, and after that response is done, one continuation is asked for.
 */
export class ToolCalls {
  readonly #calls = new Map<string, Call>();
  readonly #batches = new Map<string, Batch>();

  /** @param proceed Called when the model may go on with the results. */
  constructor(
    private readonly sink: OpenAISink,
    private readonly ledger: ConversationLedger,
    private readonly proceed: () => void,
  ) {}

  /** The model began a call; its arguments are still to come. */
  announced(responseId: string, item: ItemInfo): void {
    if (item.type !== "function_call" || item.callId === undefined) return;
    this.#open(responseId, item.callId, item.name);
  }

  /** The arguments of a call are complete. */
  complete(responseId: string, callId: string | undefined, name: string | undefined, json: string | undefined): void {
    if (callId === undefined || json === undefined) return;
    const known = this.#calls.get(callId);
    const called = name ?? known?.name;
    // Beta events may lack the name; the finished item brings it a moment later.
    if (called === undefined || (known !== undefined && known.phase !== "announced")) return;
    const call = known ?? this.#open(responseId, callId, called);
    if (call === undefined) return;
    call.phase = "running";
    this.ledger.note(`call ${callId}`, { type: "tool-call", callId, name: called, arguments: json });
    const parsed = parseArguments(json);
    if (parsed === undefined) {
      this.#refuse(call, called);
      return;
    }
    this.sink.deliver("llm-function-call-in-progress", {
      tool_call_id: callId,
      function_name: called,
      arguments: parsed,
    });
  }

  /** The app's result, as the string that the service wants, and as the app gave it. Returns whether a call waited for it. */
  result(callId: string, output: string, result: unknown): boolean {
    const call = this.#calls.get(callId);
    if (call?.phase !== "running") return false;
    this.#answer(call, output);
    this.#stopped(call, false, result);
    this.#settle(call.responseId);
    return true;
  }

  /** The calling response is over. Calls whose arguments never came are cancelled. */
  responseDone(responseId: string, interrupted: boolean): void {
    const batch = this.#batches.get(responseId);
    if (batch === undefined) return;
    batch.over = true;
    batch.interrupted ||= interrupted;
    for (const callId of batch.calls) {
      const call = this.#calls.get(callId);
      if (call?.phase !== "announced") continue;
      batch.calls.delete(callId);
      this.#calls.delete(callId);
      this.#stopped(call, true, undefined);
    }
    this.#settle(responseId);
  }

  /** The session is over: nothing that was started is left open. */
  end(): void {
    for (const call of this.#calls.values()) {
      if (call.phase !== "answered") this.#stopped(call, true, undefined);
    }
    this.#calls.clear();
    this.#batches.clear();
  }

  #open(responseId: string, callId: string, name: string | undefined): Call | undefined {
    if (this.#calls.has(callId)) return undefined;
    if (this.#calls.size >= MOST_OPEN) {
      this.sink.report(
        new ProtocolError(`OpenAI has more than ${MOST_OPEN} function calls open; the rest are ignored.`),
      );
      return undefined;
    }
    const call: Call = { callId, responseId, name, phase: "announced" };
    this.#calls.set(callId, call);
    const batch = this.#batches.get(responseId) ?? { over: false, interrupted: false, calls: new Set<string>() };
    batch.calls.add(callId);
    this.#batches.set(responseId, batch);
    this.sink.deliver("llm-function-call-started", name === undefined ? {} : { function_name: name });
    return call;
  }

  /** Arguments that no handler could read: the model is told, or it would wait for ever. */
  #refuse(call: Call, name: string): void {
    this.sink.report(
      new ProtocolError(`OpenAI called ${name.slice(0, 80)} with arguments that are not a JSON object.`),
    );
    this.#answer(call, JSON.stringify({ error: "The arguments are not a valid JSON object." }));
    this.#stopped(call, true, undefined);
    this.#settle(call.responseId);
  }

  #answer(call: Call, output: string): void {
    call.phase = "answered";
    this.ledger.append({ type: "tool-result", callId: call.callId, output });
    this.sink.send({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: call.callId, output },
    });
  }

  #stopped({ callId, name }: Call, cancelled: boolean, result: unknown): void {
    this.sink.deliver("llm-function-call-stopped", {
      tool_call_id: callId,
      cancelled,
      ...(name !== undefined && { function_name: name }),
      ...(result !== undefined && { result }),
    });
  }

  #settle(responseId: string): void {
    const batch = this.#batches.get(responseId);
    if (batch?.over !== true) return;
    const calls = [...batch.calls];
    if (calls.some((callId) => this.#calls.get(callId)?.phase !== "answered")) return;
    this.#batches.delete(responseId);
    for (const callId of calls) this.#calls.delete(callId);
    if (calls.length > 0 && !batch.interrupted) this.proceed();
  }
}

/** A JSON object, without any `__proto__` that could reach a handler's objects; undefined for anything else. */
function parseArguments(json: string): Record<string, unknown> | undefined {
  if (json.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(json, (key, value: unknown) => (key === "__proto__" ? undefined : value));
    return isRecord(parsed) ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}
