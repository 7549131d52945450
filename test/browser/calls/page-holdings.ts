import type { TransportOptions } from "../../../src/options.js";

/** What one transport of many in a page takes of the browser. */
export class PageHoldings {
  /** The most connections that there ever were at one time. */
  mostPeers = 0;
  /** For a transport, which then takes everything from here. */
  readonly options: Pick<TransportOptions, "RTCPeerConnection" | "audio">;
  readonly #peers: RTCPeerConnection[] = [];
  readonly #contexts: AudioContext[] = [];
  readonly #tracks: MediaStreamTrack[] = [];

  constructor() {
    const { mediaDevices } = navigator;
    const made = (peer: RTCPeerConnection): void => {
      this.#peers.push(peer);
      this.mostPeers = Math.max(this.mostPeers, this.#peers.filter(isOpen).length);
    };
    const begun = (context: AudioContext): unknown => this.#contexts.push(context);
    class Peer extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        made(this);
      }
    }
    class Context extends AudioContext {
      constructor(options?: AudioContextOptions) {
        super(options);
        begun(this);
      }
    }
    const getUserMedia = async (constraints?: MediaStreamConstraints): Promise<MediaStream> => {
      const stream = await mediaDevices.getUserMedia(constraints);
      this.#tracks.push(...stream.getTracks());
      return stream;
    };
    const devices = new Proxy(mediaDevices, {
      get(target, name) {
        if (name === "getUserMedia") return getUserMedia;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    this.options = { RTCPeerConnection: Peer, audio: { mediaDevices: devices, AudioContext: Context } };
  }

  /** What is held, in words; empty when nothing is. */
  get leftovers(): string[] {
    const counts: readonly (readonly [string, number])[] = [
      ["peer connections", this.#peers.filter(isOpen).length],
      ["audio contexts", this.#contexts.filter(({ state }) => state !== "closed").length],
      ["microphone tracks", this.#tracks.filter(({ readyState }) => readyState === "live").length],
    ];
    return counts.filter(([, count]) => count > 0).map(([what, count]) => `${String(count)} ${what}`);
  }
}

const isOpen = ({ signalingState }: RTCPeerConnection): boolean => signalingState !== "closed";
