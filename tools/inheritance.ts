import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/*
 * How deep classes inherit. A transport has its parts, it does not inherit them: below client-js's Transport lie VoiceTransport and
 * the class that an app names, and in compat/ the abstract base of Pipecat's shape and an app's own subclass.
 */

/** Classes of ours between a class and the first that is not ours, itself included. */
const DEEPEST = 2;

interface Declared {
  readonly name: string;
  readonly parent: string | undefined;
  readonly file: string;
}

async function* sources(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

const CLASS = /^(?:export )?(?:abstract )?class (\w+)(?:<[^{]*?>)?(?: extends (\w+))?/gm;

async function declared(folders: readonly string[]): Promise<readonly Declared[]> {
  const found: Declared[] = [];
  for (const folder of folders) {
    for await (const file of sources(folder)) {
      for (const [, name = "", parent] of (await readFile(file, "utf8")).matchAll(CLASS)) {
        found.push({ name, parent, file });
      }
    }
  }
  return found;
}

const classes = await declared(["src", "packages/local-service/src"]);
const byName = new Map(classes.map((each) => [each.name, each]));

const depthOf = ({ parent }: Declared): number => {
  const above = parent === undefined ? undefined : byName.get(parent);
  return above === undefined ? 1 : 1 + depthOf(above);
};

const deep = classes.filter((each) => depthOf(each) > DEEPEST);
for (const each of deep) process.stdout.write(`${each.file}: ${each.name} is ${depthOf(each)} classes deep\n`);
const deepest = Math.max(...classes.map(depthOf));
process.stdout.write(`${classes.length} classes, ${deepest} deep at most, ${DEEPEST} allowed\n`);
process.exitCode = deep.length === 0 ? 0 : 1;
