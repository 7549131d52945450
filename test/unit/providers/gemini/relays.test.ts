import { describe, expect, it } from "vitest";
import { Scenario } from "../../../../packages/testkit/src/messages/gemini.js";

/** A server that passes messages on may write every field that its library knows, with null for those that are not there. */
const MESSAGE = {
  setupComplete: null,
  serverContent: null,
  toolCall: null,
  toolCallCancellation: null,
  usageMetadata: null,
  goAway: null,
  sessionResumptionUpdate: null,
  voiceActivity: null,
};
const CONTENT = {
  modelTurn: null,
  turnComplete: null,
  interrupted: null,
  groundingMetadata: null,
  generationComplete: null,
  inputTranscription: null,
  outputTranscription: null,
};
const PART = { text: null, inlineData: null, functionCall: null, thought: null, codeExecutionResult: null };

describe("gemini: a server between that writes null for what is not there", () => {
  it("is ready with the setup, and not with the first message", () => {
    const s = new Scenario();
    s.receive({ ...MESSAGE, sessionResumptionUpdate: { newHandle: null, resumable: null } });
    expect(s.dialogue.isReady).toBe(false);
    s.receive({ ...MESSAGE, setupComplete: { sessionId: null } });
    expect(s.dialogue.isReady).toBe(true);
    expect(s.of("report")).toEqual([]);
  });

  it("plays its audio, which may be in the alphabet for URLs", () => {
    const s = Scenario.ready();
    const inlineData = { data: Buffer.alloc(960, 0xfb).toString("base64url"), mimeType: "audio/pcm;rate=24000" };
    s.receive({ ...MESSAGE, serverContent: { ...CONTENT, modelTurn: { parts: [{ ...PART, inlineData }] } } });
    expect(s.of("play")).toHaveLength(1);
    expect(s.of("report")).toEqual([]);
  });

  it("has a call among the parts of its content reach the app", () => {
    const s = Scenario.ready();
    const functionCall = { id: "c1", name: "f", args: null };
    s.receive({ ...MESSAGE, serverContent: { ...CONTENT, modelTurn: { parts: [{ ...PART, functionCall }] } } });
    expect(s.data("llm-function-call-in-progress")).toMatchObject([{ tool_call_id: "c1", arguments: {} }]);
  });

  it("counts its tokens by the name that it has", () => {
    const s = Scenario.ready();
    s.receive({ ...MESSAGE, usageMetadata: { responseTokenCount: null, candidatesTokenCount: 5 } });
    expect(s.data("metrics")).toMatchObject([{ tokens: [{ completion_tokens: 5 }] }]);
  });
});
