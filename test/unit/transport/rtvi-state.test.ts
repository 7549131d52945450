import { createActor } from "xstate";
import { describe, expect, it } from "vitest";
import { microphoneMachine } from "../../../machines/index.js";
import { rtviStateOf } from "../../../src/transport/rtvi-state.js";
import { ScriptedTransport } from "../../../src/testing/index.js";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";

describe("RTVI state: rtviStateOf()", () => {
  it("is that of the session's snapshot", async () => {
    const transport = new ScriptedTransport({ logger: silent });
    transport.initialize({ transport }, () => undefined);
    expect(rtviStateOf(transport.actor.getSnapshot())).toBe("disconnected");
    await transport.connect();
    await drain();
    expect(rtviStateOf(transport.actor.getSnapshot())).toBe("ready");
    await transport.disconnect();
  });

  it("a snapshot of another chart has none, and is refused", () => {
    const other = createActor(microphoneMachine, { input: { muted: false } }).getSnapshot();
    expect(() => rtviStateOf(other as never)).toThrow("carries no RTVI tag");
  });
});
