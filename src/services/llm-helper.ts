import { BotNotReadyError, MessageTooLargeError, RTVIMessage } from "@pipecat-ai/client-js";
import { InvalidOptionsError } from "../errors.js";
import { BoundedSet } from "../util/bounded-set.js";
import { fieldOf, idAt, isRecord, stringAt, type JsonRecord } from "../util/records.js";
import { isInSession } from "../util/in-session.js";
import { RTVIClientHelper, type RTVIClientHelperOptions } from "./helper.js";

/** One message of the conversation. */
export interface LLMContextMessage {
  role: string;
  content: unknown;
}

/** The conversation as the model sees it. */
export interface LLMContext {
  messages?: LLMContextMessage[];
  tools?: unknown[];
}

/** A function that the model calls, in the names of 0.3. */
export interface LLMFunctionCallData {
  function_name: string;
  tool_call_id: string;
  args: unknown;
}

/** A function that the model calls. */
export interface FunctionCallParams {
  functionName: string;
  arguments: unknown;
}

/** Runs a function for the model. What it resolves to is the result; nothing is null, and what it throws an error. */
export type FunctionCallCallback = (fn: FunctionCallParams) => Promise<unknown>;

/** What an app hears of the model. What one throws, or rejects with, is logged. */
export interface LLMHelperCallbacks {
  onLLMJsonCompletion?: (jsonString: string) => void | Promise<void>;
  onLLMFunctionCall?: (func: LLMFunctionCallData) => void | Promise<void>;
  onLLMFunctionCallStart?: (functionName: string) => void | Promise<void>;
}

/** Options of `LLMHelper`. */
export interface LLMHelperOptions extends RTVIClientHelperOptions {
  callbacks?: LLMHelperCallbacks;
}

/** A function call under its 0.3 name and under today's; a server that sends both means one call. */
const CALLS = ["llm-function-call", "llm-function-call-in-progress"];
const STARTS = ["llm-function-call-start", "llm-function-call-started"];
const JSON_COMPLETION = "llm-json-completion";
const BOT_READY = "bot-ready";
const REMEMBERED = 256;

/** The `llm` service at hand: its context, and the functions it calls. Register it as `registerHelper("llm", helper)`. */
export class LLMHelper extends RTVIClientHelper {
  declare protected _options: LLMHelperOptions;
  #callback: FunctionCallCallback | undefined;
  #calls = new BoundedSet(REMEMBERED);

  constructor(options: LLMHelperOptions = {}) {
    super(options);
  }

  getMessageTypes(): string[] {
    return [...CALLS, ...STARTS, JSON_COMPLETION, BOT_READY];
  }

  /** The conversation so far. @throws BotNotReadyError */
  async getContext(): Promise<LLMContext> {
    return readContext(await this.#act("get_context"));
  }

  /**
   * Replaces the conversation.
   * @param interrupt Whether the bot falls silent for it.
   * @throws BotNotReadyError
   */
  async setContext(context: LLMContext, interrupt = false): Promise<boolean> {
    const result = await this.#act("set_context", {
      messages: context.messages,
      ...(context.tools !== undefined && { tools: context.tools }),
      interrupt,
    });
    return Boolean(result);
  }

  /**
   * Adds a message to the conversation.
   * @param runImmediately Whether the bot answers it at once.
   * @throws BotNotReadyError
   */
  async appendToMessages(message: LLMContextMessage, runImmediately = false): Promise<boolean> {
    return Boolean(await this.#act("append_to_messages", { messages: [message], run_immediately: runImmediately }));
  }

  /**
   * Has the bot answer the conversation as it stands. Without effect outside `ready`.
   * @param interrupt Whether the bot falls silent for it; otherwise it finishes what it is saying.
   */
  async run(interrupt = false): Promise<unknown> {
    if (this._client.state !== "ready") return undefined;
    return this._client.action({
      service: this._service,
      action: "run",
      arguments: [{ name: "interrupt", value: interrupt }],
    });
  }

  /** Has functions of the model run by `callback`; a second one replaces the first. */
  handleFunctionCall(callback: FunctionCallCallback): void {
    this.#callback = callback;
  }

  async handleMessage({ type, data }: RTVIMessage): Promise<void> {
    const { callbacks } = this._options;
    // A new bot counts its calls anew.
    if (type === BOT_READY) {
      this.#calls = new BoundedSet(REMEMBERED);
      return;
    }
    if (type === JSON_COMPLETION) {
      if (typeof data === "string") await callbacks?.onLLMJsonCompletion?.(data);
      return;
    }
    if (!isRecord(data)) return;
    const name = stringAt(data, "function_name");
    if (name === undefined) return;
    if (STARTS.includes(type)) await callbacks?.onLLMFunctionCallStart?.(name);
    else await this.#called(name, data);
  }

  async #called(name: string, data: JsonRecord): Promise<void> {
    const callId = idAt(data, "tool_call_id");
    if (callId !== undefined && this.#calls.has(callId)) return;
    if (callId !== undefined) this.#calls.add(callId);
    const given = fieldOf(data, "args") ?? fieldOf(data, "arguments");
    const call = { function_name: name, tool_call_id: callId ?? "", args: isRecord(given) ? { ...given } : {} };
    // It is answered under the id that it came with, if with one.
    const reference = fieldOf(data, "tool_call_id");
    const told = async (): Promise<void> => {
      await this._options.callbacks?.onLLMFunctionCall?.(call);
    };
    await Promise.all([told(), this.#callback && this.#run(this.#callback, call, reference)]);
  }

  async #run(callback: FunctionCallCallback, call: LLMFunctionCallData, reference: unknown): Promise<void> {
    let result: unknown;
    try {
      result = (await callback({ functionName: call.function_name, arguments: call.args })) ?? null;
    } catch (error) {
      result = failure(error);
    }
    if (!isInSession(this._client.state)) return;
    try {
      this.#answer(call, reference, result);
    } catch (error) {
      const isUnsendable = error instanceof MessageTooLargeError || error instanceof InvalidOptionsError;
      if (isUnsendable) this.#answer(call, reference, failure(error));
      throw error;
    }
  }

  #answer({ function_name, args }: LLMFunctionCallData, reference: unknown, result: unknown): void {
    const outcome = {
      function_name,
      ...(reference !== undefined && { tool_call_id: reference }),
      arguments: args,
      result,
    };
    this._client.sendMessage(new RTVIMessage("llm-function-call-result", outcome));
  }

  /** @throws BotNotReadyError outside `ready`. */
  async #act(action: string, args?: JsonRecord): Promise<unknown> {
    if (this._client.state !== "ready") throw new BotNotReadyError(`${action} needs a session: await connect() first.`);
    const { data } = await this._client.action({
      service: this._service,
      action,
      ...(args !== undefined && {
        arguments: Object.entries(args).map(([name, value]) => ({ name, value })),
      }),
    });
    return data.result;
  }
}

/** A result in place of one that there is not: without any the model would wait for ever. */
function failure(error: unknown): { error: string } {
  const { message } = isRecord(error) ? error : { message: String(error) };
  return { error: typeof message === "string" ? message : "The function failed." };
}

/** A context as servers of 0.3 give it: an object, or the bare list of messages. */
function readContext(result: unknown): LLMContext {
  if (Array.isArray(result)) return { messages: result.filter(isMessage) };
  if (!isRecord(result)) return {};
  const { messages, tools } = result;
  return {
    ...(Array.isArray(messages) && { messages: messages.filter(isMessage) }),
    ...(Array.isArray(tools) && { tools }),
  };
}

function isMessage(value: unknown): value is LLMContextMessage {
  return isRecord(value) && typeof value.role === "string";
}
