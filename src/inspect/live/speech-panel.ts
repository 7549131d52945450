import type { SpeechSpan } from "../recording/speech.js";
import { secondsWords } from "../recording/words.js";
import { html } from "./dom.js";

/** So much of the time is seen at once, in ms. */
const WINDOW = 60_000;
/** So much of it lies after the moment that is looked at. */
const AFTER = 5_000;
const LISTED = 20;

function words({ who, from, to, interruptedBy, latency }: SpeechSpan, now: number): string {
  const name = who === "user" ? "User" : "Bot";
  const length = `${(((to ?? now) - from) / 1_000).toFixed(1)} s`;
  return [
    `${secondsWords(from)}: ${name} spoke ${to === undefined ? "for" : ""} ${length}`.replace("  ", " "),
    ...(latency === undefined ? [] : [`${Math.round(latency)} ms after the user`]),
    ...(interruptedBy === undefined ? [] : [`interrupted by ${interruptedBy}`]),
    ...(to === undefined ? ["still speaking"] : []),
  ].join(", ");
}

/** Two tracks, of the user and the bot, with what lies between them; and the same as a list. */
export class SpeechPanel {
  readonly element: HTMLElement;
  readonly #tracks = { user: html("div", { class: "track user" }), bot: html("div", { class: "track bot" }) };
  readonly #list = html("ol", { class: "turns" });
  readonly #seek: (at: number) => void;

  /** @param seek A moment was chosen, in ms since the recording began. */
  constructor(seek: (at: number) => void) {
    this.#seek = seek;
    this.element = html(
      "section",
      { class: "speech-panel", "aria-label": "Speech" },
      html("h3", {}, "Speech"),
      // The list beside it says the same.
      html(
        "div",
        { class: "tracks", "aria-hidden": "true" },
        html("span", {}, "User"),
        this.#tracks.user,
        html("span", {}, "Bot"),
        this.#tracks.bot,
      ),
      this.#list,
    );
  }

  /** @param at The moment that is looked at. */
  show(spans: readonly SpeechSpan[], at: number): void {
    const from = Math.max(0, at + AFTER - WINDOW);
    const place = (ms: number): number => Math.min(100, Math.max(0, ((ms - from) / WINDOW) * 100));
    for (const [who, track] of Object.entries(this.#tracks)) {
      const seen = spans.filter((span) => span.who === who && (span.to ?? at) >= from && span.from <= from + WINDOW);
      track.replaceChildren(...seen.map((span) => this.#bar(span, place, at)), this.#cursor(place(at)));
    }
    const past = spans.filter((span) => span.from <= at).slice(-LISTED);
    this.#list.replaceChildren(...past.map((span) => html("li", { class: span.who }, words(span, at))));
    if (past.length === 0) this.#list.replaceChildren(html("li", {}, "Nobody has spoken yet."));
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  #bar(span: SpeechSpan, place: (ms: number) => number, at: number): HTMLElement {
    const { from, to = at, latency, interruptedBy } = span;
    const [left, right] = [place(from), place(Math.max(from, to))];
    const bar = html("div", {
      class: `bar${interruptedBy === undefined ? "" : " interrupted"}`,
      title: words(span, at),
    });
    bar.style.left = `${left}%`;
    bar.style.width = `${right - left}%`;
    bar.addEventListener("click", () => this.#seek(from));
    if (latency !== undefined) bar.append(html("span", { class: "latency" }, `${Math.round(latency)} ms`));
    return bar;
  }

  #cursor(left: number): HTMLElement {
    const cursor = html("div", { class: "cursor" });
    cursor.style.left = `${left}%`;
    return cursor;
  }
}
