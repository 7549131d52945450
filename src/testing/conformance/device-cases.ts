import type { Suite } from "./bench.js";
import { INITIALIZED, READY } from "./connect-cases.js";
import { same, settles } from "./check.js";

/** What an app sees of `initDevices()` and of a microphone that is refused. */
export function deviceCases({ describe, it }: Suite): void {
  describe("initDevices()", () => {
    it("asks for the microphone", async (bench) => {
      await settles(bench.client.initDevices(), "initDevices()");
      same(bench.take(), INITIALIZED, "what the app saw");
      same(bench.client.mediaState.mic, { state: "granted" }, "mediaState.mic");
    });

    it("twice at once is one", async (bench) => {
      await settles(Promise.all([bench.client.initDevices(), bench.client.initDevices()]), "initDevices()");
      same(bench.take(), INITIALIZED, "what the app saw");
    });

    it("goes the same way again later", async (bench) => {
      await settles(bench.client.initDevices(), "initDevices()");
      await settles(bench.client.initDevices(), "initDevices() again");
      same(bench.take(), [...INITIALIZED, ...INITIALIZED], "what the app saw");
    });

    it("touches the microphone only, never the state, during a session", async (bench) => {
      await bench.ready();
      await settles(bench.client.initDevices(), "initDevices()");
      same(bench.take(), [], "what the app saw");
      same(bench.client.mediaState.mic, { state: "granted" }, "mediaState.mic");
    });

    it("settles when disconnect() comes before the user's answer", async (bench) => {
      bench.harness.microphone.answer("wait");
      const asking = bench.client.initDevices();
      await bench.until("initializing");
      await bench.disconnect();
      await settles(asking, "initDevices()");
      same(bench.take(), ["initializing", "disconnected", "onDisconnected"], "what the app saw");
      bench.checkSettled();
    });
  });

  describe("a microphone that is refused", () => {
    it("is an onDeviceError with its class, before initialized", async (bench) => {
      bench.harness.microphone.answer("deny");
      await settles(bench.client.initDevices(), "initDevices()");
      same(bench.take(), ["initializing", "onDeviceError", "initialized"], "what the app saw");
      same(
        bench.deviceErrors.map(({ type, devices }) => ({ type, devices })),
        [{ type: "permissions", devices: ["mic"] }],
        "the errors",
      );
      same(bench.client.mediaState.mic.state, "error", "mediaState.mic");
    });

    it("leaves the session usable", async (bench) => {
      bench.harness.microphone.answer("deny");
      await settles(bench.client.connect(), "connect()");
      same(bench.take(), ["initializing", "onDeviceError", "initialized", ...READY], "what the app saw");
      same(bench.client.isMicEnabled, false, "isMicEnabled");
    });

    it("is asked again by initDevices()", async (bench) => {
      bench.harness.microphone.answer("deny");
      await settles(bench.client.initDevices(), "initDevices()");
      bench.take();
      bench.harness.microphone.answer("allow");
      await settles(bench.client.initDevices(), "initDevices() again");
      same(bench.take(), INITIALIZED, "what the app saw");
      same(bench.client.mediaState.mic, { state: "granted" }, "mediaState.mic");
    });
  });
}
