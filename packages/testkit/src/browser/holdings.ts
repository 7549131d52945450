import { expect, onTestFinished, vi } from "vitest";
import { Mortals } from "./heap.js";

/** What is held of the browser. */
export interface Holdings {
  readonly tracks: number;
  readonly contexts: number;
  readonly sockets: number;
  readonly peers: number;
  readonly timers: number;
  /** On window, document and mediaDevices. */
  readonly listeners: number;
  readonly objectUrls: number;
}

export const NOTHING: Holdings = {
  tracks: 0,
  contexts: 0,
  sockets: 0,
  peers: 0,
  timers: 0,
  listeners: 0,
  objectUrls: 0,
};

type Listener = EventListenerOrEventListenerObject | null;

/** Whether the code that called the wrapper is the test's or the runner's own. */
function callerIsTest(): boolean {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  const caller = frames.find((frame) => !frame.includes("/browser/holdings.ts")) ?? "";
  return /@vitest|__vitest|\/vitest\/dist|\/test\/|\/packages\/testkit\//.test(caller);
}

/** Counts what is taken of the browser from now until the test ends, and what is given back; not what tests take. */
export class HoldingsWatch {
  /** Every AudioContext, closed or not: a closed one that stays in memory keeps its audio graph with it. */
  readonly contexts = new Mortals();
  #tracks: MediaStreamTrack[] = [];
  #contexts: AudioContext[] = [];
  #sockets: WebSocket[] = [];
  #peers: RTCPeerConnection[] = [];
  readonly #timers = new Set<unknown>();
  readonly #listeners = new Map<string, EventTarget>();
  readonly #urls = new Set<string>();
  #mostSockets = 0;
  #microphones = 0;
  readonly #restores: (() => void)[] = [];

  /** @param whenOver Is told what to do when the watch ends. */
  constructor(whenOver: (restore: () => void) => void = onTestFinished) {
    this.#watchMedia();
    this.#watchSockets();
    this.#watchPeers();
    this.#watchTimers();
    this.#watchListeners();
    this.#watchUrls();
    whenOver(() => {
      for (const restore of this.#restores) restore();
    });
  }

  /** The most sockets that there ever were at one time. */
  get mostSockets(): number {
    return this.#mostSockets;
  }

  /** How often a microphone was granted. */
  get microphones(): number {
    return this.#microphones;
  }

  /** The types of the listeners that are held, for whoever wonders which. */
  get listenerTypes(): string[] {
    return [...this.#listeners.keys()].map((key) => key.split(",")[1] ?? "");
  }

  now(): Holdings {
    // What is over is forgotten, or the watch itself would be the leak.
    this.#tracks = this.#tracks.filter(({ readyState }) => readyState === "live");
    this.#contexts = this.#contexts.filter(({ state }) => state !== "closed");
    this.#sockets = this.#sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED);
    this.#peers = this.#peers.filter(({ signalingState }) => signalingState !== "closed");
    return {
      tracks: this.#tracks.length,
      contexts: this.#contexts.length,
      sockets: this.#sockets.length,
      peers: this.#peers.length,
      timers: this.#timers.size,
      listeners: this.#listeners.size,
      objectUrls: this.#urls.size,
    };
  }

  /** Waits until nothing is held; contexts and sockets close in their own time. */
  async nothingLeft(): Promise<void> {
    await vi.waitFor(() => expect(this.now()).toEqual(NOTHING), { timeout: 10_000, interval: 20 });
  }

  #replace<T extends object, K extends keyof T>(target: T, name: K, make: (original: T[K]) => T[K]): void {
    const own = Object.getOwnPropertyDescriptor(target, name);
    const original = target[name];
    const value = make(original);
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
    this.#restores.push(() => {
      if (own === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, own);
    });
  }

  #watchMedia(): void {
    const { mediaDevices } = navigator;
    this.#replace(mediaDevices, "getUserMedia", (original) => async (constraints) => {
      const stream = await original.call(mediaDevices, constraints);
      this.#tracks.push(...stream.getTracks());
      this.#microphones += 1;
      return stream;
    });
    const made = (context: AudioContext): void => {
      this.#contexts.push(context);
      this.contexts.add(context);
    };
    this.#replace(
      globalThis,
      "AudioContext",
      (Original) =>
        class extends Original {
          constructor(options?: AudioContextOptions) {
            super(options);
            made(this);
          }
        },
    );
  }

  #watchSockets(): void {
    const opened = (socket: WebSocket): void => {
      this.#sockets.push(socket);
      this.#mostSockets = Math.max(this.#mostSockets, this.now().sockets);
    };
    this.#replace(
      globalThis,
      "WebSocket",
      (Original) =>
        class extends Original {
          constructor(url: string | URL, protocols?: string | string[]) {
            super(url, protocols);
            opened(this);
          }
        },
    );
  }

  #watchPeers(): void {
    const made = (peer: RTCPeerConnection): unknown => this.#peers.push(peer);
    this.#replace(
      globalThis,
      "RTCPeerConnection",
      (Original) =>
        class extends Original {
          constructor(configuration?: RTCConfiguration) {
            super(configuration);
            made(this);
          }
        },
    );
  }

  #watchTimers(): void {
    const timers = this.#timers;
    for (const name of ["setTimeout", "setInterval"] as const) {
      this.#replace(globalThis, name, (original) => {
        const set = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): unknown => {
          // Of 0 ms: the rest of a task, put off; it is over before anybody could clear it.
          if (callerIsTest() || (ms ?? 0) === 0) return original(run, ms, ...args);
          const id: unknown = original(() => {
            if (name === "setTimeout") timers.delete(id);
            run(...args);
          }, ms);
          timers.add(id);
          return id;
        };
        return set as unknown as typeof original;
      });
    }
    for (const name of ["clearTimeout", "clearInterval"] as const) {
      this.#replace(globalThis, name, (original) => {
        const clear = (id: unknown): void => {
          timers.delete(id);
          original(id as number);
        };
        return clear;
      });
    }
  }

  #watchListeners(): void {
    const ids = new WeakMap<object, number>();
    let count = 0;
    const idOf = (object: object): number => {
      const id = ids.get(object) ?? (count += 1);
      ids.set(object, id);
      return id;
    };
    const held = this.#listeners;
    const targets: readonly EventTarget[] = [window, document, navigator.mediaDevices];
    for (const target of targets) {
      const keyOf = (type: string, listener: object, options: boolean | EventListenerOptions | undefined): string => {
        const capture = typeof options === "object" ? (options.capture ?? false) : (options ?? false);
        return [idOf(target), type, idOf(listener), capture].join();
      };
      this.#replace(target, "addEventListener", (original) => (type: string, listener: Listener, options) => {
        original.call(target, type, listener, options);
        if (listener === null || callerIsTest()) return;
        const key = keyOf(type, listener, options);
        const forget = (): unknown => held.delete(key);
        const { signal, once = false } = typeof options === "object" ? options : {};
        if (signal?.aborted === true) return;
        held.set(key, target);
        signal?.addEventListener("abort", forget, { once: true });
        if (once) original.call(target, type, forget, { once: true });
      });
      this.#replace(target, "removeEventListener", (original) => (type: string, listener: Listener, options) => {
        original.call(target, type, listener, options);
        if (listener !== null) held.delete(keyOf(type, listener, options));
      });
    }
  }

  #watchUrls(): void {
    this.#replace(URL, "createObjectURL", (original) => (object) => {
      const url = original.call(URL, object);
      this.#urls.add(url);
      return url;
    });
    this.#replace(URL, "revokeObjectURL", (original) => (url) => {
      this.#urls.delete(url);
      original.call(URL, url);
    });
  }
}
