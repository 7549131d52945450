/** A field that console, `util.inspect`, JSON and `Object.entries` pass over, because what it holds may be a credential. */
export function hideField(owner: object, name: string, value?: unknown): void {
  let held = value;
  const set = (next: unknown): void => {
    held = next;
  };
  Object.defineProperty(owner, name, { get: () => held, set, enumerable: false, configurable: true });
}
