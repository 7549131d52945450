/** Something that happened in the session. */
export interface TimelineEntry {
  /** An RTVI event's name. */
  readonly name: string;
  /** Seconds since the session began. */
  readonly at: number;
  /** What the event carried, as structured-cloneable data. */
  readonly data: unknown;
  /** The same as one short line. */
  readonly summary: string;
}

const SUMMARY_LIMIT = 160;

/**
 * Dates events and passes them on. Each is also a performance mark, so that the browser's profiler shows the session
 * beside its own tracks; the marks are cleared at once, so that a long session does not fill the buffer.
 */
export class Timeline {
  readonly #listeners: ((entry: TimelineEntry) => void)[] = [];
  #origin = performance.now();

  /** The next entry is dated from now. */
  restart(): void {
    this.#origin = performance.now();
  }

  listen(listener: (entry: TimelineEntry) => void): void {
    this.#listeners.push(listener);
  }

  add(name: string, payload?: unknown): void {
    const data = plain(payload);
    const mark = performance.mark(`rtvi:${name}`, { detail: data });
    performance.clearMarks(mark.name);
    const entry = { name, at: (mark.startTime - this.#origin) / 1000, data, summary: summarise(data) };
    for (const listener of this.#listeners) listener(entry);
  }
}

/** A copy without functions, errors, tracks and other live objects. */
function plain(payload: unknown): unknown {
  if (payload instanceof Error) return { error: payload.name, message: payload.message };
  if (payload instanceof MediaStreamTrack) return { kind: payload.kind, label: payload.label };
  if (payload === undefined) return null;
  try {
    return JSON.parse(JSON.stringify(payload));
  } catch {
    return typeof payload; // Circular or a BigInt: nothing that one line could show.
  }
}

function summarise(data: unknown): string {
  if (data === null) return "";
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return `${String(data.length)} listed`;
  const text =
    typeof data === "object" && "data" in data && "label" in data ? JSON.stringify(data.data) : JSON.stringify(data);
  return text.length > SUMMARY_LIMIT ? `${text.slice(0, SUMMARY_LIMIT)}…` : text;
}
