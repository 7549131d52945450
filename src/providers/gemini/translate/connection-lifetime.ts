import type { FieldReader } from "../../../util/field-reader.js";
import { LONGEST_TEXT } from "../events.js";
import { flagIn } from "../fields.js";

/** How long a change of connections that nothing hurries may wait for a moment when nobody speaks, in ms. */
export const UNHURRIED_MS = 30_000;

/** What the service says about the end of this connection, and what the next may be opened with. */
export class ConnectionLifetime {
  #handle: string | undefined;
  #resumable: boolean;
  #endsAt: number | undefined;
  /** "answered": a turn was completed. */
  #phase: "unproven" | "answered" = "unproven";

  /**
   * @param now Monotonic time in ms.
   * @param handle What this connection was opened with.
   */
  constructor(
    private readonly now: () => number,
    handle: string | undefined,
  ) {
    this.#handle = handle;
    this.#resumable = handle !== undefined;
  }

  /** The newest resumption handle. A secret: it is shown to nobody but the service. */
  get handle(): string | undefined {
    return this.#handle;
  }

  /** Whether the service could resume at this very moment; it cannot while it makes something or calls a function. */
  get resumable(): boolean {
    return this.#resumable;
  }

  /** Whether the connection was good for something: a turn was completed on it, and there is a handle. */
  get isProven(): boolean {
    return this.#phase === "answered" && this.#handle !== undefined;
  }

  /** A turn was completed. */
  answered(): void {
    this.#phase = "answered";
  }

  /** How long the connection will live, in ms, once the service has said so (`goAway`). */
  get expiresInMs(): number | undefined {
    return this.#endsAt === undefined ? undefined : Math.max(0, this.#endsAt - this.now());
  }

  /**
   * A `sessionResumptionUpdate`. `settled`: it is known what a handle covers. Returns whether there is a new handle.
   * @throws ProtocolError
   */
  update(read: FieldReader, settled: boolean): boolean {
    const resumable = flagIn(read, "resumable");
    const handle = read.optionalText("newHandle", LONGEST_TEXT) ?? "";
    this.#resumable = resumable && handle !== "" && settled;
    // A handle that came while nothing could be resumed would lose what is going on.
    if (this.#resumable) this.#handle = handle;
    return this.#resumable;
  }

  /**
   * A `goAway`. Returns within how many ms the connection is to be changed, where that is news: before it ends, where the service
   * says when that is.
   * @param leftMs When it will end, in ms from now; undefined where the service does not say.
   */
  goAway(leftMs: number | undefined): number | undefined {
    if (leftMs === undefined) return this.#endsAt === undefined ? UNHURRIED_MS : undefined;
    const before = this.#endsAt;
    this.#endsAt = this.now() + leftMs;
    return this.#endsAt === before ? undefined : leftMs;
  }
}
