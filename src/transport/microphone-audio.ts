import type { Command } from "../contracts/dialogue.js";
import type { MediaPlan } from "../contracts/provider.js";
import type { DialogueRunner } from "../dialogue/dialogue-runner.js";
import { CongestionError, ServiceError } from "../errors.js";
import type { Logger } from "../log.js";
import type { Clock } from "../options.js";
import { FlowWatch } from "./flow-watch.js";
import { CongestionWatch } from "../policy/congestion.js";
import { timeOf } from "../policy/time.js";
import type { CallbackQueue } from "./callback-queue.js";
import { asError } from "../util/reason.js";

const MOST_BUFFERED = 256 * 1024;
/** Different errors of one session that are reported: each chunk may bring another. */
const MOST_REPORTED = 16;

/** What the microphone's audio needs of its transport. */
export interface MicrophoneAudioPorts {
  /** Whether chunks carry the user's voice, or a track. */
  readonly media: Pick<MediaPlan, "uplink" | "pauseMs">;
  readonly clock: Clock | undefined;
  readonly queue: CallbackQueue;
  readonly runner: DialogueRunner;
  readonly logger: Logger;
  readonly advise: (command: Command) => void;
  readonly report: (error: Error) => void;
}

/** Chunks of the microphone's audio on their way to the service. */
export class MicrophoneAudio {
  readonly #ports: MicrophoneAudioPorts;
  readonly #congestion: CongestionWatch;
  readonly #now: () => number;
  /** Whether the microphone still gives chunks, where that is the dialogue's concern. */
  readonly #flow: FlowWatch | undefined;
  /** What the user says while there is no connection that could carry their track. */
  #missedSpeech: ArrayBuffer[] | undefined;
  /** Errors that were reported in this session: one of a kind is enough. */
  readonly #reported = new Set<string>();

  /** @param maxBufferedAmount Bytes that may wait to be sent; default 256 KiB. */
  constructor(ports: MicrophoneAudioPorts, maxBufferedAmount = MOST_BUFFERED) {
    this.#ports = ports;
    this.#congestion = new CongestionWatch(maxBufferedAmount);
    const { clock, media, advise } = ports;
    this.#now = timeOf(clock);
    if (media.pauseMs !== undefined) {
      const stopped = (): void => advise({ type: "mic", on: false, pause: true });
      this.#flow = new FlowWatch({ clock, pause: media.pauseMs, stopped });
    }
  }

  /** Sends a chunk, unless the network is too far behind. */
  send(pcm: ArrayBuffer): void {
    const { media, queue, runner } = this.#ports;
    if (media.uplink === "track") {
      this.#missedSpeech?.push(pcm);
      return;
    }
    const { connection } = runner;
    // An app may hand in audio of its own, which passes no valve.
    if (connection === undefined || !runner.isReady) return;
    this.#flow?.passed();
    if (!this.keepsUp(connection.bufferedAmount)) return;
    try {
      queue.enter(() => runner.audio(pcm));
    } catch (error) {
      this.#reportOnce(asError(error, ServiceError));
    }
  }

  /** Whether a chunk is sent: sound is the first thing to drop when the network is too slow, for it would only come too late. */
  keepsUp(bufferedAmount: number): boolean {
    const congestion = this.#congestion.look(bufferedAmount, this.#now());
    if (congestion === "congestion-begins") {
      this.#ports.report(new CongestionError("The network is too slow: microphone audio is being dropped."));
    } else if (congestion === "congestion-ends") {
      this.#ports.logger.info("The network has caught up: audio is sent again.");
    }
    return congestion === "clear" || congestion === "congestion-ends";
  }

  /** So many bytes that are no sound wait to be sent, too. */
  waitsBehind(bytes: number): void {
    this.#congestion.excuse(bytes);
  }

  /** How long the connection has taken nothing of what waits to be sent, in ms; 0 while it keeps up. */
  stalledFor(): number {
    const { connection } = this.#ports.runner;
    if (connection === undefined || this.#ports.media.uplink === "track") return 0;
    this.keepsUp(connection.bufferedAmount);
    return this.#congestion.stalledFor(this.#now());
  }

  /** The connection was lost and is opened again: what a track would have carried is kept. */
  recovering(): void {
    this.#flow?.end();
    this.#missedSpeech ??= [];
  }

  /** The session is ready. @param rate Hz of what was kept. */
  ready(rate: number): void {
    // After the uplink has handed over what it kept.
    queueMicrotask(() => {
      const pcm = this.#missedSpeech ?? [];
      this.#missedSpeech = undefined;
      if (pcm.length > 0) this.#ports.advise({ type: "missed-speech", pcm, rate });
    });
  }

  /** Nothing is being recovered: what was kept is of no use. */
  drop(): void {
    this.#flow?.end();
    this.#missedSpeech = undefined;
  }

  /** The session has ended. */
  end(): void {
    this.#reported.clear();
  }

  /** A chunk could not be sent. */
  failed(thrown: unknown): void {
    this.#reportOnce(asError(thrown, ServiceError));
  }

  #reportOnce(error: Error): void {
    if (this.#reported.size === MOST_REPORTED || this.#reported.has(error.message)) return;
    this.#reported.add(error.message);
    this.#ports.report(error);
  }
}
