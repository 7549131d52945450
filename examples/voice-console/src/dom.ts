/** The element with this id, of this class; the page's own mark-up guarantees it, so its absence is a defect. */
export function byId<E extends Element>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`The page has no ${kind.name} #${id}`);
  return element;
}

/** A new HTML element with a class and, optionally, text. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text?: string,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Removes children from the front until at most `limit` are left. */
export function keepLast(list: Element, limit: number): void {
  while (list.childElementCount > limit) list.firstElementChild?.remove();
}

/** Scrolls to the end, unless the reader has scrolled up to look at something. */
export function followEnd(box: Element, change: () => void): void {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 48;
  change();
  if (atEnd) box.scrollTop = box.scrollHeight;
}
