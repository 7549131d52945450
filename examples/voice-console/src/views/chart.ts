import drawing from "../../../../docs/charts/transport.svg?raw";
import type { Session } from "../session.js";
import { byId } from "../dom.js";
import { ChildStates } from "./child-states.js";
import { statePaths } from "../state-paths.js";

/** The drawing's ids begin with the machine's. */
const DRAWN_AS = "transport.";

type Actor = Session["transport"]["actor"];

/** The package's own drawing of the chart, with the states lit that the running actor is in. */
export class ChartView {
  readonly #box = byId("chart", HTMLElement);
  readonly #children = new ChildStates();
  #unfollow = (): void => undefined;

  constructor() {
    this.#box.innerHTML = drawing.slice(drawing.indexOf("<svg"));
    trimMargins(this.#box);
    const large = byId("chart-large", HTMLDialogElement);
    byId("enlarge", HTMLButtonElement).addEventListener("click", () => {
      large.append(this.#box);
      large.showModal();
    });
    large.addEventListener("click", () => large.close());
    large.addEventListener("close", () => byId("chart-home", HTMLElement).append(this.#box));
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

/** Takes the drawing's title and margins out of view: the panel has a title of its own, and little room. */
function trimMargins(box: Element): void {
  const svg = box.querySelector("svg");
  const graph = box.querySelector<SVGGraphicsElement>("svg > g");
  const moved = graph?.transform.baseVal.consolidate()?.matrix;
  if (!svg || !graph || !moved) return;
  const { x, y, width, height } = graph.getBBox();
  const margin = 4;
  svg.setAttribute(
    "viewBox",
    [x + moved.e - margin, y + moved.f - margin, width + 2 * margin, height + 2 * margin].join(" "),
  );
  svg.removeAttribute("width");
  svg.removeAttribute("height");
}
