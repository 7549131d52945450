import { describe, expect, it, vi } from "vitest";
import { SeedTransport } from "../../../packages/testkit/src/worlds/seed-transport.js";
import { drain, silent, World } from "../../../packages/testkit/src/worlds/world.js";
import type { Effect } from "../../../src/contracts/dialogue.js";
import type { TurnFact } from "../../../src/contracts/turns.js";
import type { TransportOptions } from "../../../src/options.js";
import { ManualClock, ScriptedMediaManager } from "../../../src/testing/index.js";

/** A session that is ready, and what its dialogue is told that comes of no message. */
async function listening(options: TransportOptions = {}) {
  const world = new World(true, options);
  world.connect();
  await drain();
  const dialogue = world.transport.service.current!;
  const heard: unknown[] = [];
  const lulled = (): Effect[] => {
    heard.push("lulled");
    return [];
  };
  Object.assign(dialogue, { lulled });
  vi.spyOn(dialogue, "command").mockImplementation((command) => {
    heard.push(command);
    return [];
  });
  const tell = (...facts: readonly TurnFact[]): void => {
    world.transport.service.perform(...facts.map((fact): Effect => ({ type: "tell", fact })));
  };
  return { world, heard, tell };
}

describe("turns: what the chart says by itself", () => {
  it("is for a function call that is overdue that the dialogue fails it, and nothing else", async () => {
    const { world, heard, tell } = await listening({ functionCallTimeout: 1_000 });
    tell({ type: "tools.called" }, { type: "call.began", call: 1 });
    world.clock.advance(1_000);
    await drain();
    expect(heard).toMatchObject([{ type: "fail-call", call: 1 }]);
    await world.release();
  });

  it("is for a user who is silent for long that the dialogue ends their turn, and nothing else", async () => {
    const { world, heard, tell } = await listening({ timeouts: { lull: 500 } });
    tell({ type: "user.started", inferred: true });
    world.clock.advance(500);
    await drain();
    expect(heard).toEqual(["lulled"]);
    expect(world.log.slice(-2)).toEqual(["user-started-speaking", "user-stopped-speaking"]);
    await world.release();
  });
});

describe("turns: bot-ready", () => {
  it("is not ours to deliver where the service says it itself", async () => {
    const world = new World();
    world.transport.script.ready = "never";
    world.connect();
    await drain();
    world.transport.service.perform(
      { type: "ready", continuity: "fresh", botReady: "delivered" },
      { type: "tell", fact: { type: "bot.ready" } },
    );
    await drain();
    expect(world.transport.state).toBe("ready");
    expect(world.log).not.toContain("bot-ready");
    await world.release();
  });

  it("is handed on once of a subclass that says it twice", async () => {
    const told: string[] = [];
    const options = { clock: new ManualClock(), logger: silent };
    class Repeating extends SeedTransport {
      repeats(): void {
        this.deliver("bot-ready", { version: "1.0.0" });
      }
    }
    const transport = new Repeating({}, new ScriptedMediaManager(), options);
    transport.initialize({ transport }, ({ type }) => void told.push(type));
    await transport.connect();
    await transport.sendReadyMessage();
    transport.repeats();
    await drain();
    expect(told).toEqual(["bot-ready"]);
    await transport.disconnect();
  });
});
