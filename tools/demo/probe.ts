/**
 * What the demo sees of the page, from outside: installed before the page's own scripts, it watches the browser's
 * interfaces, so that neither the page nor the library has a test hook.
 */

/** An RTVI event, from the page's performance marks; or `clicked` and `typed`, for what was done to the page. */
export interface SeenEvent {
  readonly name: string;
  /** `performance.now()` of the page, ms. */
  readonly at: number;
  readonly data: unknown;
}

/** A block of what was sent to a loudspeaker, or over a peer connection. */
export interface RecordedBlock {
  /** Which tape: each context, and each track of a call, has its own clock. */
  readonly context: number;
  /** Hz. */
  readonly rate: number;
  /** The block's first frame, by the context's clock. */
  readonly frame: number;
  /** When the block arrived, `performance.now()` of the page, ms. */
  readonly arrived: number;
  /** 16-bit little-endian mono PCM in base64. */
  readonly pcm: string;
}

/** What is still held. */
export interface Holdings {
  readonly liveTracks: number;
  readonly openContexts: number;
  readonly openSockets: number;
  readonly openPeers: number;
}

declare global {
  interface Window {
    demoEvent(event: SeenEvent): void;
    demoPlayed(block: RecordedBlock): void;
    demoSent(block: RecordedBlock): void;
    demoHoldings(): Holdings;
  }
}

/** Runs in the page. Self-contained: it travels as text. */
export function installProbe(): void {
  const tracks: MediaStreamTrack[] = [];
  const contexts: AudioContext[] = [];
  const sockets: WebSocket[] = [];
  const peers: RTCPeerConnection[] = [];
  const OwnContext = AudioContext;
  let tapes = 0;
  const taps = new WeakMap<BaseAudioContext, Promise<AudioNode>>();

  window.demoHoldings = () => ({
    liveTracks: tracks.filter((track) => track.readyState === "live").length,
    openContexts: contexts.filter((context) => context.state !== "closed").length,
    openSockets: sockets.filter((socket) => socket.readyState !== WebSocket.CLOSED).length,
    openPeers: peers.filter((peer) => peer.signalingState !== "closed").length,
  });

  new PerformanceObserver((list) => {
    for (const mark of list.getEntries()) {
      if (!(mark instanceof PerformanceMark) || !mark.name.startsWith("rtvi:")) continue;
      window.demoEvent({ name: mark.name.slice("rtvi:".length), at: mark.startTime, data: mark.detail as unknown });
    }
  }).observe({ type: "mark" });

  const done = (name: string, data: string, at: number): void => window.demoEvent({ name, at, data });
  const options = { capture: true };
  window.addEventListener(
    "click",
    ({ target, timeStamp }) => {
      if (target instanceof HTMLButtonElement && target.type === "button") done("clicked", target.innerText, timeStamp);
    },
    options,
  );
  window.addEventListener(
    "submit",
    ({ target, timeStamp }) => {
      const text = target instanceof HTMLFormElement ? new FormData(target).get("text") : undefined;
      if (typeof text === "string") done("typed", text, timeStamp);
    },
    options,
  );

  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    tracks.push(...stream.getTracks());
    return stream;
  };
  window.AudioContext = class extends AudioContext {
    constructor(options?: AudioContextOptions) {
      super(options);
      contexts.push(this);
    }
  };
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };

  const RECORDER = `registerProcessor("demo-recorder", class extends AudioWorkletProcessor {
    block = new Float32Array(2048); filled = 0;
    process([[input]]) {
      if (this.filled === 0) this.frame = currentFrame;
      if (input) this.block.set(input, this.filled);
      this.filled += 128;
      if (this.filled === this.block.length) {
        this.port.postMessage({ frame: this.frame, block: this.block.slice() });
        this.block.fill(0);
        this.filled = 0;
      }
      return true;
    }
  })`;

  const recorderOf = async (context: AudioContext, write: (block: RecordedBlock) => void): Promise<AudioNode> => {
    const url = URL.createObjectURL(new Blob([RECORDER], { type: "text/javascript" }));
    await context.audioWorklet.addModule(url);
    const recorder = new AudioWorkletNode(context, "demo-recorder", {
      channelCount: 1,
      channelCountMode: "explicit",
      numberOfOutputs: 0,
    });
    tapes += 1;
    const number = tapes;
    recorder.port.onmessage = ({ data }: MessageEvent<{ frame: number; block: Float32Array }>) => {
      const pcm = Int16Array.from(data.block, (sample) => Math.max(-1, Math.min(1, sample)) * 32767);
      const text = String.fromCharCode(...new Uint8Array(pcm.buffer));
      const arrived = performance.now();
      write({ context: number, rate: context.sampleRate, frame: data.frame, arrived, pcm: btoa(text) });
    };
    return recorder;
  };

  const played = (block: RecordedBlock): void => window.demoPlayed(block);
  const sent = (block: RecordedBlock): void => window.demoSent(block);

  // Whatever is connected to the loudspeaker is connected to a recorder too: this is the sound as it is played.
  const connect: unknown = Reflect.get(AudioNode.prototype, "connect");
  const reallyConnect = (node: AudioNode, args: readonly unknown[]): unknown =>
    typeof connect === "function" ? Reflect.apply(connect, node, args) : undefined;
  const listen = (node: AudioNode, target: unknown): void => {
    const { context } = node;
    if (!(target instanceof AudioDestinationNode) || !(context instanceof AudioContext)) return;
    const recorder = taps.get(context) ?? recorderOf(context, played);
    taps.set(context, recorder);
    recorder.then(
      (tap) => reallyConnect(node, [tap]),
      (problem: unknown) => console.error("The demo's recorder did not start", problem),
    );
  };
  Reflect.set(AudioNode.prototype, "connect", function (this: AudioNode, ...args: unknown[]): unknown {
    listen(this, args[0]);
    return reallyConnect(this, args);
  });

  // A call's sound passes no loudspeaker that a page could listen to: its tracks are recorded instead, the bot's as it
  // comes out of the jitter buffer, the user's as it goes into the encoder.
  const recordTrack = (track: MediaStreamTrack, write: (block: RecordedBlock) => void): (() => void) => {
    const context = new OwnContext({ sampleRate: 24_000 });
    recorderOf(context, write).then(
      (tap) => reallyConnect(context.createMediaStreamSource(new MediaStream([track])), [tap]),
      (problem: unknown) => console.error("The demo's recorder did not start", problem),
    );
    return () => void context.close();
  };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    readonly #recorders = new Map<RTCRtpSender | MediaStreamTrack, () => void>();

    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      peers.push(this);
      this.addEventListener("track", ({ track }) => {
        this.#recorders.set(track, recordTrack(track, played));
      });
    }
    override addTransceiver(what: MediaStreamTrack | string, init?: RTCRtpTransceiverInit): RTCRtpTransceiver {
      const transceiver = super.addTransceiver(what, init);
      const { sender } = transceiver;
      let recorded: MediaStreamTrack | null = null;
      // One tape at a time: a track that is sent again after a pause would be on two.
      const record = (track: MediaStreamTrack | null): void => {
        if (track === recorded) return;
        recorded = track;
        this.#recorders.get(sender)?.();
        this.#recorders.delete(sender);
        if (track) this.#recorders.set(sender, recordTrack(track, sent));
      };
      record(sender.track);
      const replace = sender.replaceTrack.bind(sender);
      sender.replaceTrack = async (track) => {
        record(track);
        await replace(track);
      };
      return transceiver;
    }
    override close(): void {
      super.close();
      for (const stop of this.#recorders.values()) stop();
      this.#recorders.clear();
    }
  };
}
