import type { ServiceControl } from "./conformance/harness.js";
import { controlOf, type ServiceConduct } from "./scripted-hands.js";

/** A WebSocket whose other end is a script. */
export interface ScriptedSocket extends EventTarget {
  readonly url: string;
  /** What the transport has sent, in order. */
  readonly sent: readonly unknown[];
  /** The service says something: text, or bytes in a binary frame. It arrives as an event of its own. */
  receive(data: string | Uint8Array<ArrayBuffer>): void;
}

/** What a service says. It says nothing while it is scripted never to get ready. */
export interface ServiceWords {
  opened?(socket: ScriptedSocket): void;
  sent?(socket: ScriptedSocket, data: unknown): void;
}

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3] as const;

class Socket extends EventTarget implements ScriptedSocket {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;

  readyState: number = CONNECTING;
  binaryType: BinaryType = "blob";
  readonly bufferedAmount = 0;
  readonly protocol = "";
  readonly sent: unknown[] = [];
  /** As `WebSocket` has them, beside the listeners. */
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: Event) => void) | null = null;
  /** The transport has called `close()`: from then on the service alone holds it. */
  isAbandoned = false;
  readonly url: string;

  constructor(
    url: string | URL,
    private readonly script: ServiceConduct,
    private readonly words: ServiceWords,
  ) {
    super();
    this.url = String(url);
    if (script.connect === "hang") return;
    queueMicrotask(() => {
      if (this.readyState !== CONNECTING) return;
      if (script.connect === "refuse") {
        // As a browser does it: the error comes first, and says nothing.
        this.#happens("onerror", new Event("error"));
        this.ends(1006);
        return;
      }
      this.readyState = OPEN;
      this.#happens("onopen", new Event("open"));
      if (script.ready === "at once") words.opened?.(this);
    });
  }

  #happens(name: "onopen" | "onmessage" | "onerror" | "onclose", event: Event): void {
    this[name]?.(event);
    this.dispatchEvent(event);
  }

  send(data: unknown): void {
    this.sent.push(data);
    if (this.script.ready === "at once") this.words.sent?.(this, data);
  }

  close(): void {
    this.isAbandoned = true;
    if (this.script.close === "answer") queueMicrotask(() => this.ends(1000));
  }

  /** It is gone, whoever ended it. */
  ends(code: number): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#happens("onclose", Object.assign(new Event("close"), { code, reason: "", wasClean: true }));
  }

  receive(data: string | Uint8Array<ArrayBuffer>): void {
    const inKind = (): unknown => {
      if (typeof data === "string") return data;
      return this.binaryType === "blob" ? blobOf(data) : data.buffer;
    };
    setTimeout(() => {
      if (this.readyState === OPEN) this.#happens("onmessage", new MessageEvent("message", { data: inKind() }));
    }, 0);
  }
}

/** A blob that is read within a turn: a real one is read by another thread, whose time no script has. */
function blobOf(data: Uint8Array<ArrayBuffer>): Blob {
  return Object.assign(new Blob([data]), {
    text: () => Promise.resolve(new TextDecoder().decode(data)),
    arrayBuffer: () => Promise.resolve(data.slice().buffer),
  });
}

/** A service at the other end of WebSockets: `WebSocket` is for the transport, the rest for the test. */
export interface ScriptedConnection extends ServiceControl {
  readonly WebSocket: typeof WebSocket;
  /** All that were made, oldest first. */
  readonly sockets: readonly ScriptedSocket[];
  /** Sockets that the transport has not given up; a leak if not 0 after a session. */
  readonly held: number;
}

/**
 * @param words What the service says when a socket has opened, and when it is sent something.
 * @param finalCode The close code after which it makes no sense to connect again, for `drop("final")`. Default 1008.
 */
export function scriptedConnection(words: ServiceWords = {}, finalCode = 1008): ScriptedConnection {
  const script: ServiceConduct = { connect: "open", ready: "at once", close: "answer" };
  const sockets: Socket[] = [];
  const open = (): Socket[] => sockets.filter(({ readyState }) => readyState < CLOSING);
  class OfThisService extends Socket {
    constructor(url: string | URL) {
      super(url, script, words);
      sockets.push(this);
    }
  }
  return {
    // What transports use of it is there.
    WebSocket: OfThisService as unknown as typeof WebSocket,
    sockets,
    get held() {
      return open().filter(({ isAbandoned }) => !isAbandoned).length;
    },
    ...controlOf(script),
    drop: (how) => {
      for (const socket of open()) socket.ends(how === "retryable" ? 1006 : finalCode);
    },
  };
}
