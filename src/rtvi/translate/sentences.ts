const ENDINGS = /[.!?…]+["'”’)\]]*(?=\s)|[。！？]+["'”’」』）]*|\n+/g;
const ABBREVIATION = /(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|vs|etc|no|e\.g|i\.e|\d+)$/i;

/**
 * Where the sentences of a growing text end: indexes just behind each sentence that is complete from `from` on. A full
 * stop counts once white space follows it, so that "3.5" and a text still being streamed are not cut; titles and list
 * numbers are not sentences either.
 */
export function sentenceEnds(text: string, from: number): number[] {
  const ends: number[] = [];
  let start = from;
  for (const match of text.slice(from).matchAll(ENDINGS)) {
    const begin = from + match.index;
    const before = text.slice(start, begin);
    if (before.trim() === "" || (match[0] === "." && ABBREVIATION.test(before))) continue;
    start = begin + match[0].length;
    ends.push(start);
  }
  return ends;
}

const WRITTEN_WITHOUT_SPACES = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** The largest cut at or before `index` that splits no word, or, in scripts without white space, no code point. */
export function wordBoundary(text: string, index: number): number {
  if (index >= text.length) return text.length;
  for (let at = index; at > 0; at -= 1) {
    if (/\s/.test(text.charAt(at))) return at;
  }
  if (index <= 0 || /\s/.test(text) || !WRITTEN_WITHOUT_SPACES.test(text)) return 0;
  const splitsPair = /[\uDC00-\uDFFF]/.test(text.charAt(index));
  return splitsPair ? index - 1 : index;
}
