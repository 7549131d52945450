import { describe, expect, it } from "vitest";
import type { BotLLMSearchResponseData } from "@pipecat-ai/client-js";
import { KEY, Scenario, server } from "../../../../packages/testkit/src/messages/gemini.js";

const grounding = (groundingMetadata: unknown) => server.content({ groundingMetadata });
const shown = (s: Scenario) => s.data("bot-llm-search-response") as BotLLMSearchResponseData[];

const WHOLE = {
  webSearchQueries: ["noon"],
  searchEntryPoint: { renderedContent: "<div>noon</div>" },
  groundingChunks: [
    { web: { uri: "https://a.test", title: "A" } },
    { retrievedContext: { uri: "https://b.test", title: "B" } },
  ],
  groundingSupports: [
    { segment: { text: "It is noon." }, groundingChunkIndices: [0, 1], confidenceScores: [0.9, 0.5] },
    { segment: { text: "Sharp." }, groundingChunkIndices: [1] },
  ],
};

describe("Gemini: what an answer was found with", () => {
  it("search: is a bot-llm-search-response with the words of the answer", () => {
    const s = Scenario.ready();
    s.receive(server.audio(20), server.said("It is noon. "), server.said("Sharp."));
    s.receive({ serverContent: { groundingMetadata: WHOLE, turnComplete: true } });
    expect(shown(s)).toEqual([
      {
        search_result: "It is noon. Sharp.",
        rendered_content: "<div>noon</div>",
        origins: [
          { site_uri: "https://a.test", site_title: "A", results: [{ text: "It is noon.", confidence: [0.9, 0.5] }] },
          {
            site_uri: "https://b.test",
            site_title: "B",
            results: [
              { text: "It is noon.", confidence: [0.9, 0.5] },
              { text: "Sharp.", confidence: [] },
            ],
          },
        ],
      },
    ]);
    expect(s.told.indexOf("bot-llm-search-response")).toBeLessThan(s.told.indexOf("bot-llm-stopped"));
  });

  it("search: says what there is, and no words of another answer", () => {
    const s = Scenario.ready();
    s.receive(
      server.text("One."),
      server.complete,
      grounding({ groundingChunks: [{ web: { uri: "https://a.test" } }] }),
    );
    expect(shown(s)).toEqual([{ origins: [{ site_uri: "https://a.test", results: [] }] }]);
  });

  it("search: shows no credential in the address of a source", () => {
    const s = Scenario.ready();
    s.receive(grounding({ groundingChunks: [{ web: { uri: `https://a.test?key=${encodeURIComponent(KEY)}` } }] }));
    expect(shown(s)).toMatchObject([{ origins: [{ site_uri: "https://a.test?key=[redacted]" }] }]);
  });

  it.each([{}, { webSearchQueries: ["noon"] }, { groundingChunks: [] }])("search: %j is no news", (metadata) => {
    const s = Scenario.ready();
    s.receive(grounding(metadata));
    expect(s.effects).toEqual([]);
  });

  it.each([
    7,
    { groundingChunks: 7 },
    { groundingChunks: [{ web: { uri: 7 } }] },
    { groundingChunks: [{}], groundingSupports: [{ segment: { text: 7 }, groundingChunkIndices: [0] }] },
  ])("search: nonsense is reported, and costs no turn: %j", (metadata) => {
    const s = Scenario.ready();
    s.receive({
      serverContent: { groundingMetadata: metadata, modelTurn: { parts: [{ text: "Hi." }] }, turnComplete: true },
    });
    expect(s.of("report")).toHaveLength(1);
    expect(s.told.at(-1)).toBe("bot-llm-stopped");
  });

  it("search: an index that points nowhere is left out", () => {
    const s = Scenario.ready();
    s.receive(
      grounding({
        groundingChunks: [{ web: { uri: "https://a.test" } }],
        groundingSupports: [{ segment: { text: "x" }, groundingChunkIndices: [5, -1, "0", 0] }],
      }),
    );
    expect(shown(s)).toEqual([{ origins: [{ site_uri: "https://a.test", results: [{ text: "x", confidence: [] }] }] }]);
  });
});
