import type { Transport } from "@pipecat-ai/client-js";
import { describe, expectTypeOf, it } from "vitest";
import type { Clock } from "../../src/index.js";
import {
  ManualClock,
  ScriptedTransport,
  transportConformance,
  type ConformanceHarness,
  type ConformanceRunner,
} from "../../src/testing/index.js";

declare const someTransport: Transport;

describe("the test kit", () => {
  it("takes Vitest as its runner, and any transport of client-js", () => {
    expectTypeOf({ describe, it }).toExtend<ConformanceRunner>();
    const harness = {
      transport: someTransport,
      service: { connect: () => undefined, ready: () => undefined, close: () => undefined, drop: () => undefined },
      microphone: { answer: () => undefined },
      deadlines: { connect: 1, ready: 1, disconnect: 1, reconnect: 1 },
      elapse: () => Promise.resolve(),
      leftovers: () => [],
    } satisfies ConformanceHarness;
    expectTypeOf(transportConformance).parameter(0).toExtend<() => unknown>();
    expectTypeOf(() => harness).toExtend<Parameters<typeof transportConformance>[0]>();
  });

  it("has a clock that goes where transports take one", () => {
    expectTypeOf<ManualClock>().toExtend<Clock>();
    new ScriptedTransport({ clock: new ManualClock() });
  });
});
