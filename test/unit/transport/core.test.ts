import { describe, expect, it } from "vitest";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";
import { ManualClock, ScriptedTransport } from "../../../src/testing/index.js";

const make = (): ScriptedTransport => new ScriptedTransport({ clock: new ManualClock(), logger: silent });

describe("core: a microphone that the app has muted before there was a client", () => {
  it("stays muted for the first one, and is as the next one wants it", () => {
    const transport = make();
    transport.enableMic(false);
    transport.initialize({ transport }, () => undefined);
    expect(transport.isMicEnabled).toBe(false);
    transport.initialize({ transport }, () => undefined);
    expect(transport.isMicEnabled).toBe(true);
  });
});

describe("core: bot-ready", () => {
  it("waits in the first session that is ready until the app asks for it", async () => {
    const transport = make();
    const told: string[] = [];
    transport.initialize({ transport }, ({ type }) => void told.push(type));
    await transport.connect();
    await drain();
    expect([transport.state, told]).toEqual(["ready", []]);
    await transport.sendReadyMessage();
    expect(told).toEqual(["bot-ready"]);
    await transport.disconnect();
  });
});
