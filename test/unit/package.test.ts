import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import localService from "../../packages/local-service/tsup.config.js";
import tsup from "../../tsup.config.js";

const read = (path: string): Promise<string> => readFile(path, "utf8");

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

type Entry = readonly [name: string, source: string];

const LOCAL_SERVICE = "packages/local-service/";

/** `rtvi-machine/openai` and the like, with the source file of each within the package's folder. */
async function entriesOf(folder: string): Promise<readonly Entry[]> {
  const { name, exports } = JSON.parse(await read(`${folder}package.json`)) as Manifest;
  return Object.entries(exports)
    .filter(([, conditions]) => typeof conditions === "object")
    .map(([path, conditions]) => {
      const source = /"default":"\.\/dist\/([^"]+)\.js"/.exec(JSON.stringify(conditions))?.[1];
      return [path.replace(/^\./, name), `src/${source ?? "?"}.ts`] as const;
    });
}

/** Those of every published package, with paths from the root. */
async function publishedEntries(): Promise<readonly Entry[]> {
  const ofService = (await entriesOf(LOCAL_SERVICE)).map(([name, source]): Entry => [
    name,
    `${LOCAL_SERVICE}${source}`,
  ]);
  return [...(await entriesOf("")), ...ofService];
}

describe("the entries of each package.json", () => {
  it.each([
    ["", tsup],
    [LOCAL_SERVICE, localService],
  ])("are built: %s", async (folder, config) => {
    const sources = (await entriesOf(folder)).map(([, source]) => source);
    expect(config).toMatchObject({ entry: expect.arrayContaining(sources) as unknown });
  });

  it("are documented", async () => {
    const { entryPoints } = JSON.parse(await read("typedoc.json")) as { readonly entryPoints: readonly string[] };
    expect([...entryPoints].sort()).toEqual((await publishedEntries()).map(([, source]) => source).sort());
  });

  it("resolve to their sources in tools and examples", async () => {
    const text = await read("tsconfig.json");
    for (const [name, source] of await publishedEntries()) expect(text).toContain(`"${name}": ["./${source}"]`);
  });
});

describe("the version", () => {
  const versionOf = async (path: string): Promise<string> =>
    (JSON.parse(await read(path)) as { readonly version: string }).version;

  it.each(["CHANGELOG.md", `${LOCAL_SERVICE}CHANGELOG.md`])("begins %s", async (path) => {
    const version = await versionOf(path.replace("CHANGELOG.md", "package.json"));
    expect(/^## (\S+)$/m.exec(await read(path))?.[1]).toBe(version);
  });

  it("is in the names of the packed files that documents install", async () => {
    const names = [
      `rtvi-machine-${await versionOf("package.json")}.tgz`,
      `rtvi-machine-local-service-${await versionOf(`${LOCAL_SERVICE}package.json`)}.tgz`,
    ];
    const text = await read("docs/getting-started.md");
    expect([...text.matchAll(/rtvi-machine-[\w.-]+\.tgz/g)].map(([name]) => name)).toEqual(names);
  });

  it("is what the lock file and the examples ask for", async () => {
    const versions = {
      "rtvi-machine": await versionOf("package.json"),
      "@rtvi-machine/local-service": await versionOf(`${LOCAL_SERVICE}package.json`),
    };
    const { packages } = JSON.parse(await read("package-lock.json")) as {
      readonly packages: Readonly<Record<string, { readonly version?: string }>>;
    };
    expect(packages[""]?.version).toBe(versions["rtvi-machine"]);
    expect(packages["packages/local-service"]?.version).toBe(versions["@rtvi-machine/local-service"]);

    const folders = await readdir("examples", { withFileTypes: true });
    const manifests = folders.map(({ name }) => `examples/${name}/package.json`);
    const texts = await Promise.all(
      [...manifests, "examples/vanilla/index.html"].map((path) => read(path).catch(() => "")),
    );
    const asked = [...texts.join("\n").matchAll(/(@?rtvi-machine(?:\/local-service)?)(?:": "\^|@)(\d+\.\d+)\.\d+/g)];
    expect(asked.length).toBeGreaterThan(5);
    for (const [text, name, asks] of asked) {
      expect(versions[name as keyof typeof versions], text).toMatch(
        new RegExp(`^${asks?.replace(".", "\\.") ?? ""}\\.`),
      );
    }
  });
});

describe("file names", () => {
  it.each(["src", "machines", "packages/local-service/src", "packages/testkit/src", "tools", "test"])(
    "are kebab-case in %s",
    async (folder) => {
      const files = (await readdir(folder, { recursive: true })).map((path) => basename(path));
      const wrong = files.filter(
        (name) => name.endsWith(".ts") && !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z-]+)*\.ts$/.test(name),
      );
      expect(wrong).toEqual([]);
    },
  );
});

describe("commands", () => {
  const scripts = async (): Promise<readonly string[]> =>
    Object.keys((JSON.parse(await read("package.json")) as { readonly scripts: object }).scripts);
  const named = (text: string): readonly string[] =>
    [...text.matchAll(/npm (?:run )?([a-z][\w:]*)/g)].map(([, name = ""]) => name);

  it("of the workflows are scripts of package.json", async () => {
    const known = new Set([...(await scripts()), "ci"]);
    for (const file of await readdir(".github/workflows")) {
      const steps = [...(await read(`.github/workflows/${file}`)).matchAll(/(?:run|version|publish): (npm .*)$/gm)];
      expect(steps.length, file).toBeGreaterThan(0);
      for (const [, command = ""] of steps) expect(known, `${file}: ${command}`).toContain(named(command)[0]);
      expect(await read(`.github/workflows/${file}`)).not.toMatch(/run: (?!npm |apt-get update && )/);
    }
  });

  it("of README and CONTRIBUTING are scripts of package.json", async () => {
    const known = [...(await scripts()), "ci", "install"];
    const texts = await Promise.all(["README.md", "CONTRIBUTING.md"].map(read));
    const code = texts.join("\n").match(/`npm [^`]*`|^npm .*$/gm) ?? [];
    for (const name of code.flatMap(named)) expect(known).toContain(name);
  });
});
