import { PipecatClient, type Transport, type TransportState } from "@pipecat-ai/client-js";
import { describe, expectTypeOf, it } from "vitest";
import {
  ConnectionLostError,
  RtviMachineError,
  rtviStateOf,
  ServiceError,
  WebAudioMediaManager,
  type FaultCode,
  type MediaManager,
  type RealTimeWebsocketTransport,
  type Recovery,
  type RetryPolicy,
  type RtviTag,
  type TransportActor,
  type TransportOptions,
} from "../../src/index.js";
import { ManualClock } from "../../src/testing/index.js";

declare const transport: RealTimeWebsocketTransport;

describe("a transport, as an app uses it", () => {
  it("goes where client-js wants one", () => {
    expectTypeOf(transport).toExtend<Transport>();
    expectTypeOf(new PipecatClient({ transport, enableMic: true })).toEqualTypeOf<PipecatClient>();
  });

  it("shows its actor to selectors", () => {
    expectTypeOf(transport.actor).toEqualTypeOf<TransportActor>();
    expectTypeOf(rtviStateOf(transport.actor.getSnapshot())).toEqualTypeOf<RtviTag>();
    expectTypeOf(rtviStateOf).parameter(0).toEqualTypeOf(transport.actor.getSnapshot());
    transport.actor.on("connection.lost", ({ fault }) => {
      expectTypeOf(fault.code).toEqualTypeOf<FaultCode>();
    });
    transport.actor.getSnapshot().matches({ lifecycle: { session: { live: "ready" } } });
    // @ts-expect-error there is no such state
    transport.actor.getSnapshot().matches({ lifecycle: { session: "online" } });
    // @ts-expect-error there is no such event
    transport.actor.send({ type: "session.paused" });
  });

  it("has client-js's states, and every one of them", () => {
    expectTypeOf(transport.state).toEqualTypeOf<TransportState>();
    expectTypeOf<RtviTag>().toExtend<TransportState>();
    expectTypeOf<TransportState>().toExtend<RtviTag>();
  });

  it("answers with promises where client-js awaits", () => {
    expectTypeOf(transport.initDevices()).toEqualTypeOf<Promise<void>>();
    expectTypeOf(transport.connect()).toEqualTypeOf<Promise<void>>();
    expectTypeOf(transport.disconnect()).toEqualTypeOf<Promise<void>>();
    expectTypeOf(transport.sendReadyMessage()).toEqualTypeOf<Promise<void>>();
  });
});

describe("options", () => {
  it("are all optional, and numbers are in ms", () => {
    const options: TransportOptions = {
      inspect: (event) => {
        expectTypeOf(event.rootId).toBeString();
      },
      reconnect: { initial: true, base: 250, factor: 2, cap: 15_000, attempts: 6, budget: Infinity, minUptime: 5_000 },
      connectionParams: async ({ attempt, signal }) => {
        expectTypeOf(attempt).toBeNumber();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return Promise.resolve({});
      },
      onRecovered: (recovery) => {
        expectTypeOf(recovery).toEqualTypeOf<Recovery>();
        expectTypeOf(recovery.continuity).toEqualTypeOf<"fresh" | "resumed" | "replayed">();
        expectTypeOf(recovery.fault?.code).toEqualTypeOf<FaultCode | undefined>();
      },
      timeouts: { connect: 15_000, ready: 15_000, disconnect: 2_000 },
      audio: {},
      WebSocket: globalThis.WebSocket,
      logger: console,
      clock: new ManualClock(),
      random: Math.random,
      network: window,
      preRoll: 2_000,
    };
    expectTypeOf<Record<string, never>>().toExtend<TransportOptions>();
    expectTypeOf(options.reconnect).extract<false>().toEqualTypeOf<false>();
  });

  it("take a policy of the app's", () => {
    const policy: RetryPolicy = {
      nextDelay: ({ reconnect, fault }) => (reconnect > 3 ? null : (fault.retryAfterMs ?? 100)),
    };
    const reconnect: TransportOptions["reconnect"] = { policy };
    // @ts-expect-error the answer is needed at once
    const late: RetryPolicy = { nextDelay: () => Promise.resolve(1) };
    return [reconnect, late];
  });

  it("refuse what does not exist", () => {
    // @ts-expect-error it is `reconnect`
    const misspelt: TransportOptions = { reconnection: false };
    // @ts-expect-error only `false` turns it off
    const wrong: TransportOptions = { reconnect: true };
    // @ts-expect-error exactOptionalPropertyTypes: leave it out instead
    const absent: TransportOptions = { preRoll: undefined };
    return [misspelt, wrong, absent];
  });

  it("go with the default manager", () => {
    expectTypeOf<WebAudioMediaManager>().toExtend<MediaManager>();
    new WebAudioMediaManager({ workletUrl: "/worklets" });
  });
});

describe("errors", () => {
  it("are narrowed by class, and told apart by code", () => {
    const read = (error: unknown): string | number | undefined => {
      if (error instanceof ServiceError) return error.serviceCode;
      if (error instanceof ConnectionLostError) return error.closeCode;
      if (error instanceof RtviMachineError) {
        expectTypeOf(error.code).toEqualTypeOf<FaultCode>();
        expectTypeOf(error.retryable).toBeBoolean();
        expectTypeOf(error.cause).toBeUnknown();
        return error.status;
      }
      return undefined;
    };
    expectTypeOf(read).returns.toEqualTypeOf<string | number | undefined>();
    expectTypeOf<ConnectionLostError["code"]>().toEqualTypeOf<"connection-lost">();
  });

  it("have an abstract root", () => {
    // @ts-expect-error a kind has to be chosen
    new RtviMachineError("what?");
  });
});
