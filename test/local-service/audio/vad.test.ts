import { describe, expect, it } from "vitest";
import { EnergyVad, thresholdToDb, type VadFact } from "../../../packages/local-service/src/audio/vad.js";
import { loudness } from "../../../packages/local-service/src/audio/pcm.js";
import { chunks, silence, speech } from "../../../packages/testkit/src/audio/speech.js";

const SETTINGS = { threshold: 0.5, silenceMs: 500, prefixMs: 300 };

function tone(ms: number, amplitude: number): Buffer {
  const pcm = silence(ms);
  for (let index = 0; index < pcm.length / 2; index += 1) {
    pcm.writeInt16LE(Math.round(Math.sin(index / 10) * amplitude * 32_767), index * 2);
  }
  return pcm;
}

function run(vad: EnergyVad, pcm: Buffer, ms = 20): VadFact[] {
  return chunks(pcm, ms).flatMap((chunk) => vad.push(chunk));
}

describe("EnergyVad", () => {
  it("hears nothing in silence", () => {
    expect(run(new EnergyVad(SETTINGS), silence(5000))).toEqual([]);
  });

  it("finds one turn in recorded speech, prefix padding before it and the quiet after it", () => {
    const facts = run(new EnergyVad(SETTINGS), Buffer.concat([silence(1000), speech(), silence(1000)]));
    expect(facts.map(({ type }) => type)).toEqual(["started", "stopped"]);
    const speechMs = speech().length / 48;
    expect(Math.abs(facts[0]?.type === "started" ? facts[0].startMs - 700 : NaN)).toBeLessThan(60);
    expect(Math.abs(facts[1]?.type === "stopped" ? facts[1].endMs - (1500 + speechMs) : NaN)).toBeLessThan(120);
  });

  it("counts in the time of the sound, in pieces of any size", () => {
    const sound = Buffer.concat([silence(400), tone(600, 0.3), silence(700)]);
    const expected = [
      { type: "started", startMs: 100 },
      { type: "stopped", endMs: 1500 },
    ];
    for (const ms of [7, 20, 33, 1700]) expect(run(new EnergyVad(SETTINGS), sound, ms)).toEqual(expected);
  });

  it("does not take a click for speech", () => {
    expect(run(new EnergyVad(SETTINGS), Buffer.concat([silence(400), tone(40, 0.9), silence(700)]))).toEqual([]);
  });

  it("keeps a turn together over a pause shorter than the silence that ends it", () => {
    const sound = Buffer.concat([tone(300, 0.3), silence(400), tone(300, 0.3), silence(600)]);
    expect(run(new EnergyVad(SETTINGS), sound).map(({ type }) => type)).toEqual(["started", "stopped"]);
    const eager = new EnergyVad({ ...SETTINGS, silenceMs: 200 });
    expect(run(eager, sound).map(({ type }) => type)).toEqual(["started", "stopped", "started", "stopped"]);
  });

  it("listens as hard as the threshold says", () => {
    const soft = Buffer.concat([tone(400, 0.02), silence(700)]);
    expect(loudness(tone(400, 0.02))).toBeGreaterThan(thresholdToDb(0.3));
    expect(run(new EnergyVad(SETTINGS), soft)).toHaveLength(2);
    expect(run(new EnergyVad({ ...SETTINGS, threshold: 0.9 }), soft)).toEqual([]);
  });

  it("forgets a turn on reset, but not the time", () => {
    const vad = new EnergyVad(SETTINGS);
    run(vad, tone(400, 0.3));
    expect(vad.speaking).toBe(true);
    vad.reset();
    expect(vad.speaking).toBe(false);
    expect(vad.elapsedMs).toBe(400);
    expect(run(vad, silence(700))).toEqual([]);
    expect(run(vad, tone(100, 0.3))).toEqual([{ type: "started", startMs: 800 }]);
  });
});
