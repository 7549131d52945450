import type { Past } from "./plan.js";

/**
 * The handle with which a session is taken up again after its connection was lost. It lives as long as one session, from
 * `connect()` to `disconnect()`, and is a secret: whoever has it can read on.
 */
export class Resumption {
  #handle: string | undefined;
  #fresh = false;
  #begunAnew = false;

  /** The newest handle; undefined when there is nothing to take up. */
  get handle(): string | undefined {
    return this.#handle;
  }

  /** What the next attempt is to offer. */
  get past(): Omit<Past, "returning"> {
    return { handle: this.#handle, fresh: this.#fresh };
  }

  /** Whether a session that was refused may still be begun anew. */
  get mayBeginAnew(): boolean {
    return !this.#begunAnew;
  }

  /** A new session. @param keep Take up the last one. */
  begin(keep: boolean): void {
    if (!keep) this.#handle = undefined;
    this.#fresh = false;
    this.#begunAnew = false;
  }

  /** The service gave a handle: it replaces the last. */
  keep(handle: string): void {
    this.#handle = handle;
    this.#fresh = false;
  }

  /** Lets go of the handle; the next attempt begins anew, which is done once a session. */
  drop(): void {
    this.#handle = undefined;
    this.#fresh = true;
    this.#begunAnew = true;
  }
}
