type Listener = (event: never) => void;

/** A WebSocket that does what a test says, and counts its listeners. */
export class FakeWebSocket {
  static readonly all: FakeWebSocket[] = [];

  binaryType = "blob";
  bufferedAmount = 0;
  readyState = 0;
  readonly sent: unknown[] = [];
  readonly closeCalls: { code: number | undefined; reason: string | undefined }[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(
    readonly url: string | URL,
    readonly protocols?: string | string[],
  ) {
    FakeWebSocket.all.push(this);
  }

  static get last(): FakeWebSocket {
    const last = FakeWebSocket.all.at(-1);
    if (last === undefined) throw new Error("no socket was made");
    return last;
  }

  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(type, listeners);
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  emit(type: string, event: object = {}): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event as never);
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(code?: number, reason?: string): void {
    this.closeCalls.push({ code, reason });
    if (this.readyState < 2) this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.emit("open");
  }

  message(data: unknown): void {
    this.emit("message", { data });
  }

  drop(code = 1006, reason = "", wasClean = false): void {
    this.readyState = 3;
    this.emit("close", { code, reason, wasClean });
  }
}

/** The fake in the type of the real constructor. */
export const FakeWebSocketConstructor = FakeWebSocket as unknown as new (
  url: string | URL,
  protocols?: string | string[],
) => WebSocket;
