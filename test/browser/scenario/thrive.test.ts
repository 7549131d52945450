import { expect, it, vi } from "vitest";
import { createWebSocketTransport, type RealtimeEvent } from "../../../src/compat/thrive/index.js";
import { silentLogger } from "../support/app.js";
import { HoldingsWatch } from "../../../packages/testkit/src/browser/holdings.js";
import { stagedService } from "../support/stage.js";
import type { Step } from "./golden-file.js";
import { expectGolden } from "./golden.js";
import { LONG, SCRIPT, TOOL } from "./scenario.js";
import { thriveStep } from "./thrive-log.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";

it("scenario: plays with an app of the Thrive platform", LONG, async () => {
  const holdings = new HoldingsWatch();
  const service = await stagedService(SCRIPT);
  const { name, description } = TOOL;
  const transport = createWebSocketTransport(
    {
      base_url: service.wsUrl,
      capabilities: ["audio", "tools"],
      tools: [{ type: "function", name, description, parameters: {} }],
      // The recorded speaker breathes longer than the platform waits.
      turn_detection: { silence_duration_ms: 500 },
    },
    {},
    { logger: silentLogger },
  );
  const events: RealtimeEvent[] = [];
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  const onEvent = (event: RealtimeEvent): void => {
    events.push(event);
    if (event.type !== "response.function_call_arguments.done") return;
    // Falsy, and yet a result.
    const item = { type: "function_call_output", call_id: event.call_id, output: "0" };
    transport.send({ type: "conversation.item.create", item });
    transport.send({ type: "response.create" });
  };
  const type = (content: string): void => {
    transport.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
    transport.send({ type: "response.create" });
  };
  /** So many responses are done, everything that was said is understood, and nothing is waited for. */
  const until = (responses: number): Promise<unknown> =>
    vi
      .waitUntil(
        () =>
          count("response.done") === responses &&
          count("input_audio_buffer.speech_started") === count("conversation.item.input_audio_transcription.completed"),
        { timeout: 20_000, interval: 20 },
      )
      .catch(() => {
        throw new Error(`${responses} responses did not come: ${events.map((event) => event.type).join(", ")}`);
      });
  const steps: Step[] = [];
  const note = (title: string): void => {
    steps.push(thriveStep(title, events));
    events.length = 0;
  };

  await transport.connect({ token: canary(), onEvent });
  note("connect");

  await until(2);
  note("a spoken turn, answered with the help of a function that returns 0");

  transport.rtvi.enableMic(false);
  type("Are you there?");
  await until(1);
  note("a typed turn, muted");

  transport.rtvi.enableMic(true);
  await until(2);
  expect(count("conversation.item.truncated")).toBe(1);
  note("a spoken turn, unmuted; the user cuts the answer off, and is answered");

  await transport.close();
  note("close");
  await holdings.nothingLeft();

  await transport.connect({ token: canary(), onEvent });
  type("How many foxes?");
  await until(2);
  note("a second session, with a typed turn");
  await transport.close();
  note("close again");
  await holdings.nothingLeft();

  await expectGolden("test/browser/scenario/golden-thrive.txt", "thrive", steps);
});
