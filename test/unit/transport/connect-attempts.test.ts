import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";
import { ServiceError } from "../../../src/errors.js";
import { ManualClock, ScriptedMediaManager, ScriptedTransport } from "../../../src/testing/index.js";

const TRANSPORT = "Another PipecatClient uses this transport";
const MANAGER = "Another transport uses this MediaManager";

/** A transport, and what it logs as failures of its app. */
function make(media = new ScriptedMediaManager()) {
  const failures: string[] = [];
  const logger = { ...silent, error: (message: string) => void failures.push(message) };
  return { transport: new ScriptedTransport({ clock: new ManualClock(), logger }, undefined, media), failures };
}

/** As a client does it that wants a microphone and no camera. */
function adopt(transport: ScriptedTransport, callbacks: RTVIEventCallbacks = {}): void {
  transport.initialize({ transport, enableMic: true, enableCam: false, callbacks }, () => undefined);
}

/** Looks at the state, as a client does in the run in which it begins an attempt, and calls. */
function beginning<Result>(transport: ScriptedTransport, call: () => Result): Result {
  expect(transport.state).toBeDefined();
  return call();
}

/** A transport whose client has a microphone and no session yet, and a second client that wants it. */
async function contested() {
  const { transport } = make();
  adopt(transport);
  await transport.initDevices();
  adopt(transport);
  return transport;
}

describe("connect attempts: on a transport that another client uses", () => {
  it("connect() is refused, and the other keeps what it has", async () => {
    const transport = await contested();
    await expect(beginning(transport, () => transport.connect())).rejects.toThrow(TRANSPORT);
    await drain();
    expect([transport.state, transport.service.attempts, transport.media.microphone.held]).toEqual([
      "initialized",
      0,
      1,
    ]);
    await transport.disconnect();
  });

  it("a bot is not started", async () => {
    const transport = await contested();
    const start = () => void (transport.state = "authenticating");
    expect(() => beginning(transport, start)).toThrow(TRANSPORT);
    expect(transport.state).toBe("initialized");
    await transport.disconnect();
  });

  it("initDevices() is refused", async () => {
    const transport = await contested();
    await expect(transport.initDevices()).rejects.toThrow(TRANSPORT);
    await transport.disconnect();
  });
});

describe("connect attempts: with a media manager that another transport uses", () => {
  it("one that was refused is over, and the next call is not taken for it", async () => {
    const media = new ScriptedMediaManager();
    const [one, two] = [make(media).transport, make(media).transport];
    adopt(one);
    adopt(two);
    await one.initDevices();
    // The client's connect() asks for devices first, and goes on whatever becomes of them.
    await beginning(two, () => two.initDevices());
    await expect(two.connect()).rejects.toThrow(MANAGER);
    await one.disconnect();
    // By now nothing is waited for that the client might still call.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await drain();
    await two.connect();
    await drain();
    expect(two.state).toBe("ready");
    await two.disconnect();
  });
});

describe("connect attempts: the microphone that a client is told of", () => {
  it("is named once for each initDevices(), also where it was held before", async () => {
    const { transport } = make();
    const named: string[] = [];
    adopt(transport, { onMicUpdated: ({ deviceId }) => void named.push(deviceId) });
    await transport.initDevices();
    expect(named).toEqual(["scripted-mic"]);
    await transport.initDevices();
    expect(named).toEqual(["scripted-mic", "scripted-mic"]);
    await transport.disconnect();
  });
});

describe("connect attempts: a client without onError", () => {
  it("gets none from us, and an error that nobody hears is no failure of the app", async () => {
    const { transport, failures } = make();
    const callbacks: RTVIEventCallbacks = {};
    adopt(transport, callbacks);
    await transport.connect();
    transport.service.perform({ type: "report", error: new ServiceError("trouble") });
    expect([callbacks, failures]).toEqual([{}, []]);
    await transport.disconnect();
  });
});
