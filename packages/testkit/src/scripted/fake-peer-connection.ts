import { CountingTarget } from "../worlds/world.js";

/** A track that is no more than an object with a name. */
export function fakeTrack(label: string, kind = "audio"): MediaStreamTrack {
  return { label, kind, readyState: "live", enabled: true } as MediaStreamTrack;
}

class FakeChannel extends CountingTarget {
  readonly sent: string[] = [];
  readyState = "connecting";
  bufferedAmount = 0;
  binaryType = "blob";
  /** Nothing more fits into what waits to be sent. */
  full = false;

  constructor(
    readonly label: string,
    private readonly most = (): number => Infinity,
  ) {
    super();
  }

  /** Refuses what a browser refuses. */
  send(text: string): void {
    if (new TextEncoder().encode(text).length > this.most()) throw new TypeError("larger than maxMessageSize");
    if (this.full) throw new DOMException("RTCDataChannel send queue is full", "OperationError");
    this.sent.push(text);
  }

  close(): void {
    this.readyState = "closed";
  }
}

/** An RTCPeerConnection in the hands of a test. */
export class FakePeerConnection extends CountingTarget {
  static all: FakePeerConnection[] = [];

  static get last(): FakePeerConnection {
    const last = FakePeerConnection.all.at(-1);
    if (last === undefined) throw new Error("Nobody has connected.");
    return last;
  }

  channel = new FakeChannel("");
  readonly sender = {
    track: null as MediaStreamTrack | null,
    replaced: [] as (string | undefined)[],
    replaceTrack: async (track: MediaStreamTrack | null): Promise<void> => {
      this.sender.replaced.push(track?.label);
      // As in browsers: not before what was asked for earlier.
      await Promise.resolve();
      this.sender.track = track;
    },
  };
  readonly directions: unknown[] = [];
  /** Reports beside that of what is received. */
  readonly stats: object[] = [];
  readonly sctp = { maxMessageSize: 1000 };
  connectionState = "new";
  offers = 0;
  answer: string | undefined;
  isClosed = false;

  /** RTP packets received so far. */
  packets = 0;

  constructor() {
    super();
    FakePeerConnection.all.push(this);
  }

  createDataChannel(label: string): FakeChannel {
    return (this.channel = new FakeChannel(label, () => this.sctp.maxMessageSize));
  }

  addTransceiver(_kind: string, { direction }: { direction: string }): object {
    this.directions.push(direction);
    const own = { type: "inbound-rtp", audioLevel: 0.5 };
    const stats = (): object[] => [{ ...own, packetsReceived: this.packets }, ...this.stats];
    return { sender: this.sender, receiver: { getStats: () => Promise.resolve(stats()) } };
  }

  /** How often the connection itself was asked what it measures. */
  measured = 0;
  /** What it says then; an error is thrown. */
  measurements: readonly object[] | Error = [];

  getStats(): Promise<readonly object[]> {
    this.measured += 1;
    return this.measurements instanceof Error ? Promise.reject(this.measurements) : Promise.resolve(this.measurements);
  }

  createOffer(): Promise<object> {
    this.offers += 1;
    return Promise.resolve({ type: "offer", sdp: "v=0 offer" });
  }

  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }

  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.answer = sdp;
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
  }

  /** The channel opens. */
  open(): void {
    this.channel.readyState = "open";
    this.channel.dispatchEvent(new Event("open"));
  }

  message(data: unknown): void {
    this.channel.dispatchEvent(new MessageEvent("message", { data }));
  }

  become(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  track(track: MediaStreamTrack): void {
    this.dispatchEvent(Object.assign(new Event("track"), { track }));
  }
}

export const FakePeerConnectionConstructor = FakePeerConnection as unknown as new () => RTCPeerConnection;
