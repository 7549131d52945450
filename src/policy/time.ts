/** Something that may know the time: a `Clock`. */
interface Timekeeper {
  readonly now?: number | (() => number);
}

/** Tells the clock's time in ms, or the system's where it has none; monotonic. */
export function timeOf(clock: Timekeeper | undefined): () => number {
  return () => {
    const now = clock?.now;
    if (now === undefined) return performance.now();
    return typeof now === "number" ? now : now.call(clock);
  };
}
