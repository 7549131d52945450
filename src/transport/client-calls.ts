/** A call of the client, as far as it can be told apart. */
export interface ClientCall {
  readonly number: number;
  /** It begins a new attempt; if not, it continues one that was begun before. */
  readonly opens: boolean;
  /** In the same run `disconnect()` was called, or a bot's start was answered: what goes on after a start comes later. */
  readonly afresh: boolean;
}

/** Why a call came to nothing: the chart refused it, or it failed when so many calls had been made. */
export type CallEnd = "refused" | { readonly calls: number };

/** The client asks for readiness on behalf of a `connect()` that has resolved. */
export interface ReadyRequest {
  /** It shares the session of another call, which has asked. */
  readonly isJoined: boolean;
  /** Which session it is, by how many have ended before. */
  readonly session: number;
}

/**
 * Microtasks in which the client reacts to a promise of ours: it takes one. More would take a call of the app for the client's
 * reaction, where the transport is driven without a client, which need not react at all.
 */
const REACTION = 2;
/** Microtasks after a `disconnect()` of the client's own within which it has forgotten its requests. */
const FORGETTING = 3;

/** Runs after so many microtasks. */
export function afterMicrotasks(count: number, run: () => void): void {
  if (count === 0) run();
  else {
    queueMicrotask(() => {
      afterMicrotasks(count - 1, run);
    });
  }
}

/** What the client does next, at once or not at all, in reaction to a promise of ours. */
class Expected<T> {
  readonly #expected = new Set<{ readonly what: T }>();

  /** @param late called if it has not come. */
  expect(what: T, late: () => void = () => undefined): void {
    const entry = { what };
    this.#expected.add(entry);
    afterMicrotasks(REACTION, () => {
      if (this.#expected.delete(entry)) late();
    });
  }

  /** It has come, if it was expected. */
  take(): { readonly what: T } | undefined {
    const [first] = this.#expected;
    if (first !== undefined) this.#expected.delete(first);
    return first;
  }
}

/**
 * Tells the client's calls apart, which bring no identity along. A client reads `transport.state` in the same synchronous run
 * in which it begins an attempt, and never when it continues one. It calls `disconnect()` itself after each promise of ours
 * that rejects, directly after a reaction that we attached before it had the promise, and after `onBotDisconnected`: those
 * calls are no wish of the app. `docs/connect-attempts.md` has it in full; what becomes of the calls, the chart says.
 */
export class ClientCalls {
  /** What has happened in this run, and may explain the next call. */
  readonly #run = new Set<"looked" | "turned">();
  readonly #echoes = new Expected<{ readonly end: CallEnd; readonly over: () => void }>();
  readonly #ready = new Expected<ReadyRequest>();
  #calls = 0;
  #absorbed: { release: (() => void) | undefined } | undefined;

  /** The state was read. */
  looked(): void {
    this.#mark("looked");
  }

  /** A callback of the app has returned: that it read the state says nothing of a call that follows in the same run. */
  callbackReturned(): void {
    this.#run.delete("looked");
  }

  #mark(what: "looked" | "turned"): void {
    if (this.#run.size === 0) {
      queueMicrotask(() => {
        this.#run.clear();
      });
    }
    this.#run.add(what);
  }

  /** The next call, which is not a `disconnect()`. */
  next(): ClientCall {
    this.#releaseAbsorbed();
    this.#calls += 1;
    return { number: this.#calls, opens: this.#run.delete("looked"), afresh: this.#run.has("turned") };
  }

  /** A bot's start was answered: the client goes on in another run, if it does. */
  startAnswered(): void {
    this.#mark("turned");
  }

  /** How many calls there were. */
  get count(): number {
    return this.#calls;
  }

  /**
   * `disconnect()` was called.
   * @param release the app's wish; not run, or later, where the call is the client's own.
   */
  release(release: () => Promise<void>): Promise<void> {
    const echo = this.#echoes.take()?.what;
    if (echo !== undefined) {
      // Nothing new may begin before.
      afterMicrotasks(FORGETTING, echo.over);
      const isOvertaken = echo.end === "refused" || echo.end.calls < this.#calls;
      return isOvertaken ? Promise.resolve() : release();
    }
    this.#releaseAbsorbed();
    if (this.#absorbed === undefined) return this.#wish(release);
    const absorbed = this.#absorbed;
    return new Promise((resolve, reject) => {
      absorbed.release = () => {
        this.#wish(release).then(resolve, reject);
      };
      // Nothing of the app depends on it: the session has ended already.
      queueMicrotask(resolve);
    });
  }

  #wish(release: () => Promise<void>): Promise<void> {
    this.#calls += 1;
    this.#mark("turned");
    return release();
  }

  /** Runs a callback after which the client disconnects by itself: that `disconnect()`, the last one in it, is no wish. */
  absorbLastRelease(run: () => void): void {
    const absorbed = { release: undefined };
    this.#absorbed = absorbed;
    try {
      run();
    } finally {
      this.#absorbed = undefined;
    }
  }

  #releaseAbsorbed(): void {
    const release = this.#absorbed?.release;
    if (this.#absorbed !== undefined) this.#absorbed.release = undefined;
    release?.();
  }

  /**
   * The client has a promise, and disconnects if it rejects.
   * @param endOf why it was rejected; asked then.
   * @param over called when the client has done so.
   */
  answersWith(promise: Promise<void>, endOf: () => CallEnd, over: () => void = () => undefined): Promise<void> {
    promise.catch(() => {
      this.#echoes.expect({ end: endOf(), over }, over);
    });
    return promise;
  }

  /**
   * A `connect()` after which the client asks for readiness, directly after it has resolved.
   * @param asks On whose behalf; asked then.
   */
  asksForReady(promise: Promise<void>, asks: () => ReadyRequest): void {
    promise.then(
      () => {
        this.#ready.expect(asks());
      },
      () => undefined,
    );
  }

  /** On whose behalf the client asks for readiness now, if it does so right after a `connect()`. */
  takeReadyRequest(): ReadyRequest | undefined {
    return this.#ready.take()?.what;
  }
}
