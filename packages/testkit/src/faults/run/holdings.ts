import { WebSocket as NodeWebSocket } from "ws";
import type { Clock, WebSocketConstructor } from "../../../../../src/options.js";
import { QuickMedia } from "../../worlds/quick-media.js";

/** The real clock, which counts. */
export class CountingClock implements Clock {
  readonly #pending = new Set<NodeJS.Timeout>();

  /** Timers that wait. */
  get pending(): number {
    return this.#pending.size;
  }

  setTimeout(run: (...args: never[]) => void, ms: number): unknown {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      run();
    }, ms);
    this.#pending.add(timer);
    return timer;
  }

  clearTimeout(id: unknown): void {
    for (const timer of this.#pending) if (timer === id) this.#pending.delete(timer);
    clearTimeout(id as NodeJS.Timeout);
  }
}

/** Real sockets, counted. */
export class SocketWatch {
  /** The most that were open or connecting at one time. */
  most = 0;
  readonly #sockets: NodeWebSocket[] = [];

  /** To be given to a transport as its `WebSocket`. */
  readonly WebSocket: WebSocketConstructor;

  constructor() {
    const opened = (socket: NodeWebSocket): void => {
      this.#sockets.push(socket);
      this.most = Math.max(this.most, this.open);
    };
    class Watched extends NodeWebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        opened(this);
      }
    }
    // Of `ws`: the same as a browser's, as far as a transport uses it.
    this.WebSocket = Watched as unknown as WebSocketConstructor;
  }

  /** Open or connecting; one that has begun to close is given back. */
  get open(): number {
    return this.#sockets.filter(({ readyState }) => readyState < NodeWebSocket.CLOSING).length;
  }

  /** Ends what waits for a peer that is gone: `ws` would give it half a minute. */
  terminate(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** Media that counts the pieces of sound that it is given through Pipecat's method. */
export class CountingMedia extends QuickMedia {
  pieces = 0;

  override bufferBotAudio(data: ArrayBuffer | Int16Array, id?: string): Int16Array {
    this.pieces += 1;
    return super.bufferBotAudio(data, id);
  }
}
