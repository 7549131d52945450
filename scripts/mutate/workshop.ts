import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { apply, type Mutant } from "./mutants.js";

/** How the tests took it. */
export type Verdict = "killed" | "timed out" | "survived";

/** The suites that are fast enough to be run for every mutant. */
const PROJECTS = ["--project", "unit", "--project", "adapter"];
const TIMEOUT_MS = 300_000;
/** Characters of a failed run's output that are shown: its end tells which test it was. */
const MOST_SAID = 3_000;

/** A copy of the tree in which a mutant does no harm. */
export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), "rtvi-machine-mutants-"));

  constructor() {
    const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
    for (const file of files.split("\n").filter((name) => name !== "")) {
      cpSync(file, join(this.#folder, file), { recursive: true });
    }
    symlinkSync(resolve("node_modules"), join(this.#folder, "node_modules"), "dir");
  }

  /** Why the tests of these files fail as the files are, when every mutant would count as killed; empty when they pass. */
  async failure(files: readonly string[]): Promise<string> {
    const { verdict, said } = await this.#test(files);
    return verdict === "survived" ? "" : `${verdict}: ${said.slice(-MOST_SAID)}`;
  }

  /** Runs the tests that have to do with the mutant's file, with the mutant in it. */
  async judge(mutant: Mutant): Promise<Verdict> {
    const path = join(this.#folder, mutant.file);
    const code = readFileSync(path, "utf8");
    writeFileSync(path, apply(code, mutant));
    try {
      return (await this.#test([mutant.file])).verdict;
    } finally {
      writeFileSync(path, code);
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #test(files: readonly string[]): Promise<{ readonly verdict: Verdict; readonly said: string }> {
    const vitest = resolve("node_modules/vitest/vitest.mjs");
    const args = [vitest, "related", ...files, "--run", "--bail", "1", "--passWithNoTests", ...PROJECTS];
    return new Promise((settle, fail) => {
      const child = spawn(process.execPath, args, {
        cwd: this.#folder,
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
      });
      let said = "";
      const hear = (text: Buffer): void => {
        said = (said + text.toString()).slice(-MOST_SAID);
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        // The whole group: Vitest has workers of its own.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      }, TIMEOUT_MS);
      child.on("error", fail);
      child.on("close", (code) => {
        clearTimeout(timer);
        settle({ verdict: late ? "timed out" : code === 0 ? "survived" : "killed", said });
      });
    });
  }
}
