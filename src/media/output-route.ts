import type { Logger } from "../log.js";
import { ElementWatch } from "./element-watch.js";
import { tearDown } from "./teardown.js";

/**
 * Where the bot's audio leaves the page: the context's destination, and a track for visualisers. While an element of the page plays
 * that track, as client-react's `PipecatClientAudio` does, the destination is silent, so that nobody hears the bot twice.
 */
export class OutputRoute {
  /** undefined where the browser cannot make one. */
  readonly track: MediaStreamTrack | undefined;
  readonly #source: AudioNode;
  readonly #gain: GainNode | undefined;
  readonly #elements: ElementWatch | undefined;
  readonly #logger: Logger;

  constructor(context: AudioContext, source: AudioNode, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
    const tap = "createMediaStreamDestination" in context ? context.createMediaStreamDestination() : undefined;
    const [track] = tap?.stream.getAudioTracks() ?? [];
    this.track = track;
    if (tap === undefined || track === undefined) {
      source.connect(context.destination);
      return;
    }
    const gain = (this.#gain = context.createGain());
    source.connect(gain);
    gain.connect(context.destination);
    source.connect(tap);
    this.#elements = new ElementWatch(track, (isPlayed) => {
      logger.debug(
        isPlayed ? "An element of the page plays the bot's track." : "The bot's track is played here again.",
      );
      gain.gain.value = isPlayed ? 0 : 1;
    });
  }

  /** Never throws. */
  end(): void {
    tearDown(this.#logger, [
      () => this.#elements?.end(),
      () => this.track?.stop(),
      () => this.#source.disconnect(),
      () => this.#gain?.disconnect(),
    ]);
  }
}
