import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

/*
 * An app catches an error of one entry with the class of another, so both must hold the same class. Two copies of a class
 * appear when a build inlines a shared module into each entry; this looks for them in the built package.
 */

type Load = (entry: string) => Promise<unknown>;

const ENTRIES = [
  "index",
  "providers/openai/index",
  "providers/pipecat/index",
  "providers/gemini/index",
  "compat/thrive/index",
  "dialogue/index",
  "inspect/index",
  "testing/index",
];
const require = createRequire(import.meta.url);

const FORMATS: readonly (readonly [format: string, load: Load])[] = [
  ["esm", (entry) => import(pathToFileURL(resolve(`dist/${entry}.js`)).href)],
  ["cjs", (entry) => Promise.resolve(require(resolve(`dist/${entry}.cjs`)) as unknown)],
];

type Class = new (...args: never[]) => unknown;

const isClass = (value: unknown): value is Class =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

/** A class and everything it extends. */
function* lineageOf(start: Class): Generator<Class> {
  let current: unknown = start;
  while (isClass(current)) {
    yield current;
    current = Object.getPrototypeOf(current);
  }
}

const problems: string[] = [];
for (const [format, load] of FORMATS) {
  const seen = new Map<string, Class>();
  for (const entry of ENTRIES) {
    const module = await load(entry);
    const exported = typeof module === "object" && module !== null ? Object.entries(module) : [];
    for (const [name, value] of exported) {
      if (!isClass(value)) continue;
      // Errors call themselves by the name of their class: a transpiler must not change it.
      if (value.name !== name) problems.push(`${format}: ${entry} exports ${name}, whose name is ${value.name}`);
      for (const found of lineageOf(value)) {
        const known = seen.get(found.name);
        if (known !== undefined && known !== found)
          problems.push(`${format}: ${entry} has a second class ${found.name}`);
        seen.set(found.name, found);
      }
    }
  }
  if (seen.size === 0) problems.push(`${format}: no class was found`);
}
for (const problem of new Set(problems)) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
