import { RTVIMessage, RTVIMessageType } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { RealTimeWebsocketTransport } from "../../../src/compat/real-time-websocket-transport.js";
import { ConnectionLostError } from "../../../src/errors.js";
import { ManualClock, ScriptedMediaManager } from "../../../src/testing/index.js";
import { drain, silent } from "../../../packages/testkit/src/worlds/surroundings.js";

/** A subclass that is ready at once. */
class Subclass extends RealTimeWebsocketTransport {
  initializeLLM(): void {}
  attachLLMListeners(): void {}
  connectLLM(): Promise<void> {
    return Promise.resolve();
  }
  disconnectLLM(): Promise<void> {
    return Promise.resolve();
  }
  handleUserAudioStream(): void {}
  sendMessage(): void {}
  sendReadyMessage(): Promise<void> {
    this.state = "ready";
    this._onMessage(new RTVIMessage(RTVIMessageType.BOT_READY, { version: "1.0.0" }));
    return Promise.resolve();
  }

  lose(): void {
    this.connectionLost(new ConnectionLostError("lost", { retryable: true }));
  }

  /** How many promises of this transport wait for a state. */
  get waiting(): number {
    return this._core.attempts.promises.waiting;
  }
}

describe("a subclass of Pipecat's base", () => {
  it("reconnect: fifty of them leave no promise waiting", async () => {
    const clock = new ManualClock();
    const transport = new Subclass({}, new ScriptedMediaManager(), { clock, random: () => 0.5, logger: silent });
    transport.initialize({ transport, enableMic: false }, () => undefined);
    await transport.connect();
    await transport.sendReadyMessage();
    await drain();
    const { waiting } = transport;
    for (let count = 0; count < 50; count += 1) {
      transport.lose();
      await drain();
      expect(transport.state).toBe("connecting");
      for (let step = 0; step < 20 && clock.pending > 0; step += 1) {
        clock.advance(100);
        await drain();
        if (transport.state === "ready") break;
      }
      expect(transport.state).toBe("ready");
      // Long enough for the reconnects before to be forgotten.
      clock.advance(10_000);
    }
    await drain();
    expect(transport.waiting).toBe(waiting);
    await transport.disconnect();
    expect(transport.waiting).toBe(0);
  });
});
