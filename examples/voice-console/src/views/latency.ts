import { byId, create } from "../dom.js";
import type { Turn, Turns } from "../turns.js";

/** Width of a full bar; slower answers stay full. */
const FULL_BAR_MS = 1500;
const SHOWN = 10;

/** The latest turns with the time each answer took. */
export class LatencyView {
  readonly #list = byId("turns", HTMLOListElement);
  readonly #median = byId("latency-median", HTMLElement);

  show(turns: Turns): void {
    this.#list.replaceChildren(...turns.all.slice(-SHOWN).map(row));
    this.#median.textContent = turns.median === undefined ? "" : `median ${milliseconds(turns.median)}`;
  }
}

function row(turn: Turn): HTMLLIElement {
  const item = create("li", turn.interrupted ? "turn interrupted" : "turn");
  const bar = create("span", "turn-bar");
  bar.style.setProperty("--share", String(Math.min(1, (turn.latency ?? 0) / FULL_BAR_MS)));
  item.append(
    create("span", "turn-name", `${String(turn.number)} ${turn.asked}`),
    bar,
    create("span", "turn-time", turn.latency === undefined ? "…" : milliseconds(turn.latency)),
  );
  const measured = turn.ttfb === undefined ? "no metric yet" : `metrics ttfb ${milliseconds(turn.ttfb)}`;
  item.title = turn.interrupted ? `${measured}; interrupted by the user` : measured;
  return item;
}

function milliseconds(value: number): string {
  return `${String(Math.round(value))} ms`;
}
