import type { DeviceInfo, MicrophonePort } from "../contracts/microphone.js";
import type { OutputReport, PlayedItem, SpeakerPort } from "../contracts/speaker.js";
import type { Logger } from "../log.js";
import { asError } from "../util/reason.js";
import { FOREIGN_RATE, ratesOf } from "./manager-rates.js";
import type { MediaManager, MediaPorts } from "./media-manager.js";

/**
 * The ports of a manager: its own where it has them, else ports that drive it through Pipecat's methods:
 * `initialize` when the first end opens, `connect` when audio is wanted, `disconnect` when the last end closes.
 */
export function portsOf(manager: MediaManager, logger: Logger): MediaPorts {
  if (manager.ports !== undefined) return manager.ports;
  const hold = new ManagerHold(manager, logger);
  return { microphone: new ManagerMicrophone(manager, hold), speaker: new ManagerSpeaker(manager, hold) };
}

/** One stretch of time in which somebody needs the manager. */
interface Use {
  phase: "waiting" | "initializing" | "initialized";
  streaming: boolean;
  ready: Promise<void>;
}

/** Counts who needs the manager, and keeps its calls in order: what one use began is over before the next begins. */
class ManagerHold {
  readonly #holders = new Set<object>();
  #use: Use | undefined;
  /** Everything that earlier uses began is over. */
  #over: Promise<void> = Promise.resolve();

  constructor(
    private readonly manager: MediaManager,
    private readonly logger: Logger,
  ) {}

  async acquire(holder: object): Promise<void> {
    this.#holders.add(holder);
    const use = (this.#use ??= this.#begin());
    try {
      await use.ready;
    } catch (error) {
      if (this.#use === use) {
        // Refused, perhaps half way through: whoever asks next asks anew.
        this.#use = undefined;
        this.#over = this.#disconnect();
      }
      throw error;
    }
  }

  stream(): void {
    const use = this.#use;
    if (use?.phase !== "initialized" || use.streaming) return;
    use.streaming = true;
    void this.guard("connect", () => this.manager.connect());
  }

  release(holder: object): void {
    if (!this.#holders.delete(holder) || this.#holders.size > 0) return;
    const use = this.#use;
    this.#use = undefined;
    if (use === undefined || use.phase === "waiting") return;
    const gone = this.#disconnect();
    // What a late initialize() acquires must go too.
    const late = use.phase === "initializing" ? use.ready.catch(() => undefined).then(() => this.#disconnect()) : gone;
    this.#over = Promise.all([gone, late]).then(() => undefined);
  }

  async guard(step: string, run: () => unknown): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.logger.warn(`MediaManager.${step}() failed`, error);
    }
  }

  #begin(): Use {
    const use: Use = { phase: "waiting", streaming: false, ready: Promise.resolve() };
    const initialize = async (): Promise<void> => {
      await this.#over;
      if (this.#use !== use) return;
      use.phase = "initializing";
      await this.manager.initialize();
      use.phase = "initialized";
    };
    use.ready = initialize();
    return use;
  }

  #disconnect(): Promise<void> {
    return this.guard("disconnect", () => this.manager.disconnect());
  }
}

class ManagerMicrophone implements MicrophonePort {
  constructor(
    private readonly manager: MediaManager,
    private readonly hold: ManagerHold,
  ) {}

  async open(): Promise<DeviceInfo> {
    await this.hold.acquire(this);
    const { deviceId = "", label = "", groupId = "" } = this.manager.selectedMic;
    return { deviceId, label, groupId };
  }

  setStreaming(streaming: boolean): void {
    if (streaming) this.hold.stream();
  }

  setMuted(muted: boolean): void {
    if (this.manager.isMicEnabled !== !muted) {
      void this.hold.guard("enableMic", () => this.manager.enableMic(!muted));
    }
  }

  close(): void {
    this.hold.release(this);
  }
}

/** Such a manager does not say what it plays, so edges are told by the clock from the audio's duration. */
class ManagerSpeaker implements SpeakerPort {
  #report: (report: OutputReport) => void = () => undefined;
  #item: { id: string; samples: number; startedAt: number } | undefined;
  /** Of what is played, in Hz. */
  #rate = FOREIGN_RATE;
  #endsAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly manager: MediaManager,
    private readonly hold: ManagerHold,
  ) {}

  async open(report: (report: OutputReport) => void): Promise<void> {
    this.#report = report;
    this.#rate = ratesOf(this.manager).output;
    await this.hold.acquire(this);
  }

  write(pcm: Int16Array, itemId: string): void {
    const now = performance.now();
    const idle = this.#item === undefined;
    if (this.#item?.id !== itemId) {
      this.#item = { id: itemId, samples: 0, startedAt: Math.max(now, this.#endsAt) };
    }
    this.#item.samples += pcm.length;
    this.#endsAt = Math.max(now, this.#endsAt) + (pcm.length / this.#rate) * 1000;
    try {
      this.manager.bufferBotAudio(pcm, itemId);
    } catch (error) {
      this.#lose(error);
      return;
    }
    if (idle) this.#report({ type: "began", item: this.#played() });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const item = this.#played();
      this.#item = undefined;
      this.#report({ type: "drained", item });
    }, this.#endsAt - now);
  }

  interrupt(): Promise<readonly PlayedItem[]> {
    const cut = this.#item === undefined ? [] : [this.#played()];
    this.#forget();
    // What it makes of that is not waited for: it may never say.
    void this.hold.guard("userStartedSpeaking", () => this.manager.userStartedSpeaking());
    return Promise.resolve(cut);
  }

  resume(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#forget();
    this.hold.release(this);
  }

  #played(): PlayedItem {
    const { id, samples, startedAt } = this.#item ?? { id: "", samples: 0, startedAt: 0 };
    const elapsed = Math.floor(((performance.now() - startedAt) / 1000) * this.#rate);
    return {
      itemId: id,
      playedSamples: Math.max(0, Math.min(samples, elapsed)),
      receivedSamples: samples,
      sampleRate: this.#rate,
    };
  }

  /** It does not take what it is to play: what was heard of it ends here. */
  #lose(thrown: unknown): void {
    const item = this.#played();
    this.#forget();
    this.#report({ type: "drained", item, lost: true });
    this.#report({ type: "lost", error: asError(thrown) });
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#item = undefined;
    this.#endsAt = 0;
  }
}
