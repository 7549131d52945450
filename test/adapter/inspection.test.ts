import { LogLevel, PipecatClient } from "@pipecat-ai/client-js";
import { inspect } from "node:util";
import type { InspectionEvent } from "xstate";
import { describe, expect, it } from "vitest";
import type { Logger } from "../../src/log.js";
import { ManualClock, ScriptedTransport } from "../../src/testing/index.js";
import { drain, silent } from "../../packages/testkit/src/worlds/world.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const SECRET = canary("sk-proj-");

function start(logger: Logger = silent) {
  const events: InspectionEvent[] = [];
  const clock = new ManualClock();
  const transport = new ScriptedTransport({ clock, logger, random: () => 0.5, inspect: (event) => events.push(event) });
  const client = new PipecatClient({ transport });
  client.setLogLevel(LogLevel.NONE);
  return { events, clock, transport, client };
}

/** A session in which everything happens that may. */
async function live({ clock, transport, client }: ReturnType<typeof start>): Promise<void> {
  const { media } = transport;
  await client.initDevices();
  await client.connect({ api_key: SECRET, settings: { key: SECRET } });
  media.say(new ArrayBuffer(960));
  transport.service.perform({ type: "play", itemId: "item", pcm: new ArrayBuffer(960) });
  const item = { itemId: "item", playedSamples: 480, receivedSamples: 480, sampleRate: 24_000 };
  media.speaker.report({ type: "began", item });
  media.speaker.report({ type: "drained", item });
  media.speaker.report({ type: "blocked" });
  transport.resumeAudio();
  transport.interrupt();
  await drain();
  expect(transport.service.cut).toMatchObject([[{ itemId: "item" }]]);
  client.enableMic(false);
  client.enableMic(true);
  media.microphone.lose();
  await drain();
  transport.service.dropped(true);
  clock.advance(1_000);
  await drain();
  await client.disconnect();
  media.microphone.script = "permissions";
  transport.script.connect = "refuse";
  await client.connect().catch(() => undefined);
  await drain();
}

/** What inspectors, recorders and graphs show of an event. */
function payloadsOf(event: InspectionEvent): unknown[] {
  const snapshot = (value: unknown): unknown[] => {
    if (typeof value !== "object" || value === null) return [];
    const { context, output, value: place } = value as { context?: unknown; output?: unknown; value?: unknown };
    return [context, output, place];
  };
  switch (event.type) {
    case "@xstate.event":
      return [event.event];
    case "@xstate.action":
      // XState's own (`xstate.spawnChild`) carry actor references, which have a `toJSON` of their own.
      return event.action.type.startsWith("xstate.") ? [] : [event.action.params];
    case "@xstate.snapshot":
    case "@xstate.microstep":
      return [event.event, ...snapshot(event.snapshot)];
    default:
      return snapshot(event.actorRef.getSnapshot());
  }
}

describe("what an inspector sees", () => {
  it("is serialisable, every event of a whole session", async () => {
    const started = start();
    await live(started);
    expect(started.events.length).toBeGreaterThan(100);
    for (const payload of started.events.flatMap(payloadsOf)) {
      if (payload !== undefined) expect(JSON.parse(JSON.stringify(payload))).toEqual(payload);
    }
  });

  it("never holds a credential, and neither does a log line", async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]): void => void lines.push(line);
    const started = start({ debug: log, info: log, warn: log, error: log });
    await live(started);
    expect(lines.length).toBeGreaterThan(10);
    const shown = inspect([lines, started.events.flatMap(payloadsOf)], { depth: 20, maxArrayLength: null });
    expect(shown).not.toContain(SECRET);
    expect(JSON.stringify(started.transport.actor.getPersistedSnapshot())).not.toContain(SECRET);
  });

  it("is fewer than 30 events in 10 s of audio both ways", async () => {
    const { events, clock, transport, client } = start();
    await client.connect();
    events.length = 0;
    const item = { itemId: "item", playedSamples: 0, receivedSamples: 240_000, sampleRate: 24_000 };
    transport.media.speaker.report({ type: "began", item });
    for (let chunk = 0; chunk < 500; chunk += 1) {
      transport.media.say(new ArrayBuffer(960));
      transport.service.perform({ type: "play", itemId: "item", pcm: new ArrayBuffer(960) });
      if (chunk % 5 === 0) transport.media.speaker.report({ type: "progress", item });
      clock.advance(20);
    }
    transport.media.speaker.report({ type: "drained", item });
    expect(transport.service.audioBytes).toBe(500 * 960);
    expect(events.length).toBeLessThan(30);
    await client.disconnect();
  });

  it("that throws changes nothing", async () => {
    const transport = new ScriptedTransport({
      logger: silent,
      inspect: () => {
        throw new Error("inspector");
      },
    });
    const client = new PipecatClient({ transport });
    client.setLogLevel(LogLevel.NONE);
    await client.connect();
    expect(client.state).toBe("ready");
    await client.disconnect();
  });
});
