/** How much of a conversation a session keeps. */
export interface ListLimits {
  readonly most: number;
  readonly mostBytes: number;
}

/** Some hours of turns, and half an hour of their sound: more than any service has room for in its context. */
export const CONVERSATION_LIMITS: ListLimits = { most: 1000, mostBytes: 64 * 1024 * 1024 };

const measured = new WeakMap<object, number>();

/** Characters of a value as JSON; measured once, so it must not change. */
export function jsonLength(value: object): number {
  const known = measured.get(value);
  if (known !== undefined) return known;
  const length = JSON.stringify(value).length;
  measured.set(value, length);
  return length;
}

/**
 * Removes the oldest of a list until the rest is within its limits; the newest always stays.
 * @returns how many were removed.
 */
export function dropOldest<T>(list: T[], bytesOf: (entry: T) => number, { most, mostBytes }: ListLimits): number {
  let dropped = Math.max(0, list.length - most);
  let bytes = list.slice(dropped).reduce((sum, entry) => sum + bytesOf(entry), 0);
  for (const entry of list.slice(dropped, -1)) {
    if (bytes <= mostBytes) break;
    bytes -= bytesOf(entry);
    dropped += 1;
  }
  list.splice(0, dropped);
  return dropped;
}
