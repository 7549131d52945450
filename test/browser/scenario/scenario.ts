import {
  RTVIEvent,
  type BotOutputData,
  type LLMFunctionCallResult,
  type PipecatClientOptions,
  type TranscriptData,
} from "@pipecat-ai/client-js";
import { expect } from "vitest";
import type { LocalServiceOptions } from "../../../packages/local-service/src/index.js";
import { App, type Heard } from "../support/app.js";
import { HoldingsWatch } from "../../../packages/testkit/src/browser/holdings.js";
import { stagedService, type StagedService } from "../support/stage.js";
import type { Step } from "./golden-file.js";
import { expectGolden } from "./golden.js";
import { metricsOf, stepOf } from "./log.js";

/** Enough for a run that waits for its browser; it takes about 20 s. */
export const LONG = { timeout: 90_000 };

export const TOOL = { name: "count_foxes", description: "Counts foxes.", args: { of: "brown" } } as const;

/** Falsy, and yet a result; apps in JavaScript return numbers. */
const NO_FOXES = 0 as unknown as LLMFunctionCallResult;

/**
 * Turn by turn. The recording that the fake microphone plays has three utterances: long quiet after the first, room for a
 * typed turn; the third comes while the second is answered.
 */
export const SCRIPT: LocalServiceOptions = {
  script: [
    { heard: "How many foxes?", calls: [{ name: TOOL.name, arguments: TOOL.args }] },
    {},
    { heard: "Tell me a story.", say: "Once upon a time there was a fox." },
    { heard: "Stop it.", say: "As you like." },
  ],
};

const { UserStartedSpeaking, UserStoppedSpeaking, BotStartedSpeaking, BotStoppedSpeaking } = RTVIEvent;
const { BotLlmStarted, BotLlmStopped, BotTtsStarted, BotTtsStopped } = RTVIEvent;

/** So many answers were given aloud, and whatever began has ended. */
function answered(app: App, answers: number): boolean {
  const pairs = [
    [UserStartedSpeaking, UserStoppedSpeaking],
    [BotStartedSpeaking, BotStoppedSpeaking],
    [BotLlmStarted, BotLlmStopped],
    [BotTtsStarted, BotTtsStopped],
  ] as const;
  const [lastOutput, lastTranscript] = [RTVIEvent.BotOutput, RTVIEvent.UserTranscript].map((event) => app.last(event));
  return (
    app.count(BotStoppedSpeaking) === answers &&
    pairs.every(([began, ended]) => app.count(began) === app.count(ended)) &&
    (lastOutput?.data as BotOutputData | undefined)?.spoken_status === "completed" &&
    (lastTranscript === undefined || (lastTranscript.data as TranscriptData).final)
  );
}

/** Whom an app of the scenario talks through. */
export interface Player {
  /** As in the golden file. */
  readonly name: string;
  readonly transport: (service: StagedService) => PipecatClientOptions["transport"];
  /** What `connect()` is given. */
  readonly params?: (app: App, service: StagedService) => Promise<unknown>;
  /** A metric that comes when a turn is over, after its sound. */
  readonly measures?: string;
}

/** An hour in the life of an app, compared with the golden log. */
export async function playScenario({ name, transport, params, measures = "" }: Player): Promise<void> {
  const holdings = new HoldingsWatch();
  const service = await stagedService(SCRIPT);
  const app = new App({ transport: transport(service) });
  const { client } = app;
  const asked: unknown[] = [];
  client.registerFunctionCallHandler(TOOL.name, async ({ arguments: args }) => {
    asked.push(args);
    return NO_FOXES;
  });
  const steps: Step[] = [];
  const session: Heard[] = [];
  const note = (title: string): void => {
    steps.push(stepOf(title, app.heard));
    session.push(...app.heard);
    app.forget();
  };
  const connect = async (title: string): Promise<void> => {
    await client.connect(await params?.(app, service));
    // `connect()` waits for neither in a second session.
    const started = (track: MediaStreamTrack | undefined): boolean =>
      track !== undefined && app.all(RTVIEvent.TrackStarted).some(({ data }) => data === track);
    await app.until("the microphone", () => started(client.tracks().local.audio));
    await app.until("the bot's track", () => started(client.tracks().bot?.audio));
    note(title);
  };
  const disconnect = async (title: string): Promise<void> => {
    await client.disconnect();
    note(title);
    steps.push({ title: `what was measured before: ${title}`, lanes: metricsOf(session.splice(0)) });
    await holdings.nothingLeft();
  };
  const until = (answers: number): Promise<unknown> => app.until(`${answers} answers`, () => answered(app, answers));

  await connect("connect");

  await until(1);
  expect(asked).toEqual([TOOL.args]);
  note("a spoken turn, answered with the help of a function that returns 0");

  client.enableMic(false);
  expect(client.isMicEnabled).toBe(false);
  await client.sendText("Are you there?");
  await until(1);
  note("a typed turn, muted");

  client.enableMic(true);
  expect(client.isMicEnabled).toBe(true);
  await until(2);
  note("a spoken turn, unmuted; the user cuts the answer off, and is answered");

  await disconnect("disconnect");
  await connect("connect again");
  await client.sendText("How many foxes?");
  await until(1);
  expect(asked).toHaveLength(2);
  await app.until("what is measured", () => metricsOf(app.heard).get("metrics")?.includes(measures) === true);
  note("a typed turn in the second session");
  await disconnect("disconnect again");

  await expectGolden("test/browser/scenario/golden.txt", name, steps);
}
