/**
 * The handle with which a session is taken up again after its connection was lost. It lives as long as one session, from
 * `connect()` to `disconnect()`, and is a secret: whoever has it can read on.
 */
export class ResumptionHandle {
  #handle: string | undefined;
  /**
   * "usual": the newest handle is offered, if there is one. "renounced", "refused": the next attempt offers none, because nobody wants that
   * conversation any more, or the service does not know it. "unproven": begun anew after a refusal, and not yet good for anything.
   */
  #phase: "usual" | "renounced" | "refused" | "unproven" = "usual";

  /** What the next attempt is to offer: the newest handle, or none, whatever the settings say. */
  get past(): { readonly handle: string | undefined; readonly fresh: boolean } {
    return { handle: this.#handle, fresh: this.#phase === "renounced" || this.#phase === "refused" };
  }

  /** Whether a session that is refused may be begun anew. */
  get mayBeginAnew(): boolean {
    return this.#phase === "usual" || this.#phase === "renounced";
  }

  /** A new session takes up the last one. */
  begin(): void {
    this.#phase = "usual";
  }

  /**
   * The service gave a handle: it replaces the last.
   * @param proven The connection was good for something, so that another one may be begun anew.
   */
  keep(handle: string, proven: boolean): void {
    this.#phase = proven || this.mayBeginAnew ? "usual" : "unproven";
    this.#handle = handle;
  }

  /** The conversation that the handle is for is not wanted any more. */
  renounce(): void {
    this.#phase = this.mayBeginAnew ? "renounced" : "refused";
    this.#handle = undefined;
  }

  /** The handle was refused: lets go of it; the next attempt begins anew, once until that has proven itself. */
  drop(): void {
    this.#phase = "refused";
    this.#handle = undefined;
  }
}
