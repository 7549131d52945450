import { isBeside, type ActorState, type Data, type Entry } from "../recording/recording.js";
import { besideWords, causeOf, eventWords, secondsWords, stateWords } from "../recording/words.js";
import { html } from "./dom.js";
import { LAYOUTS } from "./layouts.generated.js";

type Facts = readonly (readonly [name: string, value: string])[];

const text = (data: Data): string => JSON.stringify(data, undefined, 2);

function factsOf(entry: Entry | undefined, actors: ReadonlyMap<string, ActorState>): Facts {
  if (entry === undefined) return [["Event", "none yet"]];
  if (isBeside(entry))
    return [
      [entry.kind === "message" ? "Message" : "Connection", besideWords(entry)],
      ["At", secondsWords(entry.at)],
    ];
  const state = actors.get(entry.actor);
  const where: Facts = state === undefined || state.value === null ? [] : [["State", stateWords(state.value)]];
  if (entry.kind === "actor") return [["Began", entry.actor], ["At", secondsWords(entry.at)], ...where];
  const { event, actor, at, ignored, took, error } = entry;
  return [
    ["Event", eventWords(event.type)],
    ["At", secondsWords(at)],
    ["To", actor],
    ["From", causeOf(entry)],
    [
      "Effect",
      ignored === true ? "ignored: nothing reacts to it in this state" : (took?.map(transitionWords).join("\n") ?? ""),
    ],
    ...(error === undefined ? [] : [["Crashed", text(error)] as const]),
    ...where,
  ];
}

/** `silent → speaking`, or where a transition stays. */
function transitionWords(id: string): string {
  const arrow = LAYOUTS.flatMap(({ arrows }) => arrows).find(({ ids }) => ids.includes(id));
  return arrow === undefined ? `stays in ${id.split("|")[0] ?? ""}` : `${arrow.from} → ${arrow.to}`;
}

/** The chosen event, what it carries, and the context of its actor after it. */
export class DetailsPanel {
  readonly element: HTMLElement;
  readonly #facts = html("dl", { class: "facts" });
  readonly #event = html("pre", { role: "region", tabindex: 0, "aria-label": "What the event carries" });
  readonly #context = html("pre", { role: "region", tabindex: 0, "aria-label": "Context of the actor" });

  constructor() {
    this.element = html(
      "section",
      { class: "details-panel", "aria-label": "Details" },
      html("h3", {}, "Details"),
      this.#facts,
      html("h4", {}, "Event"),
      this.#event,
      html("h4", {}, "Context"),
      this.#context,
    );
  }

  show(entry: Entry | undefined, actors: ReadonlyMap<string, ActorState>): void {
    this.#facts.replaceChildren(
      ...factsOf(entry, actors).map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))),
    );
    this.#event.textContent = entry?.kind === "step" ? text(entry.event) : "";
    const state = entry === undefined || isBeside(entry) ? undefined : actors.get(entry.actor);
    this.#context.textContent = state === undefined ? "" : text(state.context);
  }
}
