import type { TransportOptions } from "rtvi-machine";

/** What a transport is given of the network. */
export type NetworkParts = Required<Pick<TransportOptions, "WebSocket" | "RTCPeerConnection" | "network">>;

/** RFC 6455, 7.1.5: a connection that ended without a close frame. */
const ABNORMAL_CLOSURE = 1006;

/**
 * The page's network with a switch, so that a visitor sees what a lost connection does. Cut, it does to a transport what a browser
 * does when the cable is pulled: `offline`, sockets that close without a word, peer connections that fail.
 */
export class CuttableNetwork extends EventTarget {
  readonly parts: NetworkParts;
  readonly #open = new Set<() => void>();
  #isCut = false;

  constructor() {
    super();
    const { sockets, peers } = connectionsThatDrop((drop) => this.#watch(drop));
    this.parts = { WebSocket: sockets, RTCPeerConnection: peers, network: this };
    for (const type of ["online", "offline", "pageshow"]) this.#forward(window, type);
    this.#forward(document, "visibilitychange");
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** As the browser's own: whether there is a network. */
  get navigator(): { readonly onLine: boolean } {
    return { onLine: navigator.onLine && !this.#isCut };
  }

  get document(): Document {
    return document;
  }

  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.dispatchEvent(new Event("offline"));
    for (const drop of [...this.#open]) drop();
    this.#open.clear();
  }

  restore(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    this.dispatchEvent(new Event("online"));
  }

  /** Calls `drop` at the next cut; at once where the network is cut now. Returns how to forget it. */
  #watch(drop: () => void): () => void {
    if (this.#isCut) queueMicrotask(drop);
    else this.#open.add(drop);
    return () => this.#open.delete(drop);
  }

  #forward(source: EventTarget, type: string): void {
    source.addEventListener(type, () => {
      if (!this.#isCut) this.dispatchEvent(new Event(type));
    });
  }
}

/** The browser's classes, whose instances end when what `watch` was given is called. */
function connectionsThatDrop(watch: (drop: () => void) => () => void) {
  class DroppableSocket extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      const forget = watch(() => {
        this.dispatchEvent(new CloseEvent("close", { code: ABNORMAL_CLOSURE }));
        this.close();
      });
      this.addEventListener("close", forget, { once: true });
    }
  }

  class DroppablePeer extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      watch(() => {
        Object.defineProperty(this, "connectionState", { value: "failed" });
        this.dispatchEvent(new Event("connectionstatechange"));
        this.close();
      });
    }
  }
  return { sockets: DroppableSocket, peers: DroppablePeer };
}
