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

interface Requested extends Waiting {
  readonly eventId: string;
  readonly phase: "asked" | "cancelled";
}

/**
 * Asks for responses one at a time. The service makes one response of a conversation at once and refuses a second, so a
 * request waits until the last response is done.
 */
export class ResponseSequencer {
  readonly #active = new Map<string, { phase: "making" | "cancelling" }>();
  /** Asked for, and not begun. */
  #requested: Requested | undefined;
  /** What the newest response was taken to answer; the service's own crosses ours on the wire, and then it was that one. */
  #met: { readonly id: string; readonly request: Requested } | undefined;
  /** Continuations that the service's own answer was taken to be. */
  #presumed: readonly Waiting[] = [];
  #waiting: Waiting[] = [];
  /** What waited when the user began to speak: the answer to them is the answer to that, if it comes. */
  #deferred: readonly Waiting[] = [];
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
    if (requested === undefined || this.#userTurn === "unanswered") {
      // Whoever asked for it: what the user has said is answered, and what waited for that.
      this.#userTurn = "none";
      this.#deferred = [];
    }
    this.#presumed = [];
    if (requested === undefined) {
      // The service's own answer to the user. It knows all that had come there, so it continues after tools as well.
      this.#presumed = this.#waiting.filter(({ patient }) => patient === true);
      this.#waiting = this.#waiting.filter(({ patient }) => patient !== true);
    }
    this.#met = requested && { id, request: requested };
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

  /** The service had begun its newest response before it knew the results of tools. */
  unmet(): void {
    const presumed = this.#presumed;
    this.#presumed = [];
    for (const request of presumed) this.request(plain(request));
  }

  /** The response that was taken to answer this `response.create`, where one was. */
  metBy(eventId: string | undefined): string | undefined {
    return this.#met?.request.eventId === eventId ? this.#met?.id : undefined;
  }

  /**
   * The service refused a `response.create`. `busy`: because another response is active. Returns whether nothing is lost by that: it
   * is asked for again, once, after that one, or is not wanted any more.
   */
  refused(eventId: string | undefined, busy: boolean): boolean {
    const crossed = this.metBy(eventId) === undefined ? undefined : this.#met?.request;
    const request = crossed ?? this.#requested;
    if (request === undefined || (eventId !== undefined && eventId !== request.eventId)) return false;
    if (crossed === undefined) this.#requested = undefined;
    this.#met = undefined;
    this.#ended();
    const isWanted = request.phase === "asked";
    const retry = busy && request.attempt === "first";
    if (retry && isWanted) this.#waiting.unshift({ ...plain(request), attempt: "last" });
    this.#flush();
    return retry || (busy && !isWanted);
  }

  /** The service says that what was to be cancelled is not active. Returns the responses whose ends were lost. */
  nothingToCancel(): string[] {
    // Events come in order: what was asked for, and is neither there nor was announced, will not come.
    if (this.#requested?.phase === "cancelled") this.#requested = undefined;
    this.#ended();
    this.#flush();
    return [...this.#active].flatMap(([id, { phase }]) => (phase === "cancelling" ? [id] : []));
  }

  /** Drops what waits; with `cancel`, also stops what is being made. `byUser`: they are speaking. */
  interrupt(cancel: boolean, byUser: boolean): void {
    const deferred = [...this.#deferred, ...this.#waiting].filter(({ params }) => params === undefined);
    this.#deferred = byUser ? deferred.slice(0, 1) : [];
    this.#waiting = [];
    this.#presumed = [];
    if (this.#met !== undefined) this.#met = { ...this.#met, request: { ...this.#met.request, phase: "cancelled" } };
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
    if (this.#userTurn === "none") this.#resume();
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

  /** The responses that are being made. */
  get active(): readonly string[] {
    return [...this.#active.keys()];
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
    const unmet = [...again, ...requested, ...this.#deferred, ...this.#waiting];
    this.#deferred = [];
    this.#waiting = [];
    this.#requested = undefined;
    this.#met = undefined;
    this.#presumed = [];
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

  /** Nobody has answered the user: what waited for that is asked for. */
  #resume(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const request of deferred) this.request(plain(request));
  }

  /** Tells the turns once nothing is made any more, and nothing is owed. */
  #ended(): void {
    const isOwed = this.#requested !== undefined || this.#userTurn === "unanswered";
    if (this.#active.size === 0 && !isOwed) this.sink.tell({ type: "reply.ended", another: false });
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
