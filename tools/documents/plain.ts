import { prose, type Page } from "./markdown.js";

/** What a newcomer reads: held to shorter sentences. */
const FIRST_PAGES =
  /^(README|docs\/(README|getting-started|react|vue|plain|errors|devices|csp|ssr|debugging|reliability-summary)|docs\/migrating\/.+|examples\/.+)\.md$/;

/** The subject of a sentence is a thing of the code or the reader; and there are shorter words. */
const BANNED =
  /\b(nobody|somebody|whoever|anybody|utili[sz]e|leverage|simply|just|obviously|basically|seamless(?:ly)?|blazing(?:ly)?|in order to|please note|note that|it should be noted|wire|dial(?:s|led|ling)?|redial(?:s|led|ling)?|hang(?:s|ing)? up)\b/gi;
/** Its rows are the words of the catalogue of faults, and of what Pipecat's transports did. */
const MEASURED = "docs/reliability.md";
const LONGEST_SENTENCE = 40;
/** About two screens; a page that is longer begins with what is in it. */
const LONGEST_WITHOUT_CONTENTS = 120;
const CONTENTS_WITHIN = 40;

/** What makes pages hard to read. */
export function hardToRead(pages: readonly Page[]): readonly string[] {
  return pages.flatMap((page) => [
    ...(FIRST_PAGES.test(page.path) ? longSentences(page) : []),
    ...(page.path === MEASURED ? [] : bannedWords(page)),
    ...withoutContents(page),
  ]);
}

function longSentences(page: Page): readonly string[] {
  const text = prose(page);
  const paragraphs = text
    .replace(/^\|.*$/gm, "")
    .replace(/^#+ .*$/gm, "")
    .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )/);
  const sentences = paragraphs.flatMap((paragraph) => paragraph.replace(/\s+/g, " ").split(/(?<=[.:;?!])\s/));
  const long = sentences.filter((sentence) => sentence.split(/\s+/).length > LONGEST_SENTENCE);
  return long.map(
    (sentence) => `${page.path}: a sentence of more than ${String(LONGEST_SENTENCE)} words: ${sentence.slice(0, 60)}…`,
  );
}

function bannedWords(page: Page): readonly string[] {
  const banned = [...new Set([...prose(page).matchAll(BANNED)].map(([word]) => word.toLowerCase()))];
  return banned.map((word) => `${page.path}: "${word}": say who or what, in a plain word`);
}

/** Of a page's own headings: a list of other pages is none. */
function withoutContents(page: Page): readonly string[] {
  const isLong = page.text.split("\n").length > LONGEST_WITHOUT_CONTENTS;
  const contents =
    page.text
      .split("\n")
      .slice(0, CONTENTS_WITHIN)
      .join("\n")
      .match(/\]\(#[^)]+\)/g) ?? [];
  return isLong && contents.length < 2
    ? [`${page.path}: longer than two screens, and does not begin with links to what is in it`]
    : [];
}
