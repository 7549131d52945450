import { vi } from "vitest";

/** A device of a page, as `id label` or `kind id label`, with a group after `@`. */
export function device(text: string, kind: MediaDeviceKind = "audioinput"): MediaDeviceInfo {
  const [words = "", groupId = ""] = text.split("@");
  const [deviceId = "", ...label] = words.trim().split(" ");
  return { deviceId, label: label.join(" "), groupId, kind, toJSON: () => ({}) };
}

/** A track in the hands of a test. */
export class PageTrack extends EventTarget {
  readonly kind = "audio";
  enabled = true;
  muted = false;
  readyState: "live" | "ended" = "live";
  readonly id = crypto.randomUUID();

  constructor(
    readonly deviceId: string,
    readonly label: string,
  ) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** Unplugged. */
  end(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

class PageStream {
  constructor(readonly tracks: readonly PageTrack[]) {}
  getTracks(): readonly PageTrack[] {
    return this.tracks;
  }
  getAudioTracks(): readonly PageTrack[] {
    return this.tracks;
  }
}

class PageNode {
  connect(): void {}
  disconnect(): void {}
}

/** An AudioContext in the hands of a test. */
export class PageContext extends EventTarget {
  state: AudioContextState = "running";
  currentTime = 0;
  sinkId = "";
  readonly sampleRate: number;
  readonly destination = {};
  readonly audioWorklet = { addModule: vi.fn(() => Promise.resolve()) };
  readonly nodes: PageWorkletNode[] = [];
  readonly gains: { gain: { value: number } }[] = [];
  /** Outputs that it takes; undefined: any. */
  readonly outputs: readonly string[] | undefined;
  readonly resume = vi.fn(() => Promise.resolve());

  constructor({ sampleRate = 48_000 }: AudioContextOptions = {}, outputs?: readonly string[]) {
    super();
    this.sampleRate = sampleRate;
    this.outputs = outputs;
  }

  become(state: AudioContextState): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }

  close(): Promise<void> {
    this.become("closed");
    return Promise.resolve();
  }

  setSinkId(sinkId: string): Promise<void> {
    if (sinkId !== "" && this.outputs?.includes(sinkId) === false) {
      return Promise.reject(new DOMException("no such output", "NotFoundError"));
    }
    this.sinkId = sinkId;
    return Promise.resolve();
  }

  createMediaStreamSource(): PageNode {
    return new PageNode();
  }

  createMediaStreamDestination(): { readonly stream: PageStream } {
    return { stream: new PageStream([new PageTrack("", "bot")]) };
  }

  createGain(): PageNode & { readonly gain: { value: number } } {
    const gain = Object.assign(new PageNode(), { gain: { value: 1 } });
    this.gains.push(gain);
    return gain;
  }
}

/** A worklet's node in the hands of a test. */
export class PageWorkletNode extends PageNode {
  onprocessorerror: (() => void) | null = null;
  readonly sent: { readonly type: string }[] = [];
  readonly port = {
    onmessage: null as ((event: { readonly data: unknown }) => void) | null,
    postMessage: (message: { readonly type: string }): void => {
      this.sent.push(message);
      if (message.type === "stop") queueMicrotask(() => this.says({ type: "stopped" }));
    },
  };

  constructor(
    readonly context: PageContext,
    readonly name: string,
  ) {
    super();
    context.nodes.push(this);
  }

  says(data: unknown): void {
    this.port.onmessage?.({ data });
  }

  crash(): void {
    this.onprocessorerror?.();
  }
}

/** A page whose audio is in the hands of a test: contexts, worklets, devices that come and go. Runs in Node. */
export class AudioPage {
  readonly contexts: PageContext[] = [];
  readonly tracks: PageTrack[] = [];
  /** What `getUserMedia` was asked for: the device, with "!" where it was insisted upon. */
  readonly asked: string[] = [];
  /** Whether `deviceId: { exact }` is refused for every device, as iOS does. */
  refusesExact = false;
  /** The system's default: what comes when no device, or none that there is, was asked for. */
  first: string | undefined;
  /** What comes whatever was asked for. */
  insists: string | undefined;
  readonly #watch = new EventTarget();
  #devices: MediaDeviceInfo[];

  constructor(...devices: readonly MediaDeviceInfo[]) {
    this.#devices = [...devices];
    vi.stubGlobal("AudioWorkletNode", PageWorkletNode);
    vi.stubGlobal("MediaStream", PageStream);
  }

  /** For `WebAudioOptions`. */
  get AudioContext(): new (options?: AudioContextOptions) => AudioContext {
    const { contexts } = this;
    const outputs = (): string[] =>
      this.#devices.filter(({ kind }) => kind === "audiooutput").map(({ deviceId }) => deviceId);
    return class extends PageContext {
      constructor(options?: AudioContextOptions) {
        super(options, outputs());
        contexts.push(this);
      }
    } as unknown as new (options?: AudioContextOptions) => AudioContext;
  }

  get mediaDevices(): MediaDevices {
    return {
      enumerateDevices: () => Promise.resolve([...this.#devices]),
      getUserMedia: ({ audio }: { audio: { deviceId?: { exact?: string; ideal?: string } } }) =>
        this.#open(audio.deviceId),
      addEventListener: (type: string, listener: () => void, options?: AddEventListenerOptions) =>
        this.#watch.addEventListener(type, listener, options),
      removeEventListener: (type: string, listener: () => void) => this.#watch.removeEventListener(type, listener),
    } as unknown as MediaDevices;
  }

  /** The context that runs, or the last of them. */
  get context(): PageContext {
    const last = this.contexts.at(-1);
    if (last === undefined) throw new Error("There is no context.");
    return last;
  }

  /** The live node of that name. */
  node(name: "capture" | "playback"): PageWorkletNode {
    const node = this.contexts.flatMap(({ nodes }) => nodes).findLast((each) => each.name.endsWith(name));
    if (node === undefined) throw new Error(`There is no ${name} node.`);
    return node;
  }

  /** These are the devices from now on. */
  plug(...devices: readonly MediaDeviceInfo[]): void {
    this.#devices = [...devices];
    this.#watch.dispatchEvent(new Event("devicechange"));
  }

  async #open(wanted?: { exact?: string; ideal?: string }): Promise<unknown> {
    const id = wanted?.exact ?? wanted?.ideal;
    this.asked.push(`${id ?? "default"}${wanted?.exact === undefined ? "" : "!"}`);
    const mics = this.#devices.filter(({ kind }) => kind === "audioinput");
    if (mics.length === 0) throw new DOMException("none", "NotFoundError");
    const found = mics.find(({ deviceId }) => deviceId === (this.insists ?? id));
    if (wanted?.exact !== undefined && (this.refusesExact || found === undefined)) {
      throw Object.assign(new Error("no such device"), { name: "OverconstrainedError" });
    }
    const real = mics.filter(({ deviceId }) => deviceId !== "default");
    const got = found ?? real.find(({ deviceId }) => deviceId === this.first) ?? real[0];
    const track = new PageTrack(got?.deviceId ?? "", got?.label ?? "");
    this.tracks.push(track);
    return new PageStream([track]);
  }
}
