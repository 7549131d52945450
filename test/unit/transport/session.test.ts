import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from "vitest";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";
import { InternalError } from "../../../src/errors.js";
import { Downlink } from "../../../src/pipes/downlink.js";
import { Uplink } from "../../../src/pipes/uplink.js";
import { ManualClock, ScriptedTransport } from "../../../src/testing/index.js";

let warned: MockInstance<typeof console.warn>;

beforeEach(() => {
  // XState's, in development, of events for actors that a defect has killed.
  warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** An app that leaves a session alone which has failed. */
function start() {
  const transport = new ScriptedTransport({ clock: new ManualClock(), logger: silent });
  return { transport, told: adopt(transport) };
}

/** A client has the transport. Returns what its app hears. */
function adopt(transport: ScriptedTransport): string[] {
  const told: string[] = [];
  const callbacks = {
    onTransportStateChanged: (state: string) => void told.push(state),
    onBotDisconnected: () => void told.push("bot left"),
  };
  transport.initialize({ transport, callbacks }, ({ type }) => void told.push(type));
  return told;
}

/** The next time that audio is to be kept, the chart dies of it. */
function sabotage(): void {
  vi.spyOn(Uplink.prototype, "arm").mockImplementationOnce(() => {
    throw new Error("a defect");
  });
}

/** A session whose chart dies in the middle of it, while the bot speaks. */
async function crashed() {
  const { transport, told } = start();
  await transport.connect();
  await drain();
  transport.service.perform({ type: "tell", fact: { type: "voice.began" } });
  told.length = 0;
  sabotage();
  transport.service.dropped();
  await drain();
  return { transport, told };
}

describe("session: a defect of a chart", () => {
  it("stops whoever spoke, lets the bot go, and leaves the session in error", async () => {
    const { transport, told } = await crashed();
    expect(told).toEqual(["bot-stopped-speaking", "bot left", "error"]);
    expect(transport.state).toBe("error");
  });

  it("gives back at once what the session holds, also what the chart of a child held that died with it", async () => {
    const { transport } = start();
    await transport.connect();
    await transport.initDevices();
    await drain();
    const held = () => [transport.service.connections, transport.media.microphone.held, transport.media.speaker.isOpen];
    expect(held()).toEqual([1, 1, true]);
    vi.spyOn(Downlink.prototype, "flush").mockImplementationOnce(() => {
      throw new Error("a defect");
    });
    transport.actor.send({ type: "bot.interrupted" });
    expect(held()).toEqual([0, 0, false]);
  });

  it("is told of also where no session has begun yet", async () => {
    const { transport } = start();
    sabotage();
    await expect(transport.connect()).rejects.toBeInstanceOf(InternalError);
    await drain();
    expect(transport.state).toBe("error");
  });

  it("leaves the transport to the next client, although nobody has disconnected", async () => {
    const { transport, told } = await crashed();
    const before = told.length;
    const next = adopt(transport);
    await transport.connect();
    await drain();
    expect([next.at(-1), told.length]).toEqual(["ready", before]);
    await transport.disconnect();
  });

  it("sends what is left no facts after it, of which XState would warn", async () => {
    const { transport } = await crashed();
    await transport.disconnect();
    await drain();
    expect(transport.state).toBe("disconnected");
    expect(warned.mock.calls.flat().join("\n")).not.toContain("end.announced");
  });
});
