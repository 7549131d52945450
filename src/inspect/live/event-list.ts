import { isBeside, type Entry } from "../recording/recording.js";
import { besideWords, causeOf, eventWords, secondsWords } from "../recording/words.js";
import { html } from "./dom.js";

/** So many are in the page at once; the rest is a scroll or a search away. */
const SHOWN = 300;

/** What of the entries is listed. */
export interface ListFilter {
  /** In small letters. */
  readonly text: string;
  readonly messages: boolean;
}

/** An entry in words: its columns in the list. */
function columnsOf(
  entry: Exclude<Entry, { readonly kind: "actor" }>,
): readonly [who: string, what: string, why: string] {
  if (isBeside(entry)) return ["connection", besideWords(entry), ""];
  const { actor, event, ignored } = entry;
  return [actor, eventWords(event.type), `${causeOf(entry)}${ignored === true ? ", ignored" : ""}`];
}

function isListed(entry: Entry, { text, messages }: ListFilter): entry is Exclude<Entry, { readonly kind: "actor" }> {
  if (entry.kind === "actor" || (isBeside(entry) && !messages)) return false;
  return (
    text === "" ||
    JSON.stringify([columnsOf(entry), entry])
      .toLowerCase()
      .includes(text)
  );
}

/** The events, one line each, as a list in which one can be chosen. */
export class EventList {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #count = html("span", { class: "aside" });
  readonly #unique: string;
  readonly #choose: (entry: Entry) => void;
  readonly #rows = new Map<Entry, HTMLElement>();
  readonly #numbers = new WeakMap<Entry, number>();
  #numbered = 0;
  #listed: readonly Entry[] = [];
  #chosen: Entry | undefined;

  /** @param choose An entry was chosen: by a click or a key. */
  constructor(unique: string, choose: (entry: Entry) => void) {
    this.#unique = unique;
    this.#choose = choose;
    this.#list = html("div", { role: "listbox", tabindex: 0, class: "events", "aria-label": "Events" });
    this.element = html(
      "section",
      { class: "events-panel", "aria-label": "Events" },
      html("h3", {}, "Events ", this.#count),
      this.#list,
    );
    this.#list.addEventListener("keydown", (event) => this.#move(event));
    this.#list.addEventListener("click", ({ target }) => {
      const row = target instanceof Element ? target.closest<HTMLElement>("[role=option]") : null;
      for (const [entry, each] of this.#rows) if (each === row) choose(entry);
    });
  }

  /** @param chosen The entry at which the past is looked at; undefined follows the latest. */
  show(entries: readonly Entry[], chosen: Entry | undefined, filter: ListFilter): void {
    this.#listed = entries.filter((entry) => isListed(entry, filter));
    this.#chosen = chosen;
    const at = chosen === undefined ? this.#listed.length - 1 : this.#placeOf(chosen, entries);
    const from = Math.max(0, Math.min(this.#listed.length - SHOWN, at - SHOWN / 2));
    const window = this.#listed.slice(from, from + SHOWN);
    const wanted = new Set(window);
    for (const [entry, row] of this.#rows) {
      if (wanted.has(entry)) continue;
      row.remove();
      this.#rows.delete(entry);
    }
    let previous: Element | null = null;
    for (const entry of window) {
      const row: HTMLElement = this.#rows.get(entry) ?? this.#row(entry);
      const place: Element | null = previous === null ? this.#list.firstElementChild : previous.nextElementSibling;
      if (place !== row) this.#list.insertBefore(row, place);
      previous = row;
    }
    this.#count.textContent = String(this.#listed.length);
    this.#mark(this.#listed[at]);
  }

  /** The last listed entry that is not after one that may be hidden. */
  #placeOf(chosen: Entry, entries: readonly Entry[]): number {
    const exact = this.#listed.indexOf(chosen);
    if (exact !== -1) return exact;
    const before = new Set(entries.slice(0, entries.indexOf(chosen)));
    return this.#listed.findLastIndex((entry) => before.has(entry));
  }

  #mark(current: Entry | undefined): void {
    for (const [entry, row] of this.#rows) row.setAttribute("aria-selected", String(entry === current));
    const row = current === undefined ? undefined : this.#rows.get(current);
    if (row === undefined) {
      this.#list.removeAttribute("aria-activedescendant");
      return;
    }
    this.#list.setAttribute("aria-activedescendant", row.id);
    // Only the list scrolls, never the page.
    const { offsetTop, offsetHeight } = row;
    const { scrollTop, clientHeight } = this.#list;
    if (offsetTop < scrollTop) this.#list.scrollTop = offsetTop;
    else if (offsetTop + offsetHeight > scrollTop + clientHeight) {
      this.#list.scrollTop = offsetTop + offsetHeight - clientHeight;
    }
  }

  #row(entry: Entry): HTMLElement {
    const number = this.#numbers.get(entry) ?? (this.#numbered += 1);
    this.#numbers.set(entry, number);
    const [who, what, why] = entry.kind === "actor" ? ["", "", ""] : columnsOf(entry);
    const kind = entry.kind === "step" && entry.ignored === true ? "ignored" : entry.kind;
    const row = html(
      "div",
      { role: "option", id: `${this.#unique}-event-${number}`, class: `event ${kind}`, "aria-selected": "false" },
      html("span", { class: "time" }, secondsWords(entry.at)),
      html("span", { class: "who" }, who),
      html("span", { class: "what" }, what),
      html("span", { class: "why" }, why),
    );
    this.#rows.set(entry, row);
    return row;
  }

  #move(event: KeyboardEvent): void {
    const { length } = this.#listed;
    const last = length - 1;
    const at = this.#chosen === undefined ? last : this.#listed.indexOf(this.#chosen);
    const places: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
      Home: 0,
      End: last,
    };
    const place = places[event.key];
    if (place === undefined || length === 0) return;
    event.preventDefault();
    const next = this.#listed[Math.min(last, Math.max(0, place))];
    if (next === undefined) return;
    // The next key may come before the list is drawn again.
    this.#chosen = next;
    this.#choose(next);
  }
}
