import { describe, expect, it, vi } from "vitest";
import { SeedTransport } from "../../../packages/testkit/src/worlds/seed-transport.js";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";
import { ManualClock, ScriptedMediaManager, ScriptedTransport } from "../../../src/testing/index.js";

/** A transport, and what it warns of. */
function make(media = new ScriptedMediaManager()) {
  const warnings: string[] = [];
  const logger = { ...silent, warn: (message: string) => void warnings.push(message) };
  return { transport: new ScriptedTransport({ clock: new ManualClock(), logger }, undefined, media), warnings };
}

describe("transport: a second client while the first one has it", () => {
  it("leaves the way of messages as the first one's subclass has laid it", async () => {
    class Announcing extends SeedTransport {
      announce(): void {
        this.deliver("bot-ready", { version: "1.0.0" });
      }
    }
    const transport = new Announcing({}, new ScriptedMediaManager(), { clock: new ManualClock(), logger: silent });
    transport.initialize({ transport }, () => undefined);
    await transport.connect();
    transport.initialize({ transport }, () => undefined);
    // A subclass that hands out bot-ready has said that its service is ready.
    transport.announce();
    await drain();
    expect(transport.state).toBe("ready");
    await transport.disconnect();
  });
});

describe("transport: the log of what an app does", () => {
  it("names what enableMic() took for a boolean, and says nothing of a boolean", () => {
    const { transport, warnings } = make();
    transport.enableMic(false);
    transport.enableMic(true);
    expect(warnings).toEqual([]);
    transport.enableMic("false" as never);
    expect(warnings).toEqual([expect.stringContaining("takes a boolean, not a string: it was taken for true")]);
  });

  it("names what the manager cannot do, and not what has failed", () => {
    const media = new ScriptedMediaManager();
    const { transport, warnings } = make(media);
    expect(() => transport.enableCam(true)).toThrow("enableCam");
    expect(warnings).toEqual([expect.stringContaining("not supported: ")]);
    vi.spyOn(media, "enableScreenShare").mockImplementation(() => {
      throw new TypeError("no window");
    });
    expect(() => transport.enableScreenShare(true)).toThrow("no window");
    expect(warnings).toHaveLength(1);
  });
});
