import { describe, expect, it, vi } from "vitest";
import { AudioEngine } from "../../../src/media/audio-engine.js";
import { PlaybackSession } from "../../../src/media/playback-session.js";

const RATE = 8_000;
const MINUTE = new Int16Array(60 * RATE);

const make = () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const engine = new AudioEngine({ logger });
  const events = { report: vi.fn(), level: vi.fn() };
  return {
    logger,
    session: new PlaybackSession({ engine, sampleRate: RATE, fadeMs: 10, levelMs: 100, logger }, events),
  };
};

describe("PlaybackSession", () => {
  it("keeps 30 minutes of an hour that comes at once, drops the newest, and warns once", async () => {
    const { logger, session } = make();
    for (let minute = 0; minute < 60; minute += 1) session.write(MINUTE, "item");
    expect(logger.warn).toHaveBeenCalledTimes(1);
    expect(await session.interrupt()).toMatchObject([{ itemId: "item", receivedSamples: 30 * MINUTE.length }]);
    session.write(MINUTE, "next");
    expect(await session.interrupt()).toMatchObject([{ itemId: "next", receivedSamples: MINUTE.length }]);
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });
});
