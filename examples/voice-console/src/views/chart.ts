import drawing from "../../../../docs/charts/transport.svg?raw";
import type { Session } from "../session.js";
import { byId } from "../dom.js";
import { ChildStates } from "./child-states.js";
import { statePaths } from "../state-paths.js";

/** The drawing's ids begin with the machine's. */
const DRAWN_AS = "transport.";
/** Parts of the drawing. What a visitor follows is the lifecycle; the panel has no room for more. */
const WHOLE = ":scope > g";
const LIFECYCLE = '[id="transport.lifecycle"]';

type Actor = Session["transport"]["actor"];

/** The package's own drawing of the chart, with the states lit that the running actor is in. */
export class ChartView {
  readonly #box = byId("chart", HTMLElement);
  readonly #children = new ChildStates();
  #unfollow = (): void => undefined;

  constructor() {
    this.#box.innerHTML = drawing.slice(drawing.indexOf("<svg"));
    const svg = this.#box.querySelector("svg");
    svg?.removeAttribute("width");
    svg?.removeAttribute("height");
    const large = byId("chart-large", HTMLDialogElement);
    byId("enlarge", HTMLButtonElement).addEventListener("click", () => {
      large.append(this.#box);
      showPart(svg, WHOLE);
      large.showModal();
    });
    large.addEventListener("click", () => large.close());
    large.addEventListener("close", () => {
      byId("chart-home", HTMLElement).append(this.#box);
      showPart(svg, LIFECYCLE);
    });
    showPart(svg, LIFECYCLE);
  }

  /** Follows another transport's actor. */
  follow(actor: Actor): void {
    this.#unfollow();
    const show = (snapshot: ReturnType<Actor["getSnapshot"]>): void => {
      this.#light(statePaths(snapshot.value, DRAWN_AS));
      this.#children.follow(Object.values(snapshot.children));
    };
    const subscription = actor.subscribe(show);
    this.#unfollow = () => subscription.unsubscribe();
    show(actor.getSnapshot());
  }

  #light(paths: readonly string[]): void {
    const active = new Set(paths);
    for (const state of this.#box.querySelectorAll(".state")) {
      state.classList.toggle("active", active.has(state.id));
    }
  }
}

/** Brings one part of the drawing into view, without the margins and the title: the panel has a title of its own, and little room. */
function showPart(svg: SVGSVGElement | null, selector: string): void {
  const graph = svg?.querySelector<SVGGraphicsElement>(":scope > g");
  const part = svg?.querySelector<SVGGraphicsElement>(selector);
  const moved = graph?.transform.baseVal.consolidate()?.matrix;
  if (!svg || !part || !moved) return;
  const { x, y, width, height } = part.getBBox();
  const margin = 4;
  // The lifecycle is the rightmost part: put to the left edge, nothing else is seen of the drawing.
  svg.setAttribute("preserveAspectRatio", selector === LIFECYCLE ? "xMinYMid meet" : "xMidYMid meet");
  svg.setAttribute(
    "viewBox",
    [x + moved.e - margin, y + moved.f - margin, width + 2 * margin, height + 2 * margin].join(" "),
  );
}
