import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A page of the documentation. */
export interface Page {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of code. */
export interface CodeBlock {
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

const FOLDERS = ["docs", "examples", "packages"];
/** Made by others: the API reference, and the packages of packages. */
const LEFT_OUT = /(^|\/)(node_modules|api|dist)\//;

/** README and its neighbours, `docs/`, and the pages of examples and packages. */
export async function readPages(): Promise<readonly Page[]> {
  const top = (await readdir(".")).filter((name) => name.endsWith(".md"));
  const below = await Promise.all(
    FOLDERS.map(async (folder) => {
      const files = await readdir(folder, { recursive: true });
      return files.map((file) => join(folder, file).replaceAll("\\", "/"));
    }),
  );
  const paths = [...top, ...below.flat().filter((path) => path.endsWith(".md") && !LEFT_OUT.test(path))];
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await readFile(path, "utf8") })));
}

/** The fenced blocks of a page, in order. */
export function codeBlocks({ path, text }: Page): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { readonly fence: string; readonly language: string; readonly line: number; code: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^\s*(`{3,})\s*([\w-]*)/.exec(line);
    if (open === undefined) {
      if (fence) open = { fence: fence[1] ?? "", language: fence[2] ?? "", line: index + 2, code: [] };
    } else if (fence?.[1] === open.fence && fence[2] === "") {
      blocks.push({ page: path, line: open.line, language: open.language, code: open.code.join("\n") });
      open = undefined;
    } else {
      open.code.push(line);
    }
  }
  return blocks;
}

/** The page without its code. */
export function prose({ text }: Page): string {
  return text.replace(/^\s*(`{3,})[^]*?^\s*\1\s*$/gm, "").replace(/`[^`\n]*`/g, "");
}

/** Text of which a page has two chapters of one name: it was pasted twice. */
export function repeatedHeadings({ path, text }: Page): readonly string[] {
  const chapters: readonly string[] = text.replace(/^```[^]*?^```$/gm, "").match(/^## .+$/gm) ?? [];
  const twice = chapters.filter((heading, at) => chapters.indexOf(heading) < at);
  return twice.map((heading) => `${path}: "${heading}" stands there twice`);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors({ text }: Page): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const found = new Set<string>();
  for (const [, heading = ""] of text.replace(/^```[^]*?^```$/gm, "").matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    found.add(times === 0 ? slug : `${slug}-${String(times)}`);
  }
  return found;
}
