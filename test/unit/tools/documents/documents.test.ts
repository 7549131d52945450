import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { compileBlocks } from "../../../../tools/documents/compile.js";
import { deadLinks } from "../../../../tools/documents/links.js";
import { hardToRead } from "../../../../tools/documents/plain.js";
import { anchors, codeBlocks, repeatedHeadings } from "../../../../tools/documents/markdown.js";

const page = (text: string, path = "README.md") => ({ path, text });

describe("links of the documents", () => {
  it.each([
    ["a file that is not there", "[x](docs/no-such-page.md)"],
    ["a heading that its page does not have", "[x](#no-such-heading)"],
    ["a picture that is not there", "![x](docs/images/none.png)"],
    ["a link around code", "[`x`](docs/no-such-page.md)"],
  ])("are dead: %s", (_what, text) => {
    expect(deadLinks([page(text)])).toHaveLength(1);
  });

  it.each([
    ["a file", "[x](LICENSE)"],
    ["a heading", "# What is `it`?\n\n[x](#what-is-it)"],
    ["another site", "[x](https://example.com/y)"],
    ["code that looks like a link", "`[x](y)`\n\n```ts\n[x](y)\n```"],
  ])("lead somewhere: %s", (_what, text) => {
    expect(deadLinks([page(text)])).toEqual([]);
  });

  it("find the second of two headings of one name", () => {
    expect([...anchors(page("# One\n\n## One\n\n## RTVI's _own_ — names"))]).toEqual([
      "one",
      "one-1",
      "rtvis-_own_--names",
    ]);
  });
});

it("headings of the documents: a chapter that stands there twice is found, one in code is none", () => {
  const code = "```md\n## Two\n```";
  expect(repeatedHeadings(page(`# One\n\n## Two\n\n${code}\n\n### Two`))).toEqual([]);
  expect(repeatedHeadings(page("## Two\n\n## Three\n\n## Two"))).toEqual(['README.md: "## Two" stands there twice']);
});

describe("prose of the documents", () => {
  it.each([
    ["a word that hides who does it", "Nobody is asked."],
    ["a word that belittles the reader", "It is simply there."],
    ["a word of another vocabulary", "The line is redialled."],
    ["a sentence that is too long", `${"word ".repeat(41)}.`],
    ["a long page without a list of what is in it", "line.\n".repeat(121)],
    ["a long page that lists only at its end", `${"line.\n".repeat(121)}[x](#x) [y](#y)`],
  ])("is hard to read: %s", (_what, text) => {
    expect(hardToRead([page(text)])).toHaveLength(1);
  });

  it("may hold such words in code, and long sentences in pages for experts", () => {
    const long = `${"word ".repeat(41)}.`;
    expect(hardToRead([page("`nobody`"), page(long, "docs/adr/0001.md")])).toEqual([]);
    expect(hardToRead([page(`[x](#x) [y](#y)\n${"line.\n".repeat(121)}`)])).toEqual([]);
  });

  it("has few words that no dictionary knows, in order", async () => {
    const words = (await readFile("tools/documents/words.txt", "utf8")).trim().split("\n");
    const sorted = words.toSorted((one, other) => one.localeCompare(other, "en", { sensitivity: "base" }));
    expect(words).toEqual([...new Set(sorted)]);
  });
});

describe("code of the documents", () => {
  it("is found with its language and line", () => {
    const blocks = codeBlocks(page("text\n\n```ts\nlet a;\n```\n\n````md\n```js\n```\n````\n"));
    expect(blocks).toEqual([
      { page: "README.md", line: 4, language: "ts", code: "let a;" },
      { page: "README.md", line: 8, language: "md", code: "```js\n```" },
    ]);
  });

  it("is compiled under strict, each block on its own", async () => {
    const blocks = codeBlocks(
      page(
        "```ts\nexport const a: string = 1;\n```\n\n```ts\nexport const b = (x) => x;\n```\n\n```sh\nnot code\n```\n",
      ),
    );
    const mistakes = await compileBlocks(blocks);
    expect(mistakes.map((mistake) => mistake.replace(/: .*/, ""))).toEqual(["README.md:2", "README.md:6"]);
  }, 60_000);
});
