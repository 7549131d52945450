/** Characters after which a sentence that does not end is cut. */
const LONGEST = 2_000;

/** The group of the first kind is empty where no white space follows. Each kind always takes all there is: one pass. */
const ENDINGS = /[.!?…؟۔։]+["'”’)\]]*(?=(\s?))|[。！？｡।॥။។៕።፧]+["'”’」』）]*|\n+/g;
const ABBREVIATION = /(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|vs|etc|no|e\.g|i\.e|\d{1,16})$/i;
/** One more than `ABBREVIATION` takes after `^`, which holds then only where the text itself begins. */
const ABBREVIATION_SPAN = 17;

/**
 * Where the sentences of a growing text end: indexes just behind each sentence that is complete. A full stop counts once
 * white space follows it, so that "3.5" and a text still being streamed are not cut; titles and list numbers are not
 * sentences either. What does not end within 2000 characters is cut between words.
 */
export function sentenceEnds(text: string): number[] {
  const ends: number[] = [];
  /** Where the open sentence begins, with and without the white space that leads it. */
  let open = 0;
  let start = 0;
  const cutUpTo = (end: number): void => {
    while (end - open > LONGEST) {
      open = start = forcedEnd(text, open);
      ends.push(open);
    }
  };
  for (const match of text.matchAll(ENDINGS)) {
    const begin = match.index;
    const end = begin + match[0].length;
    cutUpTo(end);
    if (match[1] === "") continue;
    if (text.slice(start, begin).trim() === "") {
      start = Math.max(start, begin);
      continue;
    }
    const before = text.slice(Math.max(start, begin - ABBREVIATION_SPAN), begin);
    if (match[0] === "." && ABBREVIATION.test(before)) continue;
    open = start = end;
    ends.push(end);
  }
  cutUpTo(text.length);
  return ends;
}

/** Where to cut a sentence that is too long: between words, or where there are none, between characters. */
function forcedEnd(text: string, from: number): number {
  const end = from + (wordBoundary(text.slice(from, from + LONGEST + 1), LONGEST) || LONGEST);
  return splitsPair(text, end) ? end - 1 : end;
}

/** Scripts without white space between words, with their punctuation. */
const UNSPACED = ["Han", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr"].map((script) => `\\p{scx=${script}}`).join("");
const BEGINS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");
const ENDS_UNSPACED = new RegExp(`[${UNSPACED}]$`, "u");

/** The largest cut at or before `index` that splits no word, or, in scripts without white space, no character. */
export function wordBoundary(text: string, index: number): number {
  if (index >= text.length) return text.length;
  for (let at = index; at > 0; at -= 1) {
    if (/\s/.test(text.charAt(at)) || separatesUnspaced(text, at)) return at;
  }
  return 0;
}

function separatesUnspaced(text: string, at: number): boolean {
  const [before, after] = [text.slice(Math.max(0, at - 2), at), text.slice(at, at + 2)];
  if (splitsPair(text, at) || /^[\p{Mark}]/u.test(after)) return false;
  return ENDS_UNSPACED.test(before) || BEGINS_UNSPACED.test(after);
}

/** Characters that are each a syllable or more. */
const SYLLABLES = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]/gu;
/** Latin characters that are spoken in the time of one of them. */
const SYLLABLE = 2.5;

export function syllablesIn(text: string): number {
  return text.match(SYLLABLES)?.length ?? 0;
}

/** How many characters of a text are spoken in the time of one Latin character, where so many of them are syllables. */
export function paceOf(characters: number, syllables: number): number {
  return characters === 0 ? 1 : characters / (characters + (SYLLABLE - 1) * syllables);
}

function splitsPair(text: string, index: number): boolean {
  return /[\uDC00-\uDFFF]/.test(text.charAt(index));
}
