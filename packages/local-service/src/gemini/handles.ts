import { randomBytes } from "node:crypto";
import type { Content } from "./contents.js";

/** What a handle brings back. */
export interface Snapshot {
  readonly model: string;
  readonly contents: readonly Content[];
  /** Entries of the script that are used up. */
  readonly turnsTaken: number;
}

/** Of the oldest of many handles nothing is known any more. */
const MOST = 2000;

/** The handles of all sessions. They outlive connections, and end with the service. */
export class Handles {
  readonly #lifeMs: number;
  readonly #kept = new Map<string, { readonly snapshot: Snapshot; readonly endsAt: number }>();

  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs;
  }

  /** Keeps a state, and returns its handle. */
  keep(snapshot: Snapshot): string {
    const handle = randomBytes(18).toString("base64url");
    this.#kept.set(handle, { snapshot, endsAt: Date.now() + this.#lifeMs });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST) break;
      this.#kept.delete(oldest);
    }
    return handle;
  }

  /** Undefined when the handle is unknown or too old. It may be used again. */
  find(handle: string): Snapshot | undefined {
    const found = this.#kept.get(handle);
    return found && found.endsAt > Date.now() ? found.snapshot : undefined;
  }
}
