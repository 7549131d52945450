import { InvalidOptionsError } from "../../errors.js";
import type { ActorState } from "../recording/recording.js";
import { ChartView } from "./chart-view.js";
import { button, html } from "./dom.js";
import { LAYOUTS } from "./layouts.generated.js";

const ALL = "all";
const WHOLE = "";
const STEP = 1.25;
const SMALLEST = 0.25;
const LARGEST = 3;

/** All charts in small, or one of them or a part of it in large: tabs. */
export class ChartsPanel {
  readonly element: HTMLElement;
  readonly #views: readonly ChartView[];
  readonly #tabs: readonly HTMLButtonElement[];
  readonly #panel: HTMLElement;
  readonly #part = html("select", { "aria-label": "Part of the chart" });
  readonly #zoom: HTMLElement;
  #chosen = ALL;
  /** Undefined fits. */
  #scale: number | undefined;

  /**
   * @param focus What is shown first: the id of a chart, or of a state that holds others. Default: all charts.
   * @throws InvalidOptionsError where there is no such state.
   */
  constructor(unique: string, focus?: string) {
    this.#views = LAYOUTS.map((layout) => new ChartView(layout, unique));
    const panelId = `${unique}-charts`;
    this.#tabs = [ALL, ...LAYOUTS.map(({ id }) => id)].map((name) => {
      const tab = html(
        "button",
        { type: "button", role: "tab", id: `${unique}-tab-${name}`, "aria-controls": panelId },
        name,
      );
      tab.addEventListener("click", () => this.#choose(name));
      return tab;
    });
    const list = html("div", { role: "tablist", "aria-label": "Charts" }, ...this.#tabs);
    list.addEventListener("keydown", (event) => this.#move(event));
    this.#zoom = html(
      "div",
      { class: "group", role: "group", "aria-label": "Size of the chart" },
      this.#part,
      button("−", () => this.#zoomBy(1 / STEP), "Smaller"),
      button("Fit", () => this.#zoomTo(undefined), "Fit the chart into its place"),
      button("+", () => this.#zoomBy(STEP), "Larger"),
    );
    this.#panel = html("div", { role: "tabpanel", id: panelId, class: "charts", tabindex: 0 });
    this.element = html(
      "section",
      { class: "charts-panel", "aria-label": "Charts" },
      html("div", { class: "row" }, list, this.#zoom),
      this.#panel,
    );
    this.#part.addEventListener("change", () => this.#frame(this.#part.value));
    this.#choose(ALL);
    if (focus !== undefined) this.#focus(focus);
  }

  /** @param actors The latest of each chart. @param took Transitions that were taken last, in any chart. */
  show(actors: ReadonlyMap<string, ActorState>, took: readonly string[]): void {
    for (const view of this.#views) view.show(actors.get(view.layout.id), took);
  }

  #choose(name: string): void {
    this.#chosen = name;
    for (const tab of this.#tabs) {
      const isChosen = tab.textContent === name;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      if (isChosen) this.#panel.setAttribute("aria-labelledby", tab.id);
    }
    const shown = this.#views.filter(({ layout }) => name === ALL || layout.id === name);
    this.#panel.replaceChildren(...shown.map(({ element }) => element));
    this.#panel.classList.toggle("overview", name === ALL);
    this.#zoom.hidden = name === ALL;
    const [view] = shown;
    const parts = name === ALL || view === undefined ? [] : view.parts;
    this.#part.replaceChildren(
      new Option("whole chart", WHOLE),
      ...parts.map(({ id }) => new Option(id.slice(name.length + 1), id)),
    );
    this.#frame(WHOLE);
  }

  #focus(id: string): void {
    const view = this.#views.find(({ layout }) => id === layout.id || id.startsWith(`${layout.id}.`));
    const part = view?.parts.find((each) => each.id === id);
    if (view === undefined || (part === undefined && id !== view.layout.id)) {
      throw new InvalidOptionsError(
        `focus "${id}" is no state that a chart can be opened at: pass the id of a chart or of a state that holds others, as "transport.lifecycle.session".`,
      );
    }
    this.#choose(view.layout.id);
    this.#part.value = part?.id ?? WHOLE;
    this.#frame(this.#part.value);
  }

  #frame(part: string): void {
    this.#scale = undefined;
    for (const view of this.#views) view.frame(part === WHOLE ? undefined : part);
  }

  #move(event: KeyboardEvent): void {
    const at = this.#tabs.findIndex((tab) => tab.textContent === this.#chosen);
    const { length } = this.#tabs;
    const places: Readonly<Record<string, number>> = {
      ArrowRight: (at + 1) % length,
      ArrowLeft: (at + length - 1) % length,
      Home: 0,
      End: length - 1,
    };
    const next = this.#tabs[places[event.key] ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    next.click();
    next.focus();
  }

  #zoomBy(factor: number): void {
    const view = this.#views.find(({ layout }) => layout.id === this.#chosen);
    if (view === undefined) return;
    const fitting = this.#panel.clientWidth / view.width;
    this.#zoomTo(Math.min(LARGEST, Math.max(SMALLEST, (this.#scale ?? fitting) * factor)));
  }

  #zoomTo(scale: number | undefined): void {
    this.#scale = scale;
    for (const view of this.#views) view.zoom(scale);
  }
}
