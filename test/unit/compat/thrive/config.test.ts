import { describe, expect, it } from "vitest";
import { InvalidOptionsError } from "../../../../src/errors.js";
import { createWebSocketTransport, type WebSocketTransportConfig } from "../../../../src/compat/thrive/index.js";
import { withService } from "../../../../packages/testkit/src/worlds/with-service.js";
import { rigFor } from "./rig.js";

const tool = { type: "function", name: "echo", description: "Echoes.", parameters: { type: "object" } };

/** The session object on the wire, and what the service has made of it. */
async function wire(config: WebSocketTransportConfig, dialect: "ga" | "beta" = "ga") {
  const service = await withService({ dialect });
  const rig = rigFor(service.wsUrl, config);
  await rig.connect();
  const [update] = rig.sentOf("session.update");
  return { ...rig, session: update?.session, effective: service.sessions[0]?.config };
}

describe("the configuration on the wire", () => {
  it("has the documented defaults", async () => {
    const { session, effective, dialled } = await wire({});
    expect(session).toEqual({
      type: "realtime",
      output_modalities: ["audio"],
      audio: {
        input: {
          format: { type: "audio/pcm", rate: 24_000 },
          transcription: { model: "whisper-1" },
          turn_detection: { type: "server_vad", threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 },
        },
        output: { format: { type: "audio/pcm", rate: 24_000 } },
      },
    });
    expect(effective).toMatchObject({ audio: { input: { turn_detection: { silence_duration_ms: 200 } } } });
    expect(dialled[0]).toContain("model=gpt-realtime");
  });

  it("says the same to a service of the beta dialect", async () => {
    const { session } = await wire({ voice: "echo", tools: [tool] }, "beta");
    expect(session).toEqual({
      modalities: ["audio", "text"],
      voice: "echo",
      tools: [tool],
      input_audio_format: "pcm16",
      output_audio_format: "pcm16",
      input_audio_transcription: { model: "whisper-1" },
      turn_detection: { type: "server_vad", threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 },
    });
  });

  it("voice", async () => {
    expect((await wire({ voice: "alloy" })).effective).toMatchObject({ audio: { output: { voice: "alloy" } } });
  });

  it.each([
    [{ persona: "You are Ada." }, "You are Ada."],
    [{ instructions: "Be brief." }, "Be brief."],
    [{ persona: " You are Ada. ", instructions: "Be brief." }, "You are Ada.\n\nBe brief."],
    [{ persona: "You are Ada.", instructions: "You are Ada." }, "You are Ada."],
    [{ persona: "", instructions: " " }, undefined],
  ])("persona and instructions: %j", async (config, instructions) => {
    expect((await wire(config)).session).toMatchObject(instructions === undefined ? {} : { instructions });
    if (instructions === undefined) expect((await wire(config)).session).not.toHaveProperty("instructions");
  });

  it.each([
    [undefined, "audio", true, 1],
    [["text"], "text", false, 0],
    [["audio"], "audio", false, 1],
    [["text", "audio"], "audio", false, 1],
    [["text", "audio", "tools"], "audio", true, 1],
    [["text", "tools"], "text", true, 0],
    [[], "audio", false, 1],
  ])("capabilities: %j", async (capabilities, modality, sendsTools, microphones) => {
    const rig = await wire({ ...(capabilities && { capabilities }), tools: [tool] });
    expect(rig.session).toMatchObject({ output_modalities: [modality] });
    expect(rig.session).toHaveProperty("output_modalities.length", 1);
    if (sendsTools) expect(rig.effective).toMatchObject({ tools: [tool] });
    else expect(rig.session).not.toHaveProperty("tools");
    expect(rig.manager.microphone.held).toBe(microphones);
  });

  it("featureFlags change nothing there, whatever they say", async () => {
    const without = await wire({});
    const off = await wire({ featureFlags: { memory: "off" } });
    const on = await wire({ featureFlags: { memory: "on", anything: true } });
    expect(off.sent).toEqual(without.sent);
    expect(on.sent).toEqual(without.sent);
    expect(new URL(off.dialled[0]!).search).toBe(new URL(without.dialled[0]!).search);
  });

  it.each([
    [{ threshold: 0.8 }, { type: "server_vad", threshold: 0.8, prefix_padding_ms: 300, silence_duration_ms: 200 }],
    [{ type: "semantic_vad", eagerness: "low" } as const, { type: "semantic_vad", eagerness: "low" }],
    [null, null],
  ])("turn_detection: %j", async (turn_detection, expected) => {
    const { session } = await wire({ turn_detection });
    expect(session).toHaveProperty("audio.input.turn_detection", expected);
  });

  it("model", async () => {
    expect((await wire({ model: "gpt-realtime-mini" })).dialled[0]).toContain("model=gpt-realtime-mini");
  });
});

describe("a configuration of the wrong type", () => {
  it.each([
    ["voice", 7],
    ["instructions", 7],
    ["persona", 7],
    ["capabilities", "audio"],
    ["capabilities", [7]],
    ["tools", "echo"],
    ["turn_detection", "server_vad"],
  ])("is refused at once, and %s named", (field, value) => {
    const create = () => createWebSocketTransport({ [field]: value });
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(`config.${field}`);
  });

  it("is told when connecting where the wire decides", async () => {
    const rig = rigFor("not a url");
    await expect(rig.connect()).rejects.toThrow("base_url");
    expect(rig.all("error")).toMatchObject([{ error: { code: "invalid-options", fatal: true } }]);
  });
});
