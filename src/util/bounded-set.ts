/** Has a set, or a map, forget what came first, beyond a size: a long session needs no more memory than a short one. */
export function dropOldest<Key>(
  held: { readonly size: number; keys(): Iterable<Key>; delete(key: Key): unknown },
  most: number,
): void {
  for (const oldest of held.keys()) {
    if (held.size <= most) return;
    held.delete(oldest);
  }
}

/** A set that forgets its oldest member beyond a size. */
export class BoundedSet {
  readonly #members = new Set<string>();

  constructor(private readonly most: number) {}

  add(member: string): void {
    this.#members.delete(member);
    this.#members.add(member);
    dropOldest(this.#members, this.most);
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }
}
