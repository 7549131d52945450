/** A set that forgets its oldest member beyond a size, so that a long session needs no more memory than a short one. */
export class BoundedSet {
  readonly #members = new Set<string>();

  constructor(private readonly most: number) {}

  add(member: string): void {
    this.#members.delete(member);
    this.#members.add(member);
    if (this.#members.size <= this.most) return;
    for (const oldest of this.#members) {
      this.#members.delete(oldest);
      return;
    }
  }

  has(member: string): boolean {
    return this.#members.has(member);
  }
}
