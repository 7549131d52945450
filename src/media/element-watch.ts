import { pageDocument } from "../util/page.js";

/** What an element does that decides whether it is heard. */
const EDGES = ["playing", "pause", "ended", "emptied", "volumechange"] as const;

/** Whether a track is what an element has to play. */
export function holdsTrack({ srcObject }: HTMLMediaElement, track: MediaStreamTrack): boolean {
  return srcObject instanceof MediaStream && srcObject.getTracks().includes(track);
}

function isHeard(element: HTMLMediaElement, track: MediaStreamTrack): boolean {
  const { paused, muted, volume } = element;
  return holdsTrack(element, track) && !paused && !muted && volume > 0;
}

/**
 * Finds out whether the page plays a track that it was given to look at. It sees elements that are in the document when they begin
 * to play; media events do not bubble, but pass the document on their way down.
 */
export class ElementWatch {
  readonly #track: MediaStreamTrack;
  readonly #changed: (isPlayed: boolean) => void;
  readonly #elements = new Set<HTMLMediaElement>();
  readonly #life = new AbortController();
  #isPlayed = false;

  /** @param changed Told when the first element plays it, and when none does any more. */
  constructor(track: MediaStreamTrack, changed: (isPlayed: boolean) => void) {
    this.#track = track;
    this.#changed = changed;
    pageDocument()?.addEventListener("playing", this.#onPlaying, { capture: true, signal: this.#life.signal });
  }

  end(): void {
    this.#life.abort();
    this.#elements.clear();
  }

  readonly #onPlaying = ({ target }: Event): void => {
    if (!(target instanceof HTMLMediaElement) || this.#elements.has(target) || !holdsTrack(target, this.#track)) return;
    this.#elements.add(target);
    // Its own listeners: one that is taken out of the document still tells.
    const { signal } = this.#life;
    for (const edge of EDGES) target.addEventListener(edge, this.#look, { signal });
    this.#look();
  };

  readonly #look = (): void => {
    const isPlayed = [...this.#elements].some((element) => isHeard(element, this.#track));
    if (isPlayed === this.#isPlayed) return;
    this.#isPlayed = isPlayed;
    this.#changed(isPlayed);
  };
}
