import { vi } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { CountingTarget } from "./world.js";

/** What a page may lack. An insecure one lacks several at once, as in Chromium. */
export type Lack =
  | "nothing"
  | "secure context"
  | "mediaDevices"
  | "getUserMedia"
  | "AudioContext"
  | "AudioWorklet"
  | "WebSocket"
  | "RTCPeerConnection"
  | "fetch";

/** The page's globals, of which some are missing, and what was taken from it and not given back. */
export class FakePage {
  readonly #tracks = new Set<object>();
  readonly #contexts = new Set<object>();
  readonly #sockets = new Set<NodeWebSocket>();
  readonly #peers = new Set<object>();
  readonly #window = new CountingTarget();
  readonly #mediaDevices = new CountingTarget();

  /** Its globals are gone again after `vi.unstubAllGlobals()`. */
  constructor(lack: Lack) {
    const isSecure = lack !== "secure context";
    const media = isSecure && lack !== "mediaDevices" ? { mediaDevices: this.#devices(lack) } : {};
    const globals = {
      window: this.#window,
      navigator: media,
      isSecureContext: isSecure,
      AudioContext: lack === "AudioContext" ? undefined : this.#audioContext(isSecure && lack !== "AudioWorklet"),
      AudioWorkletNode: FakeWorkletNode,
      WebSocket: lack === "WebSocket" ? undefined : this.#webSocket(),
      RTCPeerConnection: lack === "RTCPeerConnection" ? undefined : this.#peerConnection(),
      fetch: lack === "fetch" ? undefined : () => Promise.resolve(new Response("v=0 answer", { status: 201 })),
    };
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  }

  get held(): Readonly<Record<string, number>> {
    const { size: tracks } = this.#tracks;
    const { size: contexts } = this.#contexts;
    const { size: sockets } = this.#sockets;
    const { size: peers } = this.#peers;
    return { tracks, contexts, sockets, peers, listeners: this.#window.listeners + this.#mediaDevices.listeners };
  }

  #devices(lack: Lack): object {
    const device = { deviceId: "mic", groupId: "", kind: "audioinput", label: "Microphone" };
    const getUserMedia = (): Promise<object> => Promise.resolve(this.#stream());
    return Object.assign(this.#mediaDevices, {
      enumerateDevices: () => Promise.resolve([device]),
      ...(lack !== "getUserMedia" && { getUserMedia }),
    });
  }

  #stream(): object {
    const track = Object.assign(new EventTarget(), {
      kind: "audio",
      label: "Microphone",
      readyState: "live",
      enabled: true,
      getSettings: () => ({ deviceId: "mic" }),
      stop: () => this.#tracks.delete(track),
    });
    this.#tracks.add(track);
    return { getTracks: () => [track], getAudioTracks: () => [track] };
  }

  #audioContext(hasWorklets: boolean): unknown {
    const contexts = this.#contexts;
    return class extends EventTarget {
      readonly sampleRate: number;
      readonly destination = {};
      state = "running";

      constructor({ sampleRate = 48_000 }: { sampleRate?: number } = {}) {
        super();
        this.sampleRate = sampleRate;
        if (hasWorklets) Object.assign(this, { audioWorklet: { addModule: () => Promise.resolve() } });
        contexts.add(this);
      }

      createMediaStreamSource(): object {
        return { connect: () => undefined, disconnect: () => undefined };
      }

      close(): Promise<void> {
        this.state = "closed";
        contexts.delete(this);
        return Promise.resolve();
      }
    };
  }

  #webSocket(): unknown {
    const sockets = this.#sockets;
    return class extends NodeWebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        sockets.add(this);
        this.once("close", () => sockets.delete(this));
      }
    };
  }

  /** It opens as soon as there is an answer, to a service that is ready at once. */
  #peerConnection(): unknown {
    const peers = this.#peers;
    return class extends EventTarget {
      connectionState = "new";
      readonly #channel = Object.assign(new EventTarget(), {
        readyState: "connecting",
        send: (text: string) => {
          if (text.includes("session.update")) this.#says("session.updated");
        },
        close: () => undefined,
      });

      constructor() {
        super();
        peers.add(this);
      }

      createDataChannel(): object {
        return this.#channel;
      }

      addTransceiver(): object {
        return { sender: { track: null, replaceTrack: () => Promise.resolve() }, receiver: {} };
      }

      createOffer(): Promise<object> {
        return Promise.resolve({ type: "offer", sdp: "v=0 offer" });
      }

      setLocalDescription(): Promise<void> {
        return Promise.resolve();
      }

      setRemoteDescription(): Promise<void> {
        this.#channel.readyState = "open";
        this.#channel.dispatchEvent(new Event("open"));
        setTimeout(() => this.#says("session.created"), 0);
        return Promise.resolve();
      }

      close(): void {
        peers.delete(this);
      }

      #says(type: string): void {
        const data = JSON.stringify({ type, session: { type: "realtime" } });
        this.#channel.dispatchEvent(new MessageEvent("message", { data }));
      }
    };
  }
}

class FakeWorkletNode {
  onprocessorerror: unknown = null;
  readonly port = {
    onmessage: null as ((event: { readonly data: unknown }) => void) | null,
    postMessage: ({ type }: { readonly type: string }) => {
      if (type === "stop") queueMicrotask(() => this.port.onmessage?.({ data: { type: "stopped" } }));
    },
  };

  constructor(readonly context: object) {}

  connect(): void {}

  disconnect(): void {}
}
