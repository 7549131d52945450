/** A field that console, `util.inspect`, JSON and `Object.entries` pass over, because what it holds may be a credential. */
export function hideField(owner: object, name: string): void {
  let held: unknown = Reflect.get(owner, name);
  const set = (next: unknown): void => {
    held = next;
  };
  Object.defineProperty(owner, name, { get: () => held, set, enumerable: false, configurable: true });
}
