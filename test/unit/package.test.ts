import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import tsup from "../../tsup.config.js";

const read = (path: string): Promise<string> => readFile(path, "utf8");

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** `rtvi-machine/openai` and the like, with the source file of each. */
async function entriesOfPackage(): Promise<readonly (readonly [name: string, source: string])[]> {
  const { exports } = JSON.parse(await read("package.json")) as Manifest;
  return Object.entries(exports)
    .filter(([, conditions]) => typeof conditions === "object")
    .map(([path, conditions]) => {
      const source = /"default":"\.\/dist\/([^"]+)\.js"/.exec(JSON.stringify(conditions))?.[1];
      return [path.replace(/^\./, "rtvi-machine"), `src/${source ?? "?"}.ts`] as const;
    });
}

describe("the entries of package.json", () => {
  it("are built", async () => {
    const sources = (await entriesOfPackage()).map(([, source]) => source);
    expect(tsup).toMatchObject({ entry: expect.arrayContaining(sources) as unknown });
  });

  it("are documented", async () => {
    const { entryPoints } = JSON.parse(await read("typedoc.json")) as { readonly entryPoints: readonly string[] };
    expect([...entryPoints].sort()).toEqual((await entriesOfPackage()).map(([, source]) => source).sort());
  });

  it("resolve to their sources in scripts and examples", async () => {
    const text = await read("tsconfig.json");
    for (const [name, source] of await entriesOfPackage()) expect(text).toContain(`"${name}": ["./${source}"]`);
  });
});

describe("file names", () => {
  it.each(["src", "machines", "scripts", "test"])("are kebab-case in %s", async (folder) => {
    const files = (await readdir(folder, { recursive: true })).map((path) => basename(path));
    const wrong = files.filter(
      (name) => name.endsWith(".ts") && !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z-]+)*\.ts$/.test(name),
    );
    expect(wrong).toEqual([]);
  });
});
