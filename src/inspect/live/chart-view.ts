import type { ActorState } from "../recording/recording.js";
import { activeStates, stateWords } from "../recording/words.js";
import type { ChartLayout, LaidOutArrow, LaidOutState } from "./chart-layout.js";
import { html, svg } from "./dom.js";

const NOT_RUNNING = "not running";
/** Around the drawing, in its px: dots and lines lie on the border. */
const EDGE = 6;

/** The drawing of one chart, with the states lit that an actor is in, and the lines that it took last. */
export class ChartView {
  readonly layout: ChartLayout;
  readonly element: HTMLElement;
  readonly #drawing: SVGSVGElement;
  #part: LaidOutState | undefined;
  readonly #caption = html("span", { class: "where" });
  readonly #states = new Map<string, SVGGElement>();
  readonly #arrows: { readonly ids: readonly string[]; readonly group: SVGGElement }[] = [];

  constructor(layout: ChartLayout, unique: string) {
    this.layout = layout;
    const { id, states, arrows } = layout;
    const head = `${unique}-${id}-head`;
    this.#drawing = svg(
      "svg",
      { class: "chart", role: "img" },
      svg(
        "defs",
        {},
        svg(
          "marker",
          { id: head, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
          svg("path", { d: "M0 0L8 4L0 8z", class: "head" }),
        ),
      ),
      ...states.map((state) => this.#state(state)),
      ...arrows.map((arrow) => this.#arrow(arrow, head)),
    );
    this.element = html(
      "figure",
      { class: "chart-figure", "data-chart": id },
      html("figcaption", {}, html("strong", {}, id), " ", this.#caption),
      this.#drawing,
    );
    this.frame(undefined);
    this.show(undefined, []);
  }

  /** The states that hold others: what `frame` shows alone. */
  get parts(): readonly LaidOutState[] {
    return this.layout.states.filter(({ kind, depth }) => depth > 0 && (kind === "compound" || kind === "parallel"));
  }

  /** How wide what is shown would be at its own size, in px. */
  get width(): number {
    const width = this.#part?.box[2] ?? this.layout.width;
    return width + 2 * EDGE;
  }

  /** @param part The id of one of `parts`; undefined shows the whole chart. Fits it into its place. */
  frame(part: string | undefined): void {
    this.#part = this.parts.find(({ id }) => id === part);
    const [x, y, width, height] = this.#part?.box ?? [0, 0, this.layout.width, this.layout.height];
    this.#drawing.setAttribute("viewBox", [x - EDGE, y - EDGE, width + 2 * EDGE, height + 2 * EDGE].join(" "));
    this.#drawing.setAttribute("width", String(width + 2 * EDGE));
    this.#drawing.setAttribute("height", String(height + 2 * EDGE));
    this.#drawing.classList.toggle("part", this.#part !== undefined);
    this.zoom(undefined);
  }

  /** @param scale 1 is the drawing's own size; undefined fits it into its place. */
  zoom(scale: number | undefined): void {
    const height = Number(this.#drawing.getAttribute("height"));
    this.#drawing.style.width = scale === undefined ? "" : `${Math.round(this.width * scale)}px`;
    this.#drawing.style.height = scale === undefined ? "" : `${Math.round(height * scale)}px`;
    this.#drawing.classList.toggle("fits", scale === undefined);
  }

  /** @param took Transitions that were taken last. */
  show(actor: ActorState | undefined, took: readonly string[]): void {
    const isRunning = actor?.status === "active" && actor.value !== null;
    const active = new Set(isRunning ? activeStates(this.layout.id, actor.value) : []);
    for (const [id, group] of this.#states) group.classList.toggle("active", active.has(id));
    for (const { ids, group } of this.#arrows)
      group.classList.toggle(
        "taken",
        ids.some((id) => took.includes(id)),
      );
    const words = isRunning ? stateWords(actor.value) : actor === undefined ? NOT_RUNNING : `ended (${actor.status})`;
    if (this.#caption.textContent === words) return;
    this.#caption.textContent = words;
    this.#drawing.setAttribute("aria-label", `Chart ${this.layout.title}. Active: ${words}.`);
  }

  #state({ id, key, kind, depth, initial, notes, description, box: [x, y, width, height] }: LaidOutState): SVGGElement {
    const shade = Math.min(depth, 3);
    const group = svg(
      "g",
      { class: `state ${kind} depth-${shade}`, "data-state": id },
      svg("title", {}, description === "" ? key : `${key}: ${description}`),
      svg("rect", { x, y, width, height, rx: 7 }),
      ...(kind === "final" ? [svg("rect", { x: x + 3, y: y + 3, width: width - 6, height: height - 6, rx: 5 })] : []),
      ...(initial ? [svg("circle", { cx: x, cy: y, r: 4.5 })] : []),
      svg("text", { x: x + width / 2, y: y + 19, class: "key" }, key),
      ...notes.map((note, index) => svg("text", { x: x + width / 2, y: y + 33 + index * 13, class: "note" }, note)),
    );
    this.#states.set(id, group);
    return group;
  }

  #arrow({ ids, points, lines, label: [x, y] }: LaidOutArrow, head: string): SVGGElement {
    const path = points.map(([atX, atY], index) => `${index === 0 ? "M" : "L"}${atX} ${atY}`).join("");
    const group = svg(
      "g",
      { class: "arrow" },
      svg("path", { d: path, "marker-end": `url(#${head})` }),
      ...lines.map((line, index) => svg("text", { x: x + 3, y: y + 10 + index * 13 }, line)),
    );
    this.#arrows.push({ ids, group });
    return group;
  }
}
