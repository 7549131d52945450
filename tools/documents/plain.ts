import { prose, type Page } from "./markdown.js";

/** What a newcomer reads: held to more than the rest. */
const FIRST_PAGES =
  /^(README|docs\/(README|getting-started|react|vue|plain|errors|devices|csp|ssr|debugging|reliability-summary)|docs\/migrating\/.+|examples\/.+)\.md$/;

/** The subject of a sentence is a thing of the code or the reader; and there are shorter words. */
const BANNED =
  /\b(nobody|somebody|whoever|anybody|utili[sz]e|leverage|simply|in order to|please note|wire|dial(?:s|led)?|redial)\b/gi;
const LONGEST_SENTENCE = 40;
/** About two screens; a page that is longer begins with what is in it. */
const LONGEST_WITHOUT_CONTENTS = 120;

/** What makes one of the first pages hard to read. */
export function hardToRead(pages: readonly Page[]): readonly string[] {
  return pages.filter(({ path }) => FIRST_PAGES.test(path)).flatMap(judge);
}

function judge(page: Page): readonly string[] {
  const text = prose(page);
  const paragraphs = text
    .replace(/^\|.*$/gm, "")
    .replace(/^#+ .*$/gm, "")
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/);
  const sentences = paragraphs.flatMap((paragraph) => paragraph.replace(/\s+/g, " ").split(/(?<=[.:;?!])\s/));
  const long = sentences.filter((sentence) => sentence.split(/\s+/).length > LONGEST_SENTENCE);
  const banned = [...new Set([...text.matchAll(BANNED)].map(([word]) => word.toLowerCase()))];
  const isLong = page.text.split("\n").length > LONGEST_WITHOUT_CONTENTS && !page.text.includes("](#");
  return [
    ...long.map(
      (sentence) =>
        `${page.path}: a sentence of more than ${String(LONGEST_SENTENCE)} words: ${sentence.slice(0, 60)}…`,
    ),
    ...banned.map((word) => `${page.path}: "${word}": say who or what, in a plain word`),
    ...(isLong ? [`${page.path}: longer than two screens, without a list of what is in it`] : []),
  ];
}
