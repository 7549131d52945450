import type { FunctionResponseMessage } from "./client-message.js";
import type { ContentPart } from "./contents.js";
import { invalidArgument } from "./refusal.js";

/** A response that a call had been waiting for. */
export interface TakenResponse {
  readonly part: Extract<ContentPart, { kind: "response" }>;
  /** Whether the model waits for it before it goes on. */
  readonly awaited: boolean;
}

/** The calls of one session, by id. */
export class PendingCalls {
  readonly #nonBlocking: ReadonlySet<string>;
  readonly #waiting = new Map<string, string>();
  /** Answered or called off: a response that crosses the cancellation is late, not wrong. */
  readonly #settled = new Set<string>();

  constructor(nonBlocking: ReadonlySet<string>) {
    this.#nonBlocking = nonBlocking;
  }

  /** Ids of the calls that the model waits for. */
  get awaited(): string[] {
    return [...this.#waiting].filter(([, name]) => !this.#nonBlocking.has(name)).map(([id]) => id);
  }

  add(id: string, name: string): void {
    this.#waiting.set(id, name);
  }

  /** Calls off what the model waits for, and returns those ids. */
  cancel(): string[] {
    const ids = this.awaited;
    for (const id of ids) this.#settle(id);
    return ids;
  }

  /**
   * Takes a response; undefined when its call is settled already.
   * @throws Refusal when it is incomplete, or its id is of no call.
   */
  take(message: FunctionResponseMessage): TakenResponse | undefined {
    const { id = "", name = "", response } = message;
    if (id === "") throw invalidArgument("Function response is missing its id.");
    if (name === "") throw invalidArgument(`Function response '${id}' is missing its name.`);
    if (!response) throw invalidArgument(`Function response '${id}' is missing its response object.`);
    const called = this.#waiting.get(id);
    if (called === undefined) {
      if (this.#settled.has(id)) return undefined;
      throw invalidArgument(`Function response id '${id}' does not match any function call.`);
    }
    const awaited = !this.#nonBlocking.has(called);
    if (message.willContinue !== true) this.#settle(id);
    return { part: { kind: "response", id, name, response }, awaited };
  }

  #settle(id: string): void {
    this.#waiting.delete(id);
    this.#settled.add(id);
  }
}
