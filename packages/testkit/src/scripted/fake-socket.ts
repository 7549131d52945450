/** A WebSocket that a test plays the other end of. */
export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static readonly made: FakeSocket[] = [];
  /** How the next sockets answer: open at once, or not at all. */
  static opens = true;

  readyState = FakeSocket.CONNECTING;
  binaryType = "blob";
  bufferedAmount = 0;
  readonly sent: string[] = [];

  constructor(
    readonly url: string,
    opens = FakeSocket.opens,
  ) {
    super();
    FakeSocket.made.push(this);
    if (opens) {
      queueMicrotask(() => {
        this.readyState = FakeSocket.OPEN;
        this.dispatchEvent(new Event("open"));
      });
    }
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.made.at(-1);
    if (socket === undefined) throw new Error("no socket was made");
    return socket;
  }

  send(data: string): void {
    this.sent.push(data);
  }

  close(code = 1000, reason = ""): void {
    this.ends(code, reason);
  }

  /** The socket is gone, whoever ended it. */
  ends(code: number, reason = ""): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason, wasClean: true }));
  }

  /** The service says something, in a binary frame. */
  says(message: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: new Blob([JSON.stringify(message)]) }));
  }

  /** The service says something, in a text frame. */
  tells(message: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  static get open(): number {
    return FakeSocket.made.filter(({ readyState }) => readyState === FakeSocket.OPEN).length;
  }
}
