import type { Frame, LiarProtocol, Said, Turn } from "../liar-protocol.js";

const SOUND = { mimeType: "audio/pcm;rate=24000", data: Buffer.alloc(4_800, 1).toString("base64") };

interface ClientMessage {
  readonly setup?: unknown;
  readonly realtimeInput?: { readonly audio?: { readonly data?: unknown }; readonly text?: unknown };
  readonly clientContent?: { readonly turns?: readonly { readonly parts?: readonly { readonly text?: unknown }[] }[] };
}

/** Gemini sends JSON in binary frames. */
const message = (fields: object): Frame => Buffer.from(JSON.stringify(fields));
const content = (fields: object): Frame => message({ serverContent: fields });

/** Gemini Live, `BidiGenerateContent`. */
export const geminiLiar: LiarProtocol = {
  name: "gemini",
  path: "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
  answersOn: "text",

  credentialOf: ({ url = "/" }) => {
    const { searchParams } = new URL(url.replace(/^\/+/, "/"), "http://127.0.0.1");
    return searchParams.get("key") ?? searchParams.get("access_token") ?? undefined;
  },

  read(data): Said {
    const { setup, realtimeInput, clientContent } = JSON.parse(data.toString("utf8")) as ClientMessage;
    if (setup !== undefined) return { kind: "setup" };
    if (realtimeInput?.audio !== undefined) return { kind: "sound", bytes: String(realtimeInput.audio.data).length };
    const text = realtimeInput?.text ?? clientContent?.turns?.at(-1)?.parts?.[0]?.text;
    return typeof text === "string" ? { kind: "text", text } : { kind: "other" };
  },

  welcome: () => [],
  ready: () => [message({ setupComplete: {} })],

  turn: (words, id): Turn => ({
    begin: [],
    middle: [content({ outputTranscription: { text: words } }), geminiLiar.sound(id)],
    end: [
      content({ generationComplete: true }),
      message({ serverContent: { turnComplete: true }, usageMetadata: { totalTokenCount: 9 } }),
    ],
  }),

  nothingToCancel: () => [],
  interrupted: () => [content({ interrupted: true })],
  failure: () => [content({ turnComplete: true, turnCompleteReason: "RESPONSE_REJECTED" })],
  quotation: (words) => [
    message({ error: { message: words, details: [{ [words]: words }] }, [words]: words }),
    message({ toolCall: { functionCalls: [{ id: "fc_quoting", name: words, args: "{" }] } }),
  ],
  toolCall: (id) => [message({ toolCall: { functionCalls: [{ id: `fc_${id}`, name: "no_such_tool", args: "{" }] } })],
  sound: () => content({ modelTurn: { parts: [{ inlineData: SOUND }] } }),
  unknown: () => message({ noSuchKey: { at: "all" } }),
  decode: (frame) => JSON.parse(Buffer.from(frame).toString("utf8")) as unknown,
  encode: (value) => Buffer.from(JSON.stringify(value)),
};
