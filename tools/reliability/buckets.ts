/** Bounds of the gaps in the document, in ms: wide, so that it does not change with the speed of a machine. */
const BOUNDS = [100, 300, 1_000, 3_000, 10_000];

/** `< 0.3 s` for 0.12 s. */
export function bucketOf(ms: number): string {
  const bound = BOUNDS.find((limit) => ms < limit);
  return bound === undefined ? "> 10 s" : `< ${String(bound / 1_000)} s`;
}
