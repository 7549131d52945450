/**
 * Remembers that `disconnect()` came while the client was still on its way to `connect()`.
 *
 * The client awaits `initDevices()` and the bot's start before it calls the transport's `connect()`, and does not look
 * whether the app has disconnected meanwhile: the call would start anyway. So what follows of such a cancelled way is
 * refused. A way that is begun anew clears the memory.
 */
export class StartGuard {
  /** Between `authenticating` and `authenticated`. */
  #starting = false;
  /** The bot whose start is under way is not wanted any more; if the start fails, nothing follows. */
  #abandoned = false;
  /** What of the way was cancelled: the next `connect()` belongs to it. */
  #cancelled: "devices" | "start" | undefined;

  /** The client begins to start the bot. False when it does so on a cancelled way. */
  botStarting(): boolean {
    this.#abandoned = this.#cancelled !== undefined;
    this.#cancelled = undefined;
    this.#starting = !this.#abandoned;
    return this.#starting;
  }

  /** The bot has started. False when nobody wants it any more. */
  botStarted(): boolean {
    const wanted = !this.#abandoned;
    this.#starting = false;
    this.#abandoned = false;
    if (!wanted) this.#cancelNextConnect();
    return wanted;
  }

  /** The client asks for devices. False when it does so on a cancelled way. */
  devicesRequested(): boolean {
    if (this.#cancelled === "start") {
      // It connects after the answer, which may take longer than this task.
      this.#cancelled = "devices";
      return false;
    }
    this.#cancelled = undefined;
    return true;
  }

  /** `disconnect()` was called; `awaited`: the client was waiting for devices on its way to connect. */
  released(awaited: boolean): void {
    if (this.#starting) this.#abandoned = true;
    else if (awaited) this.#cancelled = "devices";
    this.#starting = false;
  }

  /** Whether the `connect()` that arrives now belongs to a cancelled way. Asks once. */
  takeCancelled(): boolean {
    const cancelled = this.#cancelled !== undefined;
    this.#cancelled = undefined;
    this.#abandoned = false;
    return cancelled;
  }

  /** `startBotAndConnect()` goes on in the same task; after a mere `startBot()` nothing comes that must be refused. */
  #cancelNextConnect(): void {
    this.#cancelled = "start";
    setTimeout(() => {
      if (this.#cancelled === "start") this.#cancelled = undefined;
    }, 0);
  }
}
