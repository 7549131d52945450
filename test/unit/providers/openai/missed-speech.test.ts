import { describe, expect, it } from "vitest";
import { missedSpeech } from "../../../../src/providers/openai/missed-speech.js";
import { Scenario } from "../../../../packages/testkit/src/messages/openai.js";

const RATE = 24_000;
const LOUD = 3_000;

/** So many ms of a square wave, or of silence, in chunks of 20 ms. */
function sound(ms: number, amplitude: number, rate = RATE): ArrayBuffer[] {
  return Array.from({ length: ms / 20 }, () => {
    return Int16Array.from({ length: rate / 50 }, (_, index) => (index % 2 === 0 ? amplitude : -amplitude)).buffer;
  });
}
const lengthOf = (pieces: readonly ArrayBuffer[]): number =>
  pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);

describe("what was said while nobody could hear it", () => {
  it("is nothing where there is no sound, only noise, or a click", () => {
    expect(missedSpeech([], RATE, 65_536)).toBeUndefined();
    expect(missedSpeech(sound(2_000, 100), RATE, 65_536)).toBeUndefined();
    expect(missedSpeech([...sound(500, 0), ...sound(80, LOUD), ...sound(500, 0)], RATE, 65_536)).toBeUndefined();
  });

  it("is whole when silence follows it, and not when the user still speaks, or has only drawn breath", () => {
    const said = sound(600, LOUD);
    expect(missedSpeech([...said, ...sound(500, 0)], RATE, 65_536)).toMatchObject({ whole: true });
    expect(missedSpeech(said, RATE, 65_536)).toMatchObject({ whole: false });
    expect(missedSpeech([...said, ...sound(480, 0)], RATE, 65_536)).toMatchObject({ whole: false });
  });

  it("comes in pieces of whole samples, of which none is too large for a message, and none is lost", () => {
    const { pieces = [] } = missedSpeech(sound(2_000, LOUD), RATE, 16_384) ?? {};
    expect(lengthOf(pieces)).toBe(2 * 2 * RATE);
    for (const { byteLength } of pieces) {
      expect(byteLength % 2).toBe(0);
      expect((byteLength * 4) / 3 + 300).toBeLessThan(16_384);
    }
    expect(pieces.length).toBe(Math.ceil((4 * RATE) / pieces[0]!.byteLength));
  });

  it("is brought to the service's rate", () => {
    const { pieces = [] } = missedSpeech(sound(1_000, LOUD, 16_000), 16_000, 1_000_000) ?? {};
    expect(lengthOf(pieces)).toBeGreaterThan(2 * RATE * 0.98);
    expect(lengthOf(pieces)).toBeLessThanOrEqual(2 * RATE);
  });
});

describe("the service that is told what it missed", () => {
  const missed = { type: "missed-speech", pcm: [...sound(600, LOUD), ...sound(600, 0)], rate: RATE } as const;
  const tell = (scenario: Scenario): string[] => {
    scenario.effects.push(...scenario.conversation.command(missed));
    return scenario.sentTypes;
  };

  it.each([
    ["is asked for an answer", { type: "server_vad" }, ["response.create"]],
    ["is asked for none where the app asks for answers", { type: "server_vad", create_response: false }, []],
    ["is asked for none in push to talk", null, []],
  ])("%s", (_what, turn_detection, asked) => {
    const scenario = Scenario.ready({}, { audio: { input: { turn_detection } } });
    expect(tell(scenario)).toEqual(["conversation.item.create", ...asked]);
  });

  it("is told nothing before it is ready", () => {
    const scenario = new Scenario();
    scenario.receive({ type: "session.created", session: { type: "realtime" } });
    expect(tell(scenario)).toEqual(["session.update"]);
  });
});
