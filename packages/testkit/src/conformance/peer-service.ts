import type { ServiceControl } from "../../../../src/testing/index.js";

class Channel extends EventTarget {
  readyState = "connecting";

  constructor(private readonly sent: (data: string) => void) {
    super();
  }
  send(data: string): void {
    this.sent(data);
  }
  close(): void {
    this.readyState = "closed";
  }
  open(): void {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }
  hears(message: object): void {
    setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) })), 0);
  }
}

/** OpenAI at the other end of a peer connection, which is made by an offer over HTTP. */
export class PeerService implements ServiceControl {
  readonly RTCPeerConnection: unknown;
  readonly #connections = new Set<{ fail(): void; readonly isOffered: boolean }>();
  #connect: "open" | "refuse" | "hang" = "open";
  #isReady = true;

  constructor() {
    const connections = this.#connections;
    const opened = (channel: Channel): void => {
      channel.open();
      if (this.#isReady) channel.hears({ type: "session.created" });
    };

    this.RTCPeerConnection = class extends EventTarget {
      connectionState = "new";
      isOffered = false;
      onconnectionstatechange: ((event: object) => void) | undefined;
      readonly #channel = new Channel(() => undefined);

      constructor() {
        super();
        connections.add(this);
      }
      createDataChannel(): Channel {
        return this.#channel;
      }
      addTrack(track: object): object {
        return { track, replaceTrack: () => Promise.resolve() };
      }
      createOffer(): Promise<object> {
        return Promise.resolve({ type: "offer", sdp: "v=0" });
      }
      setLocalDescription(): Promise<void> {
        // A connection holds nothing before.
        this.isOffered = true;
        return Promise.resolve();
      }
      setRemoteDescription({ sdp }: { readonly sdp: string }): Promise<void> {
        // What cases answer to other requests is fine too.
        if (sdp.includes("error"))
          return Promise.reject(new DOMException("Failed to parse SessionDescription", "OperationError"));
        setTimeout(() => {
          this.#become("connected");
          opened(this.#channel);
        }, 0);
        return Promise.resolve();
      }
      /** Its own close fires no event. */
      close(): void {
        this.connectionState = "closed";
        this.#channel.close();
        connections.delete(this);
      }
      fail(): void {
        this.#become("failed");
      }
      #become(state: string): void {
        if (this.connectionState === "closed") return;
        this.connectionState = state;
        this.onconnectionstatechange?.({ target: this });
        this.dispatchEvent(new Event("connectionstatechange"));
      }
    };
  }

  /** Peer connections that were offered and not closed, in words. */
  get held(): readonly string[] {
    return [...this.#connections].filter(({ isOffered }) => isOffered).map(() => "a peer connection");
  }

  readonly fetch = async (): Promise<Response> => {
    if (this.#connect === "hang") await new Promise<never>(() => undefined);
    if (this.#connect === "refuse") return new Response('{"error":{"code":"invalid_api_key"}}', { status: 401 });
    return new Response(ANSWER, { status: 201 });
  };

  connect(how: "open" | "refuse" | "hang"): void {
    this.#connect = how;
  }
  ready(how: "at once" | "never"): void {
    this.#isReady = how === "at once";
  }
  close(): void {
    // A peer connection closes without an answer.
  }
  drop(): void {
    for (const connection of this.#connections) if (connection.isOffered) connection.fail();
  }
}

const ANSWER = "v=0 answer";
