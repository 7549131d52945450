import { byId, create } from "../dom.js";
import { statePaths } from "../state-paths.js";

/** The part of an actor that is read here; the root's children are all machines. */
interface Child {
  readonly id: string;
  getSnapshot(): unknown;
  subscribe(observer: (snapshot: unknown) => void): { unsubscribe(): void };
}

/** The charts beside the root's: what they are called, and what they show when they are not running. */
const SHOWN = { microphone: "off", speaker: "off", connection: "no session" } as const;

/** Where the root's children are, in words. They come and go; each is followed while it is there. */
export class ChildStates {
  readonly #cells = new Map<string, HTMLElement>();
  readonly #followed = new Map<string, { readonly child: Child; readonly unfollow: () => void }>();

  constructor() {
    const list = byId("children", HTMLElement);
    for (const [name, absent] of Object.entries(SHOWN)) {
      const cell = create("dd", "child-state", absent);
      const pair = create("div", "child");
      pair.append(create("dt", "child-name", name), cell);
      list.append(pair);
      this.#cells.set(name, cell);
    }
  }

  follow(children: readonly (Child | undefined)[]): void {
    for (const [name, cell] of this.#cells) {
      const child = children.find((candidate) => candidate?.id === name);
      const known = this.#followed.get(name);
      if (known?.child === child) continue;
      known?.unfollow();
      this.#followed.delete(name);
      if (child) this.#begin(name, child, cell);
      else show(cell, []);
    }
  }

  #begin(name: string, child: Child, cell: HTMLElement): void {
    const update = (snapshot: unknown): void => show(cell, leaves(snapshot));
    const subscription = child.subscribe(update);
    this.#followed.set(name, { child, unfollow: () => subscription.unsubscribe() });
    update(child.getSnapshot());
  }
}

/** The innermost active states; one of each region, where regions run side by side, with the name of its parent. */
function leaves(snapshot: unknown): string[] {
  if (typeof snapshot !== "object" || snapshot === null || !("value" in snapshot)) return [];
  const paths = statePaths(snapshot.value);
  const innermost = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}.`)));
  return innermost.length < 2 ? innermost : innermost.map((path) => path.split(".").slice(-2).join("."));
}

function show(cell: HTMLElement, paths: readonly string[]): void {
  const absent = Object.entries(SHOWN).find(([name]) => cell.previousElementSibling?.textContent === name)?.[1];
  cell.textContent = paths.join(", ") || (absent ?? "");
  cell.classList.toggle("on", paths.length > 0);
}
