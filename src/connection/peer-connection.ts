import {
  CongestionError,
  ConnectionAbortedError,
  ConnectionLostError,
  NotReadyError,
  ProtocolError,
} from "../errors.js";
import { abortReason } from "./abort-reason.js";
import { excessOf } from "./message-size.js";

/** An open peer connection: a channel for messages, the microphone one way, the bot's voice the other. */
export interface PeerHandle {
  /** @throws NotReadyError when the channel is not open; MessageTooLargeError; CongestionError when too much waits in it. */
  send(text: string): void;
  /** Whether the channel takes messages. */
  readonly isOpen: boolean;
  /** The track that is sent from now on; undefined sends nothing. Needs no negotiation. */
  setMicrophone(track: MediaStreamTrack | undefined): void;
  /** Loudness of what is received, 0 to 1; undefined where the browser does not say. */
  remoteLevel(): Promise<number | undefined>;
  /** When sound was last seen to come, by `remoteLevel()`: in ms of `performance.now()`. Undefined until then. */
  readonly soundAt: number | undefined;
  /** What the browser measures of it. @throws what the browser throws, as for a connection that is closed. */
  stats(): Promise<RTCStatsReport>;
  /** The largest message that the channel takes, in bytes; Infinity where the browser does not say. */
  readonly maxMessageSize: number;
  /** Releases everything; nothing is reported after that. Idempotent. */
  close(): void;
}

/** What `openPeer` needs. */
export interface PeerRequest {
  readonly RTCPeerConnection: new (configuration?: RTCConfiguration) => RTCPeerConnection;
  /** Name of the data channel. */
  readonly channel: string;
  /** How long ICE may stay `disconnected`, in ms. */
  readonly graceMs: number;
  /** Aborting it at any moment, also long after the opening, releases everything; nothing is reported after that. */
  readonly signal: AbortSignal;
  /** Hands the offer to the other side and resolves to its answer, both as SDP. */
  readonly exchange: (offer: string, signal: AbortSignal) => Promise<string>;
  /** The connection exists; it is not open yet. */
  readonly onPeer: (peer: PeerHandle) => void;
  readonly onRemoteTrack: (track: MediaStreamTrack, peer: PeerHandle) => void;
  readonly onMessage: (data: string | ArrayBuffer) => void;
  /** The one terminal fact of a connection that had opened. */
  readonly onLost: (error: ConnectionLostError) => void;
  /** It is over, however it ended, and everything is released. Once. */
  readonly onReleased: () => void;
}

/**
 * Opens one peer connection: an audio transceiver both ways and a data channel. Resolves when the channel is open.
 * @throws ConnectionLostError when it fails before; ProtocolError for an answer that is none; what `exchange` threw;
 * ConnectionAbortedError.
 */
export async function openPeer(request: PeerRequest): Promise<PeerHandle> {
  const { signal } = request;
  if (signal.aborted) throw abortReason(signal);
  const peer = new Peer(request);
  try {
    request.onPeer(peer);
    await peer.open();
    return peer;
  } catch (error) {
    peer.close();
    throw isAborted(signal) ? abortReason(signal) : error;
  }
}

/** Of the statistics of a receiver: what is looked at. */
interface InboundStats {
  readonly type?: unknown;
  readonly audioLevel?: unknown;
  readonly packetsReceived?: unknown;
}

class Peer implements PeerHandle {
  readonly #request: PeerRequest;
  readonly #connection: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #sender: RTCRtpSender;
  readonly #receiver: RTCRtpReceiver;
  /** What the sender was given last; it says so itself only once it has taken that. */
  #microphone: MediaStreamTrack | undefined;
  readonly #life = new AbortController();
  #phase: "opening" | "open" | "over" = "opening";
  #grace: ReturnType<typeof setTimeout> | undefined;
  #packets = 0;
  #soundAt: number | undefined;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(request: PeerRequest) {
    this.#request = request;
    this.#connection = new request.RTCPeerConnection();
    try {
      this.#channel = this.#connection.createDataChannel(request.channel);
      this.#channel.binaryType = "arraybuffer";
      // Both ways from the start: a track that comes later, or changes, then needs no negotiation.
      const { sender, receiver } = this.#connection.addTransceiver("audio", { direction: "sendrecv" });
      this.#sender = sender;
      this.#receiver = receiver;
    } catch (error) {
      this.#connection.close();
      throw error;
    }
    this.#listen();
  }

  get soundAt(): number | undefined {
    return this.#soundAt;
  }

  get maxMessageSize(): number {
    const size = this.#connection.sctp?.maxMessageSize ?? 0;
    return size > 0 ? size : Infinity;
  }

  async open(): Promise<void> {
    const { exchange } = this.#request;
    const opened = new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    opened.catch(() => undefined);
    const negotiate = async (): Promise<void> => {
      const offer = await this.#connection.createOffer();
      await this.#connection.setLocalDescription(offer);
      const sdp = await exchange(offer.sdp ?? "", this.#life.signal);
      if (this.#phase !== "over") await this.#accept(sdp);
    };
    // Whichever comes first: a connection may fail, or be closed, while the other side is still being asked.
    await Promise.race([negotiate().then(() => opened), opened]);
  }

  get isOpen(): boolean {
    return this.#phase === "open" && this.#channel.readyState === "open";
  }

  send(text: string): void {
    if (!this.isOpen) throw new NotReadyError("The connection is not open, so nothing can be sent.");
    const excess = excessOf(text, this.maxMessageSize);
    if (excess !== undefined) throw excess;
    try {
      this.#channel.send(text);
    } catch (cause) {
      throw new CongestionError("The network is too slow: the data channel refused a message.", { cause });
    }
  }

  setMicrophone(track: MediaStreamTrack | undefined): void {
    if (this.#phase === "over" || this.#microphone === track) return;
    this.#microphone = track;
    // It rejects only for a connection that has just been closed.
    this.#sender.replaceTrack(track ?? null).catch(() => undefined);
  }

  async remoteLevel(): Promise<number | undefined> {
    if (this.#phase === "over") return undefined;
    let level: number | undefined;
    const stats = await this.#receiver.getStats();
    stats.forEach(({ type, audioLevel, packetsReceived }: InboundStats) => {
      if (type !== "inbound-rtp") return;
      if (typeof audioLevel === "number") level = audioLevel;
      if (typeof packetsReceived !== "number" || packetsReceived <= this.#packets) return;
      this.#packets = packetsReceived;
      this.#soundAt = performance.now();
    });
    return level;
  }

  async stats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  close(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    clearTimeout(this.#grace);
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    this.#life.abort(new ConnectionAbortedError("The connection was given up."));
    this.#channel.close();
    this.#connection.close();
    this.#settle?.reject(new ConnectionAbortedError("The connection was given up."));
    this.#request.onReleased();
  }

  async #accept(sdp: string): Promise<void> {
    try {
      await this.#connection.setRemoteDescription({ type: "answer", sdp });
    } catch (cause) {
      // Whoever stood between us and the service this time may be gone the next.
      throw new ProtocolError("The answer to the offer is no SDP that could be used.", { cause, retryable: true });
    }
  }

  #listen(): void {
    const { signal } = this.#life;
    this.#request.signal.addEventListener("abort", this.#onAbort);
    this.#connection.addEventListener("track", ({ track }) => this.#request.onRemoteTrack(track, this), { signal });
    this.#connection.addEventListener("connectionstatechange", () => this.#connectionChanged(), { signal });
    this.#channel.addEventListener("open", () => this.#opened(), { signal });
    // `closing`: the other side closes the channel. It may be gone before it is `closed`, which then never comes.
    for (const type of ["closing", "close"] as const) {
      this.#channel.addEventListener(type, () => this.#lose("the data channel was closed"), { signal });
    }
    this.#channel.addEventListener(
      "message",
      ({ data }: MessageEvent<unknown>) => {
        if (typeof data === "string" || data instanceof ArrayBuffer) this.#request.onMessage(data);
      },
      { signal },
    );
  }

  readonly #onAbort = (): void => this.close();

  #opened(): void {
    if (this.#phase !== "opening") return;
    this.#phase = "open";
    this.#settle?.resolve();
  }

  /** A lost path is often found again by ICE itself, as when a phone changes its network. */
  #connectionChanged(): void {
    clearTimeout(this.#grace);
    const { graceMs } = this.#request;
    const state = this.#connection.connectionState;
    if (state === "failed") this.#lose("ICE or DTLS failed");
    else if (state === "closed") this.#lose("the peer connection was closed");
    else if (state === "disconnected") {
      this.#grace = setTimeout(() => this.#lose(`no network path for ${graceMs} ms`), graceMs);
    }
  }

  #lose(why: string): void {
    if (this.#phase === "over") return;
    const wasOpen = this.#phase === "open";
    const error = new ConnectionLostError(`The WebRTC connection was lost: ${why}.`, { retryable: true });
    if (!wasOpen) this.#settle?.reject(error);
    this.close();
    if (wasOpen) this.#request.onLost(error);
  }
}

/** Asked anew: it may have been aborted meanwhile. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
