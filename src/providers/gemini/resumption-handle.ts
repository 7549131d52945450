/**
 * The handle with which a session is taken up again after its connection was lost. It lives as long as one session, from
 * `connect()` to `disconnect()`, and is a secret: whoever has it can read on.
 */
export class ResumptionHandle {
  #handle: string | undefined;
  #fresh = false;
  #begunAnew = false;

  /** What the next attempt is to offer: the newest handle, or none, whatever the settings say. */
  get past(): { readonly handle: string | undefined; readonly fresh: boolean } {
    return { handle: this.#handle, fresh: this.#fresh };
  }

  /** Whether a session that is refused may be begun anew. */
  get mayBeginAnew(): boolean {
    return !this.#begunAnew;
  }

  /** A new session takes up the last one. */
  begin(): void {
    this.#fresh = false;
    this.#begunAnew = false;
  }

  /**
   * The service gave a handle: it replaces the last.
   * @param proven The connection was good for something, so that another one may be begun anew.
   */
  keep(handle: string, proven: boolean): void {
    this.#handle = handle;
    this.#fresh = false;
    if (proven) this.#begunAnew = false;
  }

  /** The conversation that the handle is for is not wanted any more. */
  renounce(): void {
    this.#handle = undefined;
    this.#fresh = true;
  }

  /** The handle was refused: lets go of it; the next attempt begins anew, once until that has proven itself. */
  drop(): void {
    this.renounce();
    this.#begunAnew = true;
  }
}
