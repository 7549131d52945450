import { describe, expect, it } from "vitest";
import type { Effect } from "../../../src/contracts/dialogue.js";
import { everyFieldWrong } from "../../../packages/testkit/src/util/damaged.js";
import { Scenario as GeminiScenario, server as gemini } from "../../../packages/testkit/src/messages/gemini.js";
import { Scenario as OpenAIScenario, server as openai } from "../../../packages/testkit/src/messages/openai.js";

type Message = Record<string, unknown>;
type Playing = "began" | "progress" | "drained";

/** A dialogue with a service, as far as this test knows it. */
interface Talk {
  readonly effects: Effect[];
  hear(message: unknown): void;
  app(type: string, data: unknown): void;
  plays(type: Playing, itemId: string, playedMs: number): void;
  readonly standing: { readonly isReady: boolean; readonly isBusy: boolean; readonly expects: string };
  end(): void;
}

interface Service {
  readonly begin: () => Talk;
  /** A conversation in which everything occurs, from the first message on. */
  readonly script: readonly Message[];
  /** What ends whatever may be under way, and a whole answer after it. */
  readonly next: readonly Message[];
}

function talkOf(scenario: GeminiScenario | OpenAIScenario, standing: () => Talk["standing"]): Talk {
  return {
    effects: scenario.effects,
    hear: (message) => void scenario.raw(JSON.stringify(message)),
    app: (type, data) => void scenario.app(type, data),
    plays: (type, itemId, ms) => void scenario.plays(type, itemId, ms),
    get standing() {
      return standing();
    },
    end: () => void scenario.end(),
  };
}

const openAI: Service = {
  begin: () => {
    const scenario = new OpenAIScenario();
    return talkOf(scenario, () => scenario.conversation);
  },
  script: [
    { type: "session.created", session: { type: "realtime", id: "sess_1", expires_at: 1_700_003_600 } },
    {
      type: "session.updated",
      session: {
        type: "realtime",
        id: "sess_1",
        audio: { input: { turn_detection: { type: "server_vad", silence_duration_ms: 200, create_response: true } } },
      },
    },
    openai.started,
    openai.stopped,
    openai.committed,
    { type: "conversation.item.added", previous_item_id: null, item: { id: "item_u", type: "message", role: "user" } },
    { type: "conversation.item.input_audio_transcription.delta", item_id: "item_u", content_index: 0, delta: "he" },
    { type: "conversation.item.input_audio_transcription.completed", item_id: "item_u", transcript: "hello" },
    openai.created("resp_1"),
    openai.callAdded("c1", "f", "resp_1"),
    openai.callArguments("c1", '{"a":1}', { name: "f" }, "resp_1"),
    openai.callDone("c1", "f", '{"a":1}', "resp_1"),
    openai.done("resp_1"),
    openai.created("resp_2"),
    openai.transcript("Word. ", "resp_2", "item_a"),
    openai.audio(20, "resp_2", "item_a"),
    openai.transcriptDone("Word. ", "resp_2", "item_a"),
    openai.audioDone("resp_2", "item_a"),
    { type: "conversation.item.truncated", item_id: "item_a", content_index: 0, audio_end_ms: 100 },
    openai.done("resp_2", { usage: { total_tokens: 1, input_tokens: 1, output_tokens: 0 } }),
    openai.created("resp_3"),
    openai.text("Text. ", "resp_3", "item_t"),
    openai.textDone("Text. ", "resp_3", "item_t"),
    openai.done("resp_3", {
      status: "failed",
      status_details: { type: "failed", error: { code: "x", message: "no" } },
    }),
    { type: "rate_limits.updated", rate_limits: [{ name: "tokens", limit: 5, remaining: 4, reset_seconds: 1 }] },
    openai.error({ code: "x", event_id: "e", param: "p" }),
    { type: "conversation.item.input_audio_transcription.failed", item_id: "item_v", error: { message: "no" } },
    { type: "mcp_list_tools.failed", item_id: "item_m" },
  ],
  next: [
    ...["resp_1", "resp_2", "resp_3", "7", "text"].map((id) => openai.done(id)),
    openai.stopped,
    openai.created("resp_4"),
    openai.transcript("Next.", "resp_4", "item_4"),
    openai.audio(20, "resp_4", "item_4"),
    openai.audioDone("resp_4", "item_4"),
    openai.done("resp_4"),
  ],
};

const geminiLive: Service = {
  begin: () => {
    const scenario = new GeminiScenario();
    scenario.keep(scenario.dialogue.open());
    return talkOf(scenario, () => scenario.dialogue);
  },
  script: [
    { setupComplete: {} },
    { voiceActivity: { voiceActivityType: "ACTIVITY_START" } },
    gemini.heard("hello", { finished: true }),
    { voiceActivity: { voiceActivityType: "ACTIVITY_END" } },
    { voiceActivityDetectionSignal: { vadSignalType: "VAD_SIGNAL_TYPE_EOS" } },
    gemini.call("c1", "f", { a: 1 }),
    gemini.call("c2", "f", { a: 1 }),
    gemini.cancel("c2"),
    gemini.said("Word. ", { finished: true }),
    gemini.audio(20),
    gemini.content({
      groundingMetadata: {
        searchEntryPoint: { renderedContent: "<b>" },
        groundingChunks: [{ web: { uri: "https://a.test", title: "A" } }],
        groundingSupports: [{ segment: { text: "Word." }, groundingChunkIndices: [0], confidenceScores: [0.5] }],
      },
      urlContextMetadata: { urlMetadata: [{ urlRetrievalStatus: "URL_RETRIEVAL_STATUS_ERROR" }] },
    }),
    gemini.generated,
    { ...gemini.complete, usageMetadata: { totalTokenCount: 3, promptTokenCount: 2, responseTokenCount: 1 } },
    gemini.text("Text. ", { thought: false }),
    gemini.content({ modelTurn: { parts: [{ codeExecutionResult: { outcome: "OUTCOME_FAILED", output: "x" } }] } }),
    gemini.interrupted,
    gemini.content({ turnComplete: true, turnCompleteReason: "RESPONSE_REJECTED" }),
    { sessionResumptionUpdate: { newHandle: "h", resumable: true } },
    { error: { code: 8, message: "no", status: "RESOURCE" } },
    { goAway: { timeLeft: "9.5s" } },
  ],
  next: [
    { voiceActivity: { voiceActivityType: "ACTIVITY_END" } },
    gemini.cancel("c1", "c2"),
    gemini.complete,
    gemini.audio(20),
    gemini.said("Next."),
    gemini.generated,
    gemini.complete,
  ],
};

/** Plays the audio of everything that is queued, and answers the calls of functions, as an app would. */
function react(talk: Talk, from: number): void {
  for (const effect of talk.effects.slice(from)) {
    if (effect.type === "play") {
      const ms = effect.pcm.byteLength / 48;
      talk.plays("began", effect.itemId, 0);
      talk.plays("drained", effect.itemId, ms);
    } else if (effect.type === "deliver" && effect.message.type === "llm-function-call-in-progress") {
      const { tool_call_id, function_name } = effect.message.data as Message;
      if (tool_call_id !== "c2") talk.app("llm-function-call-result", { tool_call_id, function_name, result: 1 });
    }
  }
}

function play(talk: Talk, messages: readonly unknown[]): void {
  for (const message of messages) {
    const before = talk.effects.length;
    talk.hear(message);
    react(talk, before);
  }
}

/** Where in a value a number is no number that JSON could hold. */
function oddNumbers(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [path];
  if (typeof value !== "object" || value === null || value instanceof ArrayBuffer) return [];
  return Object.entries(value).flatMap(([key, inner]) => oddNumbers(inner, `${path}.${key}`));
}

/** What is wrong with a session in which one message of the script came in every wrong shape before it came as it is. */
function breaches({ begin, script, next }: Service, at: number): string[] {
  const talk = begin();
  const { effects } = talk;
  play(talk, [...script.slice(0, at), ...everyFieldWrong(script[at]), ...script.slice(at)]);
  const isReady = talk.standing.isReady;
  const before = effects.length;
  play(talk, next);
  const after = effects.slice(before);
  const { isBusy, expects } = talk.standing;
  talk.end();
  const delivered = (list: readonly Effect[]) =>
    list.flatMap((effect) => (effect.type === "deliver" ? [effect.message] : []));
  const count = (type: string): number => delivered(effects).filter((message) => message.type === type).length;
  const written = effects.flatMap((effect): object[] =>
    effect.type === "deliver" ? [effect.message] : effect.type === "send" ? [effect.event] : [],
  );
  return [
    ...effects.flatMap((effect) => (effect.type === "fault" ? [`ended: ${effect.error.message}`] : [])),
    ...(isReady ? [] : ["is not ready"]),
    ...(isBusy || expects !== "nothing" ? [`is left busy (${String(isBusy)}) and expects ${expects}`] : []),
    ...(delivered(after).some(({ data }) => (data as Message | undefined)?.text === "Next.") ? [] : ["lost words"]),
    ...(after.some(({ type }) => type === "play") ? [] : ["lost sound"]),
    ...effects.flatMap((effect) =>
      effect.type === "play" && effect.pcm.byteLength % 2 === 1 ? ["half a sample"] : [],
    ),
    ...written.flatMap((value) => oddNumbers(value)),
    ...["bot-llm", "bot-tts", "llm-function-call"].filter(
      (family) => count(`${family}-started`) !== count(`${family}-stopped`),
    ),
  ];
}

describe.each(Object.entries({ openAI, geminiLive }))("%s", (_name, service) => {
  it.each(service.script.map((message, at) => [JSON.stringify(message).slice(0, 60), at] as const))(
    "wrong fields: whatever is wrong with %s, the session goes on",
    (_message, at) => {
      expect(breaches(service, at)).toEqual([]);
    },
  );
});
