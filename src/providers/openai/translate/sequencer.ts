import type { OpenAISink } from "../effects.js";
import type { JsonRecord } from "../../../util/records.js";

/** Responses that may wait for the last one to be done. */
export const MOST_WAITING = 64;

/** A response that is wanted. */
export interface ResponseRequest {
  /** Fields of `response.create`; without them the answer is made as the session is set. */
  readonly params?: JsonRecord;
  /** May wait for the user to finish, and is met by the answer to what they say: a continuation after tools. */
  readonly patient?: boolean;
}

interface Waiting extends ResponseRequest {
  /** "last": the service has refused it once. */
  readonly attempt: "first" | "last";
}

/**
 * Asks for responses one at a time. The service makes one response of a conversation at once and refuses a second, so a
 * request waits until the last response is done.
 */
export class ResponseSequencer {
  readonly #active = new Map<string, { phase: "making" | "cancelling" }>();
  /** Asked for, and not begun. */
  #requested: (Waiting & { readonly eventId: string; readonly phase: "asked" | "cancelled" }) | undefined;
  #waiting: Waiting[] = [];
  #userTurn: "none" | "speaking" | "unanswered" = "none";
  /** "held": there is no connection that could be asked. */
  #phase: "open" | "held" = "open";

  /** @param autoResponds Whether the service answers by itself when the user stops speaking. */
  constructor(
    private readonly sink: OpenAISink,
    private readonly autoResponds: () => boolean,
  ) {}

  /** Asks for a response, now or as soon as it may be asked for. Waiting requests without params become one. */
  request(request: ResponseRequest = {}): void {
    const same = request.params === undefined && this.#waiting.find(({ params }) => params === undefined);
    if (!same) this.#waiting.push({ ...request, attempt: "first" });
    else if (request.patient !== true) this.#replace(same, { attempt: same.attempt });
    this.#flush();
  }

  /** The service began a response: what it was to make, and whether it was cancelled before it began. */
  created(id: string): { readonly request: ResponseRequest; readonly was: "asked" | "cancelled" } {
    const requested = this.#requested;
    if (requested === undefined) {
      // The service's own answer to the user. It knows all that was sent before, so it continues after tools as well.
      this.#userTurn = "none";
      this.#waiting = this.#waiting.filter(({ patient }) => patient !== true);
    }
    this.#requested = undefined;
    const was = requested?.phase ?? "asked";
    this.#active.set(id, { phase: was === "cancelled" ? "cancelling" : "making" });
    return { request: requested === undefined ? {} : plain(requested), was };
  }

  done(id: string): void {
    // A response may fail before it was announced.
    if (!this.#active.delete(id)) this.#requested = undefined;
    this.#flush();
  }

  /**
   * The service refused a `response.create`. `busy`: because another response is active. Returns whether it is asked for
   * again, once, after that one.
   */
  refused(eventId: string | undefined, busy: boolean): boolean {
    const request = this.#requested;
    if (request === undefined || (eventId !== undefined && eventId !== request.eventId)) return false;
    this.#requested = undefined;
    this.#ended();
    const retry = busy && request.attempt === "first";
    if (retry) {
      this.#waiting.unshift({ ...plain(request), attempt: "last" });
    }
    this.#flush();
    return retry;
  }

  /** The service says that what was to be cancelled is not active. Returns the responses whose ends were lost. */
  nothingToCancel(): string[] {
    // Events come in order: what was asked for, and is neither there nor was announced, will not come.
    if (this.#requested?.phase === "cancelled") this.#requested = undefined;
    this.#ended();
    this.#flush();
    return [...this.#active].flatMap(([id, { phase }]) => (phase === "cancelling" ? [id] : []));
  }

  /** Drops what waits; with `cancel`, also stops what is being made. */
  interrupt(cancel: boolean): void {
    this.#waiting = [];
    if (!cancel) return;
    if (this.#requested?.phase === "asked") {
      this.#requested = { ...this.#requested, phase: "cancelled" };
      this.sink.sendFor("cancel", { type: "response.cancel" });
    }
    for (const [id, response] of this.#active) {
      if (response.phase === "cancelling") continue;
      response.phase = "cancelling";
      this.sink.sendFor("cancel", { type: "response.cancel", response_id: id });
    }
  }

  userStarted(): void {
    this.#userTurn = "speaking";
  }

  userStopped(): void {
    this.#userTurn = this.autoResponds() ? "unanswered" : "none";
    this.#flush();
  }

  /** The connection is gone, and something was understood of what the user was saying: that is all that will be answered. */
  userCut(): void {
    if (this.#userTurn === "speaking") this.#userTurn = "unanswered";
  }

  /** Whether the service owes an answer to what the user has said. */
  get userTurn(): "none" | "speaking" | "unanswered" {
    return this.#userTurn;
  }

  /** Whether a response is being made, or is to be. */
  get isBusy(): boolean {
    return this.#active.size > 0 || this.#requested !== undefined || this.#waiting.length > 0;
  }

  /** Whether as many responses wait as may. */
  get isFull(): boolean {
    return this.#waiting.length >= MOST_WAITING;
  }

  /**
   * The connection is gone: what was asked for and not begun waits from now on, for another connection.
   * @param again What was begun, and is to be asked for again.
   */
  hold(again: readonly ResponseRequest[]): void {
    const requested = this.#requested?.phase === "asked" ? [this.#requested] : [];
    const unmet = [...again, ...requested, ...this.#waiting];
    this.#waiting = [];
    this.#requested = undefined;
    this.#active.clear();
    this.#phase = "held";
    for (const request of unmet) this.request(plain(request));
  }

  /** Takes over what waits at another, and keeps it until `release`. */
  adopt(other: ResponseSequencer): void {
    this.#phase = "held";
    for (const request of other.#waiting) this.request(plain(request));
  }

  /** The connection is ready for what waits. */
  release(): void {
    this.#phase = "open";
    this.#flush();
  }

  /** Tells the turns once nothing is made any more. */
  #ended(): void {
    if (this.#active.size === 0) this.sink.tell({ type: "reply.ended", another: false });
  }

  #replace(old: Waiting, by: Waiting): void {
    this.#waiting = this.#waiting.map((waiting) => (waiting === old ? by : waiting));
  }

  #flush(): void {
    if (this.#phase === "held" || this.#active.size > 0 || this.#requested !== undefined) return;
    const next = this.#waiting.find(({ patient }) => patient !== true || this.#userTurn === "none");
    if (next === undefined) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    const event = { type: "response.create", ...(next.params !== undefined && { response: next.params }) };
    this.#requested = { ...next, eventId: this.sink.sendFor("create", event), phase: "asked" };
    this.sink.tell({ type: "reply.requested" });
  }
}

function plain({ params, patient }: ResponseRequest): ResponseRequest {
  return { ...(params !== undefined && { params }), ...(patient !== undefined && { patient }) };
}
