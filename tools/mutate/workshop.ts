import { execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { apply, type Mutant } from "./mutants.js";
import { stagesOf, type Stage } from "./stages.js";

/** How the tests took it. */
export type Verdict = "killed" | "timed out" | "survived";

export interface Judgement {
  readonly verdict: Verdict;
  /** The test that failed first, or the stage that was too late. */
  readonly by: string;
}

/** Runs of each property: fewer than in an ordinary run, because most mutants fall to a plain test. */
const RUNS = "200";
const OPTIONS = [
  ...["--project", "unit", "--project", "long", "--project", "adapter", "--bail", "1", "--no-color"],
  // One worker that keeps its modules: most of a short run is importing.
  ...["--no-isolate", "--pool", "threads", "--maxWorkers", "1"],
  // A busy machine is no mutant.
  ...["--testTimeout", "30000"],
];
/** Characters of a failed run's output that are kept: its end tells which test it was. */
const MOST_SAID = 6_000;

interface Run {
  readonly verdict: Verdict;
  readonly said: string;
}

/** A copy of the tree in which a mutant does no harm. */
export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), "rtvi-machine-mutants-"));
  readonly #files: readonly string[];

  /** @param stages So many of the stages are asked, the nearest first. */
  constructor(private readonly stages: number) {
    const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
    this.#files = files.split("\n").filter((name) => name !== "");
    for (const file of this.#files) cpSync(file, join(this.#folder, file), { recursive: true });
    // Some packages have dependencies that only they may see.
    for (const place of [".", ...readdirSync("packages").map((name) => join("packages", name))]) {
      const modules = join(place, "node_modules");
      if (existsSync(modules)) symlinkSync(resolve(modules), join(this.#folder, modules), "dir");
    }
  }

  /** Why tests fail as the files are, when every mutant would count as killed; empty when they pass. */
  async failure(files: readonly string[]): Promise<string> {
    const passed = new Set<string>();
    for (const stage of files.flatMap((file) => this.#stagesOf(file))) {
      const tests = stage.tests.filter((test) => !passed.has(test));
      if (tests.length === 0) continue;
      const { verdict, said } = await this.#test({ ...stage, tests });
      if (verdict !== "survived") return `${verdict}: ${said}`;
      for (const test of tests) passed.add(test);
    }
    return "";
  }

  /** Runs what has to do with the mutant's file, stage by stage, with the mutant in it. */
  async judge(mutant: Mutant): Promise<Judgement> {
    const path = join(this.#folder, mutant.file);
    const code = readFileSync(path, "utf8");
    writeFileSync(path, apply(code, mutant));
    try {
      for (const stage of this.#stagesOf(mutant.file)) {
        let run = await this.#test(stage);
        if (run.verdict === "killed" && stage.confirmed) run = await this.#test(stage);
        if (run.verdict === "timed out") return { verdict: run.verdict, by: stage.name };
        if (run.verdict === "killed") return { verdict: run.verdict, by: failedTest(run.said) };
      }
      return { verdict: "survived", by: "" };
    } finally {
      writeFileSync(path, code);
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #stagesOf(file: string): readonly Stage[] {
    return stagesOf(file, this.#files).slice(0, this.stages);
  }

  #test({ tests, timeoutMs }: Stage): Promise<Run> {
    const vitest = resolve("node_modules/vitest/vitest.mjs");
    const args = [vitest, "run", ...tests, ...OPTIONS];
    return new Promise((settle, fail) => {
      const child = spawn(process.execPath, args, {
        cwd: this.#folder,
        env: { ...process.env, RTVI_MACHINE_RUNS: RUNS },
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
      }, timeoutMs);
      child.on("error", fail);
      child.on("close", (code) => {
        clearTimeout(timer);
        settle({ verdict: late ? "timed out" : code === 0 ? "survived" : "killed", said });
      });
    });
  }
}

/** The first failure that Vitest told; a file that could not even be loaded is one as well. */
function failedTest(said: string): string {
  return / FAIL {2}(?:\|?\w+\|? )?(.*)/.exec(said)?.[1]?.trim() ?? "an error outside of any test";
}
