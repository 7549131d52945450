import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { anchors, prose, type Page } from "./markdown.js";

/** Links of the pages that lead nowhere: to a file that is not there, or to a heading that its page does not have. */
export function deadLinks(pages: readonly Page[]): readonly string[] {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  return pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !leadsSomewhere(link, page, byPath))
      .map((link) => `${page.path}: ${link}`),
  );
}

function linksOf(page: Page): readonly string[] {
  const text = prose(page);
  const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const html = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
  return [...inline, ...html];
}

function leadsSomewhere(link: string, page: Page, pages: ReadonlyMap<string, Page>): boolean {
  if (/^[a-z]+:/.test(link)) return true;
  const [file = "", anchor] = link.split("#");
  const path = file === "" ? page.path : normalize(join(dirname(page.path), file)).replaceAll("\\", "/");
  if (!existsSync(path)) return false;
  const target = pages.get(path);
  return anchor === undefined || target === undefined || anchors(target).has(anchor);
}
