import type { BotReadyData } from "@pipecat-ai/client-js";
import type { Suite } from "./bench.js";
import { holds, rejects, same, settles } from "./check.js";

export const CONNECTED = ["connecting", "connected", "onConnected", "ready"];
export const READY = [...CONNECTED, "onBotReady"];
export const INITIALIZED = ["initializing", "initialized"];

/** What an app sees of `connect()`. */
export function connectCases({ describe, it }: Suite): void {
  describe("connect()", () => {
    it("asks for devices, connects, and resolves with bot-ready", async (bench) => {
      const data: BotReadyData = await settles(bench.client.connect(), "connect()");
      holds(typeof data.version === "string", "bot-ready should carry the protocol's version");
      same(bench.take(), [...INITIALIZED, ...READY], "what the app saw");
      same(bench.client.connected, true, "client.connected");
    });

    it("does not ask for devices again after initDevices()", async (bench) => {
      await settles(bench.client.initDevices(), "initDevices()");
      bench.take();
      await settles(bench.client.connect(), "connect()");
      same(bench.take(), READY, "what the app saw");
    });

    it(
      "does not ask for devices when the app wants no microphone",
      async (bench) => {
        await settles(bench.client.connect(), "connect()");
        same(bench.take(), READY, "what the app saw");
        same(bench.client.isMicEnabled, false, "isMicEnabled");
      },
      { enableMic: false },
    );

    it("is refused by the client during a session, which goes on", async (bench) => {
      await bench.ready();
      await rejects(
        Promise.resolve().then(() => bench.client.connect()),
        "connect() during a session",
      );
      same(bench.take(), [], "what the app saw");
      same(bench.state, "ready", "the state");
    });

    it("shares the session where it still reaches the transport during one, and that goes on", async (bench) => {
      await bench.ready();
      await settles(bench.harness.transport.connect(), "the transport's connect() during a session");
      same(bench.take(), [], "what the app saw");
      same(bench.state, "ready", "the state");
    });

    it("works again and again on one instance", async (bench) => {
      await bench.ready();
      for (let round = 0; round < 5; round += 1) {
        await bench.disconnect();
        bench.checkSettled();
        same(bench.take(), ["disconnecting", "disconnected", "onDisconnected"], "the end");
        await settles(bench.client.connect(), "connect()");
        same(bench.take(), READY, "the next session");
      }
    });

    it("waits for a disconnect() that is under way", async (bench) => {
      await bench.ready();
      bench.harness.service.close("hang");
      const ending = bench.client.disconnect();
      await bench.closing();
      const connecting = bench.client.connect();
      const first = bench.take();
      if (bench.harness.closes !== "at once") same(first, ["disconnecting"], "what the app saw first");
      await bench.harness.elapse(bench.harness.deadlines.disconnect + 1);
      await settles(ending, "disconnect()");
      await settles(connecting, "connect()");
      const all = ["disconnecting", "disconnected", "onDisconnected", ...READY];
      same(bench.take(), all.slice(first.length), "what the app saw then");
    });
  });
}
