import { describe, expect, it } from "vitest";
import { initialTransition, transition, type AnyMachineSnapshot } from "xstate";
import { RealTimeWebsocketTransport } from "../../../src/index.js";
import { placeOf } from "../../../src/testing/model/graph.js";
import { lifecycleModel, scriptedHarness, socketHarness, type ConformanceHarness } from "../../../src/testing/index.js";
import {
  geminiHarness,
  openaiCallHarness,
  openaiHarness,
  pipecatHarness,
  thriveHarness,
} from "../../../packages/testkit/src/conformance/our-harnesses.js";
import { silent } from "../../../packages/testkit/src/worlds/world.js";

const ours = { geminiHarness, openaiCallHarness, openaiHarness, pipecatHarness, thriveHarness };
const model = lifecycleModel();
const harness = (): ConformanceHarness => scriptedHarness({ logger: silent });

describe("lifecycleModel: the charts", () => {
  it.each(model.charts)(
    "$id: each state has a shortest path, and simple paths that come to no state twice",
    { timeout: 120_000 },
    (chart) => {
      const states = chart.states();
      const shortest = chart.shortestPaths();
      expect(shortest.map(({ state }) => state).sort()).toEqual([...states].sort());
      const byState = new Map(shortest.map(({ state, events }) => [state, events.length]));
      for (const { state, events } of chart.simplePaths(3)) {
        expect(events.length).toBeGreaterThanOrEqual(byState.get(state) ?? Infinity);
      }
      expect(chart.edges().every(({ from, to }) => states.includes(from) && states.includes(to))).toBe(true);
    },
  );

  it.each(model.charts)(
    "$id: the steps of a shortest path lead the chart to its state",
    ({ machine, input, ...chart }) => {
      const [start] = initialTransition(machine, input);
      for (const { state, steps } of chart.shortestPaths()) {
        const end = steps.reduce((at: AnyMachineSnapshot, step) => transition(machine, at, step)[0], start);
        expect(placeOf(end)).toBe(state);
      }
    },
  );

  it("has readable names", () => {
    const connection = model.charts.find(({ id }) => id === "connection");
    const waiting = connection?.shortestPaths().find(({ state }) => state.includes("waiting.counting"));
    expect(waiting?.events).toEqual(["connection.opened (new)", "connection.closed (retryable)", "retry.granted"]);
  });
});

describe("lifecycleModel: run against a transport", () => {
  it("finds nothing where nothing is wrong", { timeout: 120_000 }, async () => {
    await model.check(harness, { runs: 20, seed: 1 });
  });

  it.each(Object.entries(ours))("finds nothing in %s", { timeout: 120_000 }, async (_, make) => {
    await model.check(make, { runs: 8, seed: 2 });
  });

  it("shrinks what is wrong to the steps that matter", { timeout: 120_000 }, async () => {
    const found = await model
      .check(harness, {
        runs: 100,
        seed: 1,
        invariants: { "it is never connecting": ({ transport }) => transport.state !== "connecting" },
      })
      .then(
        () => "nothing",
        (error: unknown) => String(error),
      );
    expect(found).toContain("Broken: it is never connecting");
    expect(found).toMatch(/Counterexample: \[app: connect\(\)[^,]*\]/);
  });

  it("finds a microphone that is not given back", { timeout: 120_000 }, async () => {
    const leaky = (): ConformanceHarness => {
      const made = scriptedHarness({ logger: silent });
      made.transport.media.microphone.close = () => undefined;
      return made;
    };
    await expect(model.check(leaky, { runs: 100, seed: 1 })).rejects.toThrow("the microphone");
  });

  it("finds a connection whose loss nobody is told of", { timeout: 120_000 }, async () => {
    class Deaf extends RealTimeWebsocketTransport {
      initializeLLM(): void {}
      attachLLMListeners(): void {}
      connectLLM(): Promise<void> {
        const { signal } = this.attempt;
        return new Promise((resolve, reject) => {
          const socket = new WebSocket("ws://deaf.test");
          signal.addEventListener("abort", () => socket.close(), { once: true });
          socket.onopen = () => resolve();
          socket.onclose = () => reject(new Error("closed"));
        });
      }
      disconnectLLM(): Promise<void> {
        return Promise.resolve();
      }
      handleUserAudioStream(): void {}
      sendMessage(): void {}
      sendReadyMessage(): Promise<void> {
        this.serviceReady();
        return Promise.resolve();
      }
    }
    const deaf = (): ConformanceHarness =>
      socketHarness({ transport: ({ media, options }) => new Deaf({}, media, options) });
    await expect(model.check(deaf, { runs: 100, seed: 1 })).rejects.toThrow("Broken: no session without a connection");
  });

  it("takes commands of one's own", { timeout: 120_000 }, async () => {
    let said = 0;
    await model.check(harness, { runs: 10, seed: 1, commands: { "service: speaks": () => (said += 1) } });
    expect(said).toBeGreaterThan(0);
  });
});
