import { byId, create, keepLast, stickToEnd } from "../dom.js";

const LIMIT = 200;

/** The latest RTVI events, one line each; a run of the same event is one line with a count. */
export class EventLogView {
  readonly #list = byId("events", HTMLOListElement);
  readonly #total = byId("events-count", HTMLElement);
  #count = 0;
  #last: { readonly name: string; readonly item: HTMLElement; times: number } | undefined;

  constructor() {
    stickToEnd(this.#list);
  }

  /** @param at seconds since the session began */
  add(name: string, detail: string, at: number): void {
    this.#total.textContent = String(++this.#count);
    if (this.#last?.name === name && name !== "transportStateChanged") {
      this.#last.times += 1;
      fill(this.#last.item, `${name} ×${String(this.#last.times)}`, detail, at);
      return;
    }
    const item = create("li", `event ${family(name)}`);
    fill(item, name, detail, at);
    this.#list.append(item);
    keepLast(this.#list, LIMIT);
    this.#last = { name, item, times: 1 };
  }
}

function fill(item: HTMLElement, name: string, detail: string, at: number): void {
  const data = create("span", "event-data", detail);
  data.title = detail;
  item.replaceChildren(create("time", "event-time", at.toFixed(3)), create("span", "event-name", name), data);
}

/** Who an event is about: gives it its colour. */
function family(name: string): string {
  if (name.startsWith("user")) return "user";
  if (name.startsWith("bot")) return "bot";
  if (/error|unsupported/i.test(name)) return "fault";
  return name === "transportStateChanged" ? "lifecycle" : "world";
}
