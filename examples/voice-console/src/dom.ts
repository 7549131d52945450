/** As good as at the end. */
const NEAR_END_PX = 24;

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

/** Keeps a box scrolled to its end while it grows, unless the reader has scrolled up to look at something. */
export function stickToEnd(box: Element): void {
  let stuck = true;
  const follow = (): void => {
    if (stuck) box.scrollTop = box.scrollHeight;
  };
  box.addEventListener("scroll", () => {
    stuck = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
  });
  new MutationObserver(follow).observe(box, { childList: true, subtree: true, characterData: true });
  new ResizeObserver(follow).observe(box);
}
