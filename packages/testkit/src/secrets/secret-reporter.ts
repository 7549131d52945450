import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, SerializedError, TestModule } from "vitest/node";
import { textOf, traceOfSecrets } from "./secrets.js";

/** Folders of what runs leave behind, and of what is recorded of them and kept. */
export const RECORDINGS: readonly string[] = [
  "test-output",
  "demo-output",
  "docs",
  "tools/reliability",
  "test/browser/scenario",
  "test/graph/golden",
];

/** The files below these folders that a credential is in, with its forms. */
export function leakyFiles(folders: readonly string[]): string[] {
  return folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .flatMap((path) => traceOfSecrets(readFileSync(path, "latin1")).map((form) => `${path}: ${form}`)),
  );
}

/**
 * Looks for the credentials of the tests in all that the run says and leaves: the console of every project, the errors of
 * failed tests and of nobody's, and files. Sessions are looked at from within: see `whole-run.ts`.
 */
export class SecretReporter implements Reporter {
  readonly #found = new Set<string>();
  readonly #folders: readonly string[];

  constructor(folders = RECORDINGS) {
    this.#folders = folders;
  }

  onUserConsoleLog({ type, content, taskId }: Parameters<NonNullable<Reporter["onUserConsoleLog"]>>[0]): void {
    this.#look(`${type} of ${taskId ?? "the run"}`, content);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const module of modules) {
      this.#look(module.moduleId, module.errors());
      for (const test of module.children.allTests()) {
        this.#look(`${module.moduleId} > ${test.fullName}`, test.result().errors ?? []);
      }
    }
    this.#look("unhandled errors", unhandled);
    for (const file of leakyFiles(this.#folders)) this.#found.add(file);
    if (this.#found.size === 0) return;
    process.stderr.write(`\nA credential was let out:\n${[...this.#found].map((each) => `  ${each}\n`).join("")}`);
    process.exitCode = 1;
  }

  #look(where: string, value: unknown): void {
    for (const form of traceOfSecrets(textOf(value))) this.#found.add(`${where}: ${form}`);
  }
}
