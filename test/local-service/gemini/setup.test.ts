import { describe, expect, it } from "vitest";
import { GeminiClient, MODEL } from "../../../packages/testkit/src/clients/gemini-client.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";

/** What the service says to a first message. */
async function refusal(
  message: object | string,
  after: readonly object[] = [],
): Promise<{ code: number; reason: string }> {
  const client = await GeminiClient.open(await withService());
  client.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  for (const next of after) client.send(next);
  return await client.closed;
}

function setup(fields: object): object {
  return { setup: { model: MODEL, ...fields } };
}

describe("setup", () => {
  it("is answered, in either spelling of its names, and kept", async () => {
    const service = await withService();
    const client = await GeminiClient.open(service);
    expect(service.sessions[0]).toMatchObject({ protocol: "gemini", config: {}, items: [], receivedMs: 0 });
    client.send({
      setup: {
        model: MODEL,
        generation_config: {
          response_modalities: "AUDIO",
          speech_config: { voice_config: { prebuilt_voice_config: { voice_name: "Puck" } } },
          max_output_tokens: "1024",
          seed: null,
        },
        system_instruction: { parts: [{ text: "Be kind." }] },
        context_window_compression: { trigger_tokens: "25600", sliding_window: { target_tokens: "12800" } },
        tools: [{ google_search: {} }],
      },
    });
    const answer = await client.next("setupComplete");
    const [session] = service.sessions;
    expect(answer.setupComplete?.sessionId).toBe(session!.id);
    expect(session!.config).toMatchObject({
      model: MODEL,
      generationConfig: { responseModalities: ["AUDIO"], maxOutputTokens: 1024 },
      systemInstruction: { parts: [{ text: "Be kind." }] },
      contextWindowCompression: { triggerTokens: 25_600, slidingWindow: { targetTokens: 12_800 } },
    });
    expect(session!.config).not.toHaveProperty("generationConfig.seed");
    expect(client.kinds()).toEqual(["setupComplete"]);
    client.send({ contextUpdate: { systemInstruction: { parts: [{ text: "Be short." }] } } });
    await expect.poll(() => session!.config.systemInstruction).toEqual({ parts: [{ text: "Be short." }] });
  });

  it("takes what Google's documentation shows", async () => {
    const client = await GeminiClient.start(await withService(), {
      generationConfig: {
        responseModalities: ["AUDIO"],
        temperature: 0.7,
        topP: 0.9,
        topK: 40,
        mediaResolution: "MEDIA_RESOLUTION_LOW",
        thinkingConfig: { thinkingBudget: 0 },
        enableAffectiveDialog: true,
      },
      realtimeInputConfig: {
        automaticActivityDetection: {
          disabled: false,
          startOfSpeechSensitivity: "START_SENSITIVITY_HIGH",
          endOfSpeechSensitivity: "END_SENSITIVITY_LOW",
          prefixPaddingMs: 20,
          silenceDurationMs: 500,
        },
        activityHandling: "START_OF_ACTIVITY_INTERRUPTS",
        turnCoverage: "TURN_INCLUDES_ONLY_ACTIVITY",
      },
      sessionResumption: {},
      proactivity: { proactiveAudio: true },
      historyConfig: { initialHistoryInClientContent: false },
    });
    expect((await client.next("sessionResumptionUpdate")).sessionResumptionUpdate?.resumable).toBe(true);
  });

  it.each([
    [{ model: "gemini-x" }, 1007, /setup\.model.*models\//],
    [{ model: 5 }, 1007, /'setup\.model' \(TYPE_STRING\), 5/],
    [{ model: "models/no-such-model" }, 1008, /not found for API version v1beta/],
    [{ speechConfig: {} }, 1007, /Unknown name "speechConfig" at 'setup'/],
    [{ generationConfig: { responseModalities: ["AUDIO", "TEXT"] } }, 1007, /one response modality/],
    [{ generationConfig: { responseModalities: ["IMAGE"] } }, 1007, /IMAGE/],
    [{ generationConfig: { responseModalities: ["audible"] } }, 1007, /TYPE_ENUM/],
    [{ generationConfig: { temperature: "warm" } }, 1007, /temperature/],
    [{ generationConfig: { topK: 1.5 } }, 1007, /TYPE_INT32/],
    [{ generationConfig: [] }, 1007, /generationConfig' \(TYPE_MESSAGE\)/],
    [{ tools: [{ functionDeclarations: [{ description: "no name" }] }] }, 1007, /has no name/],
    [{ tools: [{ function_declarations: [{ name: "f", parameters: "none" }] }] }, 1007, /parameters/],
    [{ inputAudioTranscription: true }, 1007, /inputAudioTranscription/],
    [{ realtimeInputConfig: { automaticActivityDetection: { disabled: "no" } } }, 1007, /TYPE_BOOL/],
    [{ realtimeInputConfig: { automaticActivityDetection: { silenceDurationMs: -1 } } }, 1007, /negative/],
    [{ sessionResumption: { handle: "unknown" } }, 1008, /session not found/],
  ])("%j closes with %i", async (fields, code, reason) => {
    const closed = await refusal(setup(fields));
    expect(closed.code).toBe(code);
    expect(closed.reason).toMatch(reason);
  });

  it("is the first message, and comes once", async () => {
    const once = /setup must be the first message and only the first/;
    expect((await refusal({ clientContent: { turnComplete: true } })).reason).toMatch(once);
    expect((await refusal(setup({}), [setup({})])).reason).toMatch(once);
  });

  it("has a reason that fits into a close frame", async () => {
    const closed = await refusal(setup({ ["ä".repeat(200)]: 1 }));
    expect(closed.code).toBe(1007);
    expect(Buffer.byteLength(closed.reason)).toBeLessThanOrEqual(123);
    expect(closed.reason).not.toContain("\uFFFD");
  });
});

describe("a message that is wrong", () => {
  const blob = (data: unknown, mimeType: unknown): object => ({ realtimeInput: { audio: { data, mimeType } } });

  it.each([
    [{ noSuchKey: {} }, /Unknown name "noSuchKey"/],
    [JSON.parse('{"__proto__":{"polluted":true}}') as object, /Unknown name "__proto__"/],
    [{}, /empty/],
    [{ clientContent: {}, realtimeInput: {} }, /oneof/],
    [{ clientContent: { turns: "hello" } }, /turns\[0\]/],
    [{ clientContent: { turns: [{ role: "assistant", parts: [{ text: "x" }] }] } }, /valid role: user, model/],
    [{ clientContent: { turns: [{ parts: [{ text: 5 }] }] } }, /TYPE_STRING/],
    [blob("%%%", "audio/pcm;rate=16000"), /TYPE_BYTES/],
    [blob("AAAA", "audio/pcm;rate=16000"), /whole 16-bit samples, got 3 bytes/],
    [blob("AAA=", "audio/wav"), /unsupported MIME type/],
    [blob("AAA=", "audio/pcm;rate=7"), /sample rate/],
    [blob("AAA=", undefined), /unsupported MIME type/],
    [{ realtimeInput: { video: { data: "AAAA", mimeType: "audio/pcm" } } }, /unsupported MIME type/],
    [{ realtimeInput: { activityStart: {} } }, /automatic activity detection is enabled/],
    [{ realtimeInput: { activityEnd: {} } }, /automatic activity detection is enabled/],
  ])("%j closes with 1007", async (message, reason) => {
    const closed = await refusal(setup({}), [message]);
    expect(closed.code).toBe(1007);
    expect(closed.reason).toMatch(reason);
    expect(closed.reason).not.toContain("AAA");
  });

  it("is audioStreamEnd where the client tells activities", async () => {
    const disabled = { realtimeInputConfig: { automaticActivityDetection: { disabled: true } } };
    const closed = await refusal(setup(disabled), [{ realtimeInput: { audioStreamEnd: true } }]);
    expect(closed).toMatchObject({ code: 1007, reason: expect.stringContaining("audioStreamEnd") as string });
  });

  it("is no JSON", async () => {
    for (const text of ["not json", "", "[]", "null", "7"]) {
      expect(await refusal(text)).toMatchObject({ code: 1007, reason: expect.stringContaining("JSON") as string });
    }
  });
});
