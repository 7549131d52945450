import { RTVIEvent } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import type { InspectionEvent } from "xstate";
import type { OpenAISessionConfig } from "../../src/providers/openai/index.js";
import { App, openAITransport } from "./support/app.js";
import { stagedService } from "./support/stage.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

/** Must not be found in anything that is inspected. */
const SECRET = canary();
const STREAMED_MS = 10_000;
const MOST_EVENTS = 40;

const LISTENS: OpenAISessionConfig = { turn_detection: { type: "server_vad", create_response: false } };

/** What cannot be written as JSON and read back, in a value of any depth; and audio, and secrets. */
function unfit(value: unknown, path: string): string[] {
  switch (typeof value) {
    case "string":
      return value.includes(SECRET) || value.length > 2000 ? [`${path}: ${value.slice(0, 100)}`] : [];
    case "number":
      return Number.isFinite(value) ? [] : [`${path}: ${value}`];
    case "boolean":
    case "undefined":
      return [];
    case "object": {
      if (value === null) return [];
      const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
      if (!plain) return [`${path}: ${Object.prototype.toString.call(value)}`];
      return Object.entries(value).flatMap(([key, each]) => unfit(each, `${path}.${key}`));
    }
    default:
      return [`${path}: ${typeof value}`];
  }
}

/** What an inspection event carries of the session: the event, or the state that it led to. */
function payloadOf(inspected: InspectionEvent): readonly [string, unknown][] {
  if (inspected.type === "@xstate.event") return [[inspected.event.type, inspected.event]];
  if (inspected.type !== "@xstate.snapshot") return [];
  const { snapshot } = inspected;
  return [
    ["context", "context" in snapshot ? snapshot.context : undefined],
    ["output", "output" in snapshot ? snapshot.output : undefined],
    ["error", "error" in snapshot ? snapshot.error : undefined],
  ];
}

/** A session whose inspection is written down. */
async function inspectedSession(session_config: OpenAISessionConfig) {
  const inspected: InspectionEvent[] = [];
  const service = await stagedService({ replyChunkMs: 40 });
  const app = new App({
    transport: openAITransport(
      service.wsUrl,
      { api_key: SECRET, session_config },
      { inspect: (event) => inspected.push(event) },
    ),
  });
  const receivedMs = async (): Promise<number> => (await service.session()).receivedMs;
  return { app, inspected, service, receivedMs };
}

const eventsIn = (inspected: readonly InspectionEvent[]): string[] =>
  inspected.flatMap((each) => (each.type === "@xstate.event" ? each.event.type : []));

describe("audio", { timeout: 60_000 }, () => {
  it("streams for ten seconds past the charts, not through them", async () => {
    const { app, inspected, receivedMs } = await inspectedSession(LISTENS);
    await app.client.connect();
    const before = await receivedMs();
    const from = inspected.length;
    await app.until(
      "ten seconds of sound at the service",
      async () => (await receivedMs()) - before >= STREAMED_MS,
      40_000,
    );
    const during = inspected.slice(from);
    expect(eventsIn(during).length).toBeLessThan(MOST_EVENTS);
    expect(during.length).toBeLessThan(MOST_EVENTS);
    // It was speech, and it was heard as such.
    expect(app.count(RTVIEvent.UserStartedSpeaking)).toBeGreaterThan(0);
    expect(app.count(RTVIEvent.LocalAudioLevel)).toBeGreaterThan(20);
    await app.client.disconnect();
    expect(inspected.flatMap(payloadOf).flatMap(([name, payload]) => unfit(payload, name))).toEqual([]);
  });

  it("of the bot does not pass through them either, and nothing that is inspected is audio, secret or beyond JSON", async () => {
    const { app, inspected, service } = await inspectedSession({ turn_detection: null });
    await app.client.connect();
    const from = inspected.length;
    for (const text of ["One.", "Two.", "Three."]) {
      const spoken = app.count(RTVIEvent.BotStoppedSpeaking);
      await app.answered(text);
      await app.until("the end of the answer", () => app.count(RTVIEvent.BotStoppedSpeaking) > spoken);
    }
    const { events } = await service.look();
    const audio = events.filter(({ type }) => type === "response.output_audio.delta");
    expect(audio.length).toBeGreaterThan(MOST_EVENTS);
    // An answer begins and ends, for the speaker and for its owner.
    expect(eventsIn(inspected.slice(from)).length).toBeLessThan(MOST_EVENTS);
    await service.terminate();
    await app.until("a new wire", () => app.states.filter((state) => state === "ready").length === 2);
    await service.drop(3000, `invalid_request_error.invalid_api_key ${SECRET}`);
    await app.until("the end", () => app.client.state === "disconnected");
    expect(app.errors).toMatchObject([{ code: "connection-lost" }, { code: "unauthorized", fatal: true }]);
    expect(inspected.flatMap(payloadOf).flatMap(([name, payload]) => unfit(payload, name))).toEqual([]);
  });
});
