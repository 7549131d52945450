import { readFile } from "node:fs/promises";
import {
  FunctionResponse,
  GoogleGenAI,
  LiveSendToolResponseParameters,
  Modality,
  type LiveConnectConfig,
  type LiveServerMessage,
  type Session,
} from "@google/genai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LocalService } from "../../packages/local-service/src/index.js";
import { readWav } from "../../packages/testkit/src/audio/read-wav.js";
import { bestCorrelation, chunks, silence, speech } from "../../packages/testkit/src/audio/speech.js";
import { withService } from "../../packages/testkit/src/worlds/with-service.js";

const WAV = new URL("../../packages/testkit/fixtures/speech.wav", import.meta.url);

/** What the official client told its app. */
interface Conversation {
  readonly session: Session;
  readonly messages: LiveServerMessage[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

function google(service: LocalService, apiKey = "AIzaTest", apiVersion = "v1beta"): GoogleGenAI {
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: service.url, apiVersion } });
}

async function connect(ai: GoogleGenAI, config: LiveConnectConfig = {}): Promise<Conversation> {
  const messages: LiveServerMessage[] = [];
  let close: (end: { code: number; reason: string }) => void;
  const closed = new Promise<{ code: number; reason: string }>((resolve) => (close = resolve));
  const session = ai.live.connect({
    model: "gemini-2.5-flash-native-audio",
    config: { responseModalities: [Modality.AUDIO], ...config },
    callbacks: {
      onmessage: (message) => messages.push(message),
      onclose: ({ code, reason }) => close({ code, reason }),
    },
  });
  // A client whose connection closes before `setupComplete` waits for ever; whoever gets no session sees why.
  const refused = closed.then(({ code, reason }) => Promise.reject(new Error(`${code} ${reason}`)));
  return { session: await Promise.race([session, refused]), messages, closed };
}

async function until(
  conversation: Conversation,
  look: (message: LiveServerMessage) => unknown,
  from = 0,
): Promise<LiveServerMessage> {
  return await vi.waitUntil(() => conversation.messages.slice(from).find((message) => Boolean(look(message))), 5000);
}

function heard({ messages }: Conversation, from = 0): Buffer {
  const parts = messages.slice(from).flatMap(({ serverContent }) => serverContent?.modelTurn?.parts ?? []);
  return Buffer.concat(parts.map(({ inlineData }) => Buffer.from(inlineData?.data ?? "", "base64")));
}

function said({ messages }: Conversation, from = 0): string {
  return messages
    .slice(from)
    .map(({ serverContent }) => serverContent?.outputTranscription?.text ?? "")
    .join("");
}

const isComplete = ({ serverContent }: LiveServerMessage): unknown => serverContent?.turnComplete;

// It warns of tokens being experimental, on the console.
beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

describe("@google/genai", () => {
  it("speaks, and hears itself; writes, and is acknowledged", async () => {
    const service = await withService();
    const conversation = await connect(google(service), { inputAudioTranscription: {}, outputAudioTranscription: {} });
    const { session, messages } = conversation;
    const { pcm, sampleRate } = readWav(await readFile(WAV));
    const quiet = Buffer.alloc(sampleRate * 2);
    for (const chunk of chunks(Buffer.concat([pcm, quiet]), 40)) {
      session.sendRealtimeInput({
        audio: { data: chunk.toString("base64"), mimeType: "audio/pcm;rate=24000" },
      });
    }
    await until(conversation, ({ serverContent }) => serverContent?.generationComplete);
    const end = await until(
      conversation,
      isComplete,
      messages.findIndex((m) => m.serverContent?.generationComplete),
    );
    expect(end.usageMetadata?.totalTokenCount).toBeGreaterThan(20);
    expect(said(conversation)).toMatch(/^You said: \(speech/);
    expect(heard(conversation).length).toBeGreaterThan(48_000);
    expect(service.sessions[0]!.receivedMs).toBeCloseTo((pcm.length / 2 / sampleRate + 1) * 1000, -2);

    const from = messages.length;
    session.sendClientContent({ turns: "hello", turnComplete: true });
    await until(conversation, isComplete, from);
    expect(said(conversation, from)).toBe("You said: hello");
    session.close();
  });

  it("repeats the very sound that it was given in the legacy field", async () => {
    const conversation = await connect(google(await withService()));
    const pcm = speech();
    for (const chunk of chunks(Buffer.concat([pcm, silence(1000)]), 40)) {
      conversation.session.sendRealtimeInput({
        media: { data: chunk.toString("base64"), mimeType: "audio/pcm;rate=24000" },
      });
    }
    await until(conversation, isComplete);
    expect(bestCorrelation(heard(conversation), pcm, 3000).value).toBeGreaterThan(0.95);
    conversation.session.close();
  });

  it("calls a tool whose result is falsy", async () => {
    const conversation = await connect(google(await withService()), {
      outputAudioTranscription: {},
      tools: [{ functionDeclarations: [{ name: "is_raining", parametersJsonSchema: { type: "object" } }] }],
    });
    for (const [output, shown] of [
      [false, "false"],
      [0, "0"],
      ["", '""'],
      [null, "null"],
    ] as const) {
      const from = conversation.messages.length;
      conversation.session.sendClientContent({ turns: 'is_raining {"city":"Oslo"}' });
      const { toolCall } = await until(conversation, (message) => message.toolCall, from);
      const [call] = toolCall!.functionCalls!;
      expect(call).toMatchObject({ name: "is_raining", args: { city: "Oslo" } });
      const answer = Object.assign(new FunctionResponse(), { id: call!.id, name: "is_raining", response: { output } });
      const parameters = Object.assign(new LiveSendToolResponseParameters(), { functionResponses: answer });
      conversation.session.sendToolResponse(parameters);
      await until(conversation, isComplete, from);
      expect(said(conversation, from)).toBe(`is_raining returned ${shown}.`);
    }
    conversation.session.close();
  });

  it("interrupts", async () => {
    const conversation = await connect(google(await withService({ replySpeed: 3, playbackSpeed: 1 })));
    conversation.session.sendClientContent({ turns: "tell me everything" });
    await until(conversation, ({ serverContent }) => serverContent?.modelTurn);
    conversation.session.sendRealtimeInput({ text: "stop" });
    await until(conversation, ({ serverContent }) => serverContent?.interrupted);
    await until(conversation, isComplete);
    expect(conversation.messages.some(({ serverContent }) => serverContent?.generationComplete)).toBe(false);
    conversation.session.close();
  });

  it("resumes on another connection after the first was cut", async () => {
    const service = await withService();
    const first = await connect(google(service), { sessionResumption: {} });
    first.session.sendClientContent({ turns: "My name is Ada." });
    await until(first, isComplete);
    const newest = (): string | undefined =>
      first.messages.findLast((m) => m.sessionResumptionUpdate?.resumable)?.sessionResumptionUpdate?.newHandle;
    const handle = await vi.waitUntil(() => (first.messages.at(-1)?.sessionResumptionUpdate ? newest() : undefined));
    const before = service.sessions[0]!.items;
    service.sessions[0]!.terminate();
    expect((await first.closed).code).toBe(1006);
    const second = await connect(google(service), { sessionResumption: { handle } });
    expect(service.sessions.at(-1)!.items).toEqual(before);
    expect(before).toHaveLength(2);
    second.session.close();
    await expect(connect(google(service), { sessionResumption: { handle: "lost" } })).rejects.toThrow("1008");
  });

  it("makes a token, and opens a session that the token constrains", async () => {
    const service = await withService();
    const token = await google(service, "AIzaServer", "v1alpha").authTokens.create({
      config: {
        uses: 1,
        liveConnectConstraints: {
          model: "gemini-locked",
          config: { responseModalities: [Modality.TEXT], temperature: 0.5 },
        },
        lockAdditionalFields: [],
      },
    });
    expect(token.name).toMatch(/^auth_tokens\//);
    const conversation = await connect(google(service, token.name, "v1alpha"), { sessionResumption: {} });
    expect(service.sessions[0]!.config).toMatchObject({
      model: "models/gemini-locked",
      generationConfig: { responseModalities: ["TEXT"], temperature: 0.5 },
      sessionResumption: {},
    });
    conversation.session.sendClientContent({ turns: "hello" });
    await until(conversation, isComplete);
    expect(heard(conversation)).toHaveLength(0);
    await expect(connect(google(service, token.name, "v1alpha"))).rejects.toThrow("1007 auth token has been used up");
    conversation.session.close();
  });

  it("never settles when it is refused: the close says why", async () => {
    const service = await withService();
    await expect(connect(google(service, "bad"))).rejects.toThrow("1007 API key not valid");
    const settled = vi.fn();
    service.faults.silent = true;
    void connect(google(service)).then(settled, settled);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(settled).not.toHaveBeenCalled();
    expect(service.sessions).toHaveLength(1);
  });
});
