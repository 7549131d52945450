import { randomBytes } from "node:crypto";
import { BoundedMemory } from "../bounded-memory.js";
import { contentBytes, type Content } from "./contents.js";

/** What a handle brings back. */
export interface Snapshot {
  readonly model: string;
  readonly contents: readonly Content[];
  /** Entries of the script that are used up. */
  readonly turnsTaken: number;
}

/** Of the oldest of many handles nothing is known any more. */
const MOST = 2000;
/** A sound counts for each handle that brings it back, though it is held once. */
const MOST_BYTES = 256 * 1024 * 1024;

/** The handles of all sessions. They outlive connections, and end with the service. */
export class Handles {
  readonly #kept: BoundedMemory<Snapshot>;

  /** @param mostBytes of all snapshots together. */
  constructor(lifeMs: number, mostBytes = MOST_BYTES) {
    this.#kept = new BoundedMemory({ most: MOST, mostBytes, lifeMs });
  }

  /** Keeps a state, and returns its handle. */
  keep(snapshot: Snapshot): string {
    const handle = randomBytes(18).toString("base64url");
    const bytes = snapshot.contents.reduce((sum, content) => sum + contentBytes(content), 0);
    this.#kept.set(handle, snapshot, bytes);
    return handle;
  }

  /** Undefined when the handle is unknown or too old. It may be used again. */
  find(handle: string): Snapshot | undefined {
    return this.#kept.get(handle);
  }
}
