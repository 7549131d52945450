import type { BotLLMSearchResponseData } from "@pipecat-ai/client-js";
import type { FieldReader } from "../../../util/field-reader.js";
import { numbersIn } from "../fields.js";
import { LONGEST_TEXT, MOST_ENTRIES } from "../events.js";

type Origin = BotLLMSearchResponseData["origins"][number];
type Result = Origin["results"][number];

/** Where a piece of evidence may come from, and what its address is called there. */
const SOURCES = [
  ["web", "uri"],
  ["retrievedContext", "uri"],
  ["maps", "uri"],
  ["image", "sourceUri"],
] as const;

/**
 * `groundingMetadata`, as RTVI has it; undefined where it names no source and shows nothing.
 * @param said The answer, as far as its words are known.
 * @throws ProtocolError
 */
export function searchResponseOf(
  metadata: FieldReader,
  said: string | undefined,
): BotLLMSearchResponseData | undefined {
  const rendered = metadata.optionalInner("searchEntryPoint")?.optionalText("renderedContent", LONGEST_TEXT);
  const chunks = metadata.list("groundingChunks", MOST_ENTRIES);
  const supports = metadata.list("groundingSupports", MOST_ENTRIES).map(supportOf);
  const origins = chunks.map((chunk, index): Origin => {
    const results = supports.flatMap(({ result, chunks: of }) => (of.includes(index) ? [result] : []));
    return { ...siteOf(chunk), results };
  });
  if (origins.length === 0 && rendered === undefined) return undefined;
  return {
    ...(said !== undefined && { search_result: said }),
    ...(rendered !== undefined && { rendered_content: rendered }),
    origins,
  };
}

function siteOf(chunk: FieldReader): Omit<Origin, "results"> {
  for (const [source, address] of SOURCES) {
    const read = chunk.optionalInner(source);
    if (read === undefined) continue;
    const uri = read.optionalText(address, LONGEST_TEXT);
    const title = read.optionalText("title", LONGEST_TEXT);
    return { ...(uri !== undefined && { site_uri: uri }), ...(title !== undefined && { site_title: title }) };
  }
  return {};
}

function supportOf(support: FieldReader): { readonly result: Result; readonly chunks: readonly number[] } {
  const text = support.optionalInner("segment")?.optionalText("text", LONGEST_TEXT) ?? "";
  const confidence = numbersIn(support, "confidenceScores", MOST_ENTRIES);
  return { result: { text, confidence }, chunks: numbersIn(support, "groundingChunkIndices", MOST_ENTRIES) };
}
