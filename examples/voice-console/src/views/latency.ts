import { byId, create } from "../dom.js";
import { responseTime, type Turn, type Turns } from "../turns.js";

/** Width of a full bar; slower answers stay full. */
const FULL_BAR_MS = 1500;
const SHOWN = 10;

/** The latest turns with the time each answer took. */
export class LatencyView {
  readonly #list = byId("turns", HTMLOListElement);
  readonly #note = byId("latency-note", HTMLElement);
  readonly #median = byId("latency-median", HTMLElement);

  /** @param tellsTurnEnds whether the service says when a spoken turn ends */
  explain(tellsTurnEnds: boolean): void {
    this.#note.textContent = tellsTurnEnds
      ? "End of your turn → first sample of the answer played."
      : "Last of your words recognised → first byte of the answer: this service does not say when your turn ends.";
  }

  show(turns: Turns): void {
    this.#list.replaceChildren(...turns.all.slice(-SHOWN).map(row));
    this.#median.textContent = turns.median === undefined ? "" : `median ${milliseconds(turns.median)}`;
  }
}

function row(turn: Turn): HTMLLIElement {
  const item = create("li", turn.interrupted ? "turn interrupted" : "turn");
  const time = responseTime(turn);
  const bar = create("span", "turn-bar");
  bar.style.setProperty("--share", String(Math.min(1, (time ?? 0) / FULL_BAR_MS)));
  item.append(
    create("span", "turn-name", `${String(turn.number)} ${turn.asked}`),
    bar,
    create("span", "turn-time", time === undefined ? "…" : milliseconds(time)),
  );
  const measured = turn.ttfb === undefined ? "no metric yet" : `metrics ttfb ${milliseconds(turn.ttfb)}`;
  item.title = turn.interrupted ? `${measured}; interrupted by the user` : measured;
  return item;
}

function milliseconds(value: number): string {
  return `${String(Math.round(value))} ms`;
}
