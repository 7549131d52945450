import { LogLevel, PipecatClient } from "@pipecat-ai/client-js";
import { GeminiLiveWebsocketTransport as PeerTransport } from "@pipecat-ai/gemini-live-websocket-transport";
import { decodeBase64, encodeBase64 } from "../src/codec/base64.js";
import { floatToPcm16 } from "../src/codec/pcm16.js";
import { WebAudioMediaManager } from "../src/media/web-audio-media-manager.js";
import { GeminiLiveWebsocketTransport } from "../src/providers/gemini/index.js";
import type { Row } from "./report.js";
import { talk } from "./talk.js";

/** What both managers have in common. */
interface Manager {
  setUserAudioCallback(callback: (data: ArrayBuffer) => void): void;
  initialize(): Promise<void>;
  connect(): Promise<void>;
  enableMic(enable: boolean): unknown;
  bufferBotAudio(data: ArrayBuffer, id?: string): Int16Array | undefined;
}

interface Peer {
  readonly WavMediaManager: new (recorderChunkSize?: number) => Manager;
  readonly arrayBufferToBase64: (buffer: ArrayBuffer) => string;
  readonly base64ToArrayBuffer: (text: string) => ArrayBuffer;
  readonly floatTo16BitPCM: (samples: Float32Array) => ArrayBuffer;
}

declare global {
  interface Window {
    readonly benchPeer: Peer;
    bench: typeof bench;
  }
}

/** "driver" is the load without a player. */
export type Variant = "ours" | "peer-960" | "peer-8192" | "driver";

const SAMPLE_RATE = 24_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

// The same microphone for everybody: browser processing would drown what is compared.
const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const streams: MediaStream[] = [];
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const audio = typeof constraints?.audio === "object" ? constraints.audio : {};
  const stream = await getUserMedia({ ...constraints, audio: { ...audio, ...plain } });
  streams.push(stream);
  return stream;
};

const nodes: WatchedNode[] = [];

/** Known from birth, so that posts can be counted, and what goes to the output heard. */
class WatchedNode extends AudioWorkletNode {
  static tap: AudioNode | undefined;
  audible = false;

  constructor(...args: ConstructorParameters<typeof AudioWorkletNode>) {
    super(...args);
    nodes.push(this);
  }

  override connect(destination: AudioNode, output?: number, input?: number): AudioNode;
  override connect(destination: AudioParam, output?: number): void;
  override connect(destination: AudioNode | AudioParam, output?: number, input?: number): AudioNode | void {
    if (destination instanceof AudioParam) {
      super.connect(destination, output);
      return;
    }
    this.audible ||= destination instanceof AudioDestinationNode;
    if (this.audible) this.listen();
    return super.connect(destination, output, input);
  }

  listen(): void {
    const { tap } = WatchedNode;
    if (tap?.context === this.context) super.connect(tap);
  }
}

const PlainNode = window.AudioWorkletNode;
window.AudioWorkletNode = WatchedNode;

const TAP = `registerProcessor("bench-tap", class extends AudioWorkletProcessor {
  heard = 0;
  constructor() {
    super();
    this.port.onmessage = () => this.port.postMessage(this.heard);
  }
  process([input]) {
    for (const sample of input[0] ?? []) if (sample !== 0) this.heard += 1;
    return true;
  }
});`;

/** A socket that never opens: what is measured ends with its request. */
class SilentSocket extends EventTarget {
  static made: ((at: number) => void) | undefined;
  readonly readyState = 0;
  readonly bufferedAmount = 0;

  constructor() {
    super();
    SilentSocket.made?.(performance.now());
  }

  close(): void {}
  send(): void {}
}

const contexts: AudioContext[] = [];
const PlainContext = window.AudioContext;
window.AudioContext = class extends PlainContext {
  constructor(options?: AudioContextOptions) {
    super(options);
    contexts.push(this);
  }
};

let manager: Manager | undefined;
let recordingSize: () => number = () => 0;
let chunks = 0;
let longTasks = 0;
new PerformanceObserver((list) => {
  longTasks += list.getEntries().length;
}).observe({ type: "longtask" });

function create(variant: Variant): Manager | undefined {
  if (variant === "driver") return undefined;
  if (variant === "ours") return new WebAudioMediaManager({ chunkMs: 20 });
  return new window.benchPeer.WavMediaManager(variant === "peer-960" ? 960 : undefined);
}

const bench = {
  /** Makes the manager; with `uplink`, resolves when chunks flow. */
  async open(variant: Variant, uplink: boolean): Promise<void> {
    manager = create(variant);
    manager?.setUserAudioCallback(() => (chunks += 1));
    await (uplink ? manager?.connect() : manager?.initialize());
    // The peer posts nothing before the first sample that is not zero.
    for (let waited = 0; uplink && chunks < 2; waited += 50) {
      if (waited > 60_000) throw new Error(`No audio comes from the microphone (${variant}).`);
      await sleep(50);
    }
  },

  /** The user mutes the microphone. */
  async mute(): Promise<void> {
    await manager?.enableMic(false);
  },

  /** Nobody speaks: the microphone hears silence, and nobody has muted it. */
  hush(): void {
    for (const track of streams.flatMap((stream) => stream.getAudioTracks())) track.enabled = false;
  },

  /** The first session of a page: ms from `connect()` to the state `initializing`, and to the request for the socket. */
  async firstConnect(variant: "ours" | "peer-8192"): Promise<{ initializing: number; request: number }> {
    const params = { api_key: "key", base_url: "ws://localhost:1" };
    window.WebSocket = SilentSocket as unknown as typeof WebSocket;
    let begun = Number.NaN;
    const client = new PipecatClient({
      transport:
        variant === "ours"
          ? new GeminiLiveWebsocketTransport(params)
          : new PeerTransport(params, new window.benchPeer.WavMediaManager() as never),
      callbacks: {
        onTransportStateChanged: (state) => {
          if (state === "initializing") begun = performance.now();
        },
      },
    });
    client.setLogLevel(LogLevel.NONE);
    await sleep(500);
    const made = new Promise<number>((resolve) => {
      SilentSocket.made = resolve;
    });
    const started = performance.now();
    client.connect().catch(() => undefined);
    const requested = await made;
    return { initializing: begun - started, request: requested - started };
  },

  /** A session that talks from now on, with a recorder or without one. */
  async talk(isRecorded: boolean): Promise<void> {
    recordingSize = await talk(isRecorded);
  },

  /** Of that session so far, as a file, in bytes. */
  recordingSize: () => recordingSize(),

  /** Messages per second that reach the main thread from worklets. */
  async countPosts(ms: number): Promise<number> {
    let posts = 0;
    const count = (): void => {
      posts += 1;
    };
    const started = performance.now();
    for (const { port } of nodes) port.addEventListener("message", count);
    await sleep(ms);
    for (const { port } of nodes) port.removeEventListener("message", count);
    return (posts * 1000) / (performance.now() - started);
  },

  /** Delivers `count` chunks of `bytes` evenly over `ms`; returns the long tasks meanwhile. */
  async flood(count: number, bytes: number, ms: number): Promise<number> {
    const source = Int16Array.from({ length: bytes / 2 }, (_, index) => 8000 * Math.sin(index / 9));
    const before = longTasks;
    const started = performance.now();
    for (let sent = 0; sent < count;) {
      const due = Math.min(count, Math.ceil(((performance.now() - started) / ms) * count));
      for (; sent < due; sent += 1) manager?.bufferBotAudio(source.slice().buffer, "answer");
      await sleep(10);
    }
    // Entries are delivered when the page is idle.
    await sleep(100);
    return longTasks - before;
  },

  /** How many of `samples`, written as one chunk and followed by nothing, are never rendered. */
  async tailLoss(samples: number): Promise<number> {
    const url = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
    // The players' context: both make it at the rate of the stream; the peer makes the microphone's first.
    const context = contexts.at(-1);
    if (context?.sampleRate !== SAMPLE_RATE) throw new Error("The player has no context at the stream's rate.");
    await context.audioWorklet.addModule(url);
    const tap = new PlainNode(context, "bench-tap");
    tap.connect(context.destination);
    WatchedNode.tap = tap;
    for (const node of nodes) if (node.audible) node.listen();
    manager?.bufferBotAudio(new Int16Array(samples).fill(8000).buffer, "lone");
    await sleep(1000);
    const heard = new Promise<number>((resolve) => {
      tap.port.onmessage = (event: MessageEvent<number>) => resolve(event.data);
    });
    tap.port.postMessage("how much?");
    return samples - (await heard);
  },

  /** Microseconds per operation, ours and the peer's by turns. */
  codec(repeats: number): Row[] {
    const peer = window.benchPeer;
    return [960, 4800, 48_000].flatMap((bytes) => {
      const samples = Float32Array.from({ length: bytes / 2 }, (_, index) => 1.02 * Math.sin(index / 9));
      const buffer = peer.floatTo16BitPCM(samples);
      const view = new Uint8Array(buffer);
      const text = encodeBase64(view);
      if (text !== peer.arrayBufferToBase64(buffer)) throw new Error("The two encoders do not agree.");
      const reused = new Int16Array(samples.length);
      const quantise = (): void => floatToPcm16(samples, reused);
      const row = (name: string, ours: () => unknown, theirs: () => unknown): Row => {
        return { name: `${name}, ${bytes} B`, unit: "µs", ...timeBoth(ours, theirs, repeats) };
      };
      return [
        row(
          "base64 encode",
          () => encodeBase64(view),
          () => peer.arrayBufferToBase64(buffer),
        ),
        row(
          "base64 decode",
          () => decodeBase64(text),
          () => peer.base64ToArrayBuffer(text),
        ),
        row("float to PCM16", quantise, () => peer.floatTo16BitPCM(samples)),
      ];
    });
  },
};

function timeBoth(ours: () => unknown, peer: () => unknown, repeats: number): { ours: number[]; peer: number[] } {
  // Kept, so that nothing can be optimised away.
  const kept: { last?: unknown } = {};
  const time = (run: () => unknown, times: number): number => {
    const started = performance.now();
    for (let index = 0; index < times; index += 1) kept.last = run();
    return ((performance.now() - started) * 1000) / times;
  };
  // Warm for 50 ms, then as many as take 20 ms: clocks in pages are coarse.
  const timesFor = (run: () => unknown): number => {
    const end = performance.now() + 50;
    let times = 0;
    for (; performance.now() < end; times += 10) time(run, 10);
    return Math.ceil((times * 20) / 50);
  };
  const results: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const counts = { ours: timesFor(ours), peer: timesFor(peer) };
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    results.ours.push(time(ours, counts.ours));
    results.peer.push(time(peer, counts.peer));
  }
  return results;
}

window.bench = bench;
