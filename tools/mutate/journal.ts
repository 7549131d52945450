import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Mutant } from "./mutants.js";
import type { Judgement } from "./workshop.js";

interface Entry extends Judgement {
  readonly id: string;
  /** Of the whole file: what was judged in another version of it is judged again. */
  readonly version: string;
}

export const versionOf = (code: string): string => createHash("sha256").update(code).digest("hex").slice(0, 12);

/** Verdicts so far, kept in a file, so that a run that was stopped goes on where it was. */
export class Journal {
  readonly #path: string;
  readonly #entries = new Map<string, Entry>();

  constructor(path: string, forget: boolean) {
    this.#path = path;
    if (forget || !existsSync(path)) return;
    const kept = JSON.parse(readFileSync(path, "utf8")) as readonly Entry[];
    for (const entry of kept) this.#entries.set(entry.id, entry);
  }

  judgementOf({ id }: Mutant, version: string): Judgement | undefined {
    const entry = this.#entries.get(id);
    return entry?.version === version ? entry : undefined;
  }

  add({ id }: Mutant, version: string, judgement: Judgement): void {
    this.#entries.set(id, { id, version, ...judgement });
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, `${JSON.stringify([...this.#entries.values()], undefined, 1)}\n`);
  }
}
