import type { ServiceControl } from "../../../../src/testing/index.js";

class Channel extends EventTarget {
  readyState = "connecting";
  readonly bufferedAmount = 0;

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

/** What a service says on the channel of a call, beside that the session is there. */
export interface CallWords {
  readonly answer: (event: { readonly type: string }) => object | undefined;
  /** Why there is no use in another call. */
  readonly last: object;
}

/** OpenAI at the other end of a peer connection, which is made by an offer over HTTP. */
export class PeerService implements ServiceControl {
  readonly RTCPeerConnection: unknown;
  readonly #connections = new Set<{ fail(): void; hears(message: object): void; readonly isOffered: boolean }>();
  /** Calls that nobody has answered. */
  readonly #hanging: ((response: Response) => void)[] = [];
  /** Whether calls that hang are answered after all: with a refusal. */
  #gives: "nothing" | "refusals" = "nothing";
  #connect: "open" | "refuse" | "hang" = "open";
  #isReady = true;

  readonly #words: CallWords | undefined;

  constructor(words?: CallWords) {
    this.#words = words;
    const connections = this.#connections;
    const opened = (channel: Channel): void => {
      channel.open();
      if (this.#isReady) channel.hears({ type: "session.created", session: { type: "realtime" } });
    };
    const answer = (channel: Channel, data: string): void => {
      const answered = this.#isReady ? words?.answer(JSON.parse(data) as { readonly type: string }) : undefined;
      if (answered !== undefined) channel.hears(answered);
    };

    this.RTCPeerConnection = class extends EventTarget {
      connectionState = "new";
      isOffered = false;
      onconnectionstatechange: ((event: object) => void) | undefined;
      readonly sctp = { maxMessageSize: 262_144 };
      readonly #channel: Channel = new Channel((data) => answer(this.#channel, data));

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
      addTransceiver(): object {
        const sender = { track: null, replaceTrack: () => Promise.resolve() };
        return { sender, receiver: { getStats: () => Promise.resolve([]) } };
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
      hears(message: object): void {
        this.#channel.hears(message);
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
  get holdings(): readonly string[] {
    return [...this.#connections].filter(({ isOffered }) => isOffered).map(() => "a peer connection");
  }

  readonly fetch = async (): Promise<Response> => {
    if (this.#connect === "refuse" || (this.#connect === "hang" && this.#gives === "refusals")) return refusal();
    if (this.#connect === "hang") return new Promise((resolve) => this.#hanging.push(resolve));
    return new Response(ANSWER, { status: 201 });
  };

  connect(how: "open" | "refuse" | "hang"): void {
    this.#connect = how;
    this.#gives = "nothing";
  }
  ready(how: "at once" | "never"): void {
    this.#isReady = how === "at once";
  }
  close(): void {
    // A peer connection closes without an answer.
  }
  /** For good: it says so, on the channel or in answer to the offer. A path that fails may be found again. */
  drop(how: "retryable" | "final"): void {
    const last = how === "final" ? this.#words?.last : undefined;
    for (const connection of this.#connections) {
      if (!connection.isOffered) continue;
      if (last === undefined) connection.fail();
      else connection.hears(last);
    }
    if (last === undefined) return;
    this.#gives = "refusals";
    for (const answer of this.#hanging.splice(0)) answer(refusal());
  }
}

const refusal = (): Response => new Response('{"error":{"code":"invalid_api_key"}}', { status: 401 });

const ANSWER = "v=0 answer";
