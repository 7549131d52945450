import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { storyOf } from "../../src/inspect/index.js";

const read = (path: string): Promise<string> => readFile(path, "utf8");

/** What a document shows is code that is compiled; the walk through a recording is a test that runs. */
const sourceOf = async (name: string): Promise<string> => {
  if (name !== "call-dropped") return read(`examples/inspecting/${name}.ts`);
  const test = await read("test/inspect/recording/call-dropped.test.ts");
  return test
    .replace("../../../src/index.js", "rtvi-machine")
    .replace("../../../src/inspect/index.js", "rtvi-machine/inspect");
};

const EXAMPLE = /<!-- example: ([\w-]+) -->\n\n```ts\n([\s\S]*?)```/g;

describe("documents: examples", () => {
  it.each(["docs/inspecting.md", "docs/debugging.md"])("%s shows code that is compiled", async (path) => {
    const text = await read(path);
    const shown = [...text.matchAll(EXAMPLE)];
    expect(shown).toHaveLength([...text.matchAll(/<!-- example:/g)].length);
    for (const [, name, code] of shown) expect(code, name).toBe(await sourceOf(name!));
  });

  it("docs/debugging.md quotes the story of its recording", async () => {
    const [text, file] = await Promise.all([
      read("docs/debugging.md"),
      read("test/inspect/recording/call-dropped.rtvi.json"),
    ]);
    const quoted = /```\n( {4}6\.600 s[\s\S]*?)```/.exec(text)![1]!.trimEnd();
    expect(storyOf(file).join("\n")).toContain(quoted);
  });
});
