/**
 * Remembers that `disconnect()` came while the client was still on its way to `connect()`.
 *
 * The client awaits `initDevices()` and the bot's start before it calls the transport's `connect()`, and does not look
 * whether the app has disconnected meanwhile: the call would start anyway. So the one `connect()` that follows such a
 * cancelled step is refused. A fresh step clears the memory.
 */
export class StartGuard {
  #starting = false;
  #cancelled = false;

  /** The client began to start the bot. */
  botStarting(): void {
    this.#starting = true;
    this.#cancelled = false;
  }

  /** The bot's start is over. */
  botStarted(): void {
    this.#starting = false;
  }

  /** The client asks for devices. */
  devicesRequested(): void {
    if (!this.#starting) this.#cancelled = false;
  }

  /** `disconnect()` was called; `awaited`: the client was waiting for devices on its way to connect. */
  released(awaited: boolean): void {
    if (this.#starting || awaited) this.#cancelled = true;
    this.#starting = false;
  }

  /** Whether the `connect()` that arrives now belongs to a cancelled start. Asks once. */
  takeCancelled(): boolean {
    const cancelled = this.#cancelled;
    this.#cancelled = false;
    return cancelled;
  }
}
