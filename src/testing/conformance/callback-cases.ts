import type { Suite } from "./bench.js";
import { INITIALIZED, READY } from "./connect-cases.js";
import { rejects, same, settles } from "./check.js";

const MOMENTS = [...INITIALIZED, ...READY, "onError", "disconnecting", "disconnected", "onDisconnected"];
const SESSION_END = ["disconnecting", "disconnected", "onDisconnected"];

/** What callbacks may do: everything, and the app sees the same. */
export function callbackCases({ describe, it }: Suite): void {
  describe("an app whose callbacks throw", () => {
    it("sees what any other sees", async (bench) => {
      for (const moment of MOMENTS) {
        bench.reactions.set(moment, () => {
          throw new Error(`scripted: ${moment} throws`);
        });
      }
      await settles(bench.client.connect(), "connect()");
      await bench.disconnect();
      same(bench.take(), [...INITIALIZED, ...READY, ...SESSION_END], "what the app saw");
    });
  });

  describe("an app that acts inside its callbacks", () => {
    it("may disconnect as soon as it is connecting", async (bench) => {
      bench.reactions.set("connecting", () => void bench.client.disconnect());
      await rejects(bench.client.connect(), "connect()");
      await bench.until("disconnected");
      same(bench.take(), [...INITIALIZED, "connecting", ...SESSION_END], "what the app saw");
    });

    it("may disconnect in onConnected", async (bench) => {
      bench.reactions.set("onConnected", () => void bench.client.disconnect());
      await rejects(bench.client.connect(), "connect()");
      await bench.until("disconnected");
      const seen = bench.take().filter((name) => name !== "ready");
      same(seen, [...INITIALIZED, "connecting", "connected", "onConnected", ...SESSION_END], "what the app saw");
    });

    it("may connect again in onDisconnected", async (bench) => {
      await bench.ready();
      let again: Promise<unknown> | undefined;
      bench.reactions.set("onDisconnected", () => {
        again = bench.client.connect();
      });
      await bench.disconnect();
      await settles(Promise.resolve(again), "the next connect()");
      same(bench.take(), [...SESSION_END, ...READY], "what the app saw");
    });

    it("may connect again when it hears that it is disconnected, before onDisconnected", async (bench) => {
      await bench.ready();
      let again: Promise<unknown> | undefined;
      bench.reactions.set("disconnected", () => {
        again = bench.client.connect();
      });
      await bench.disconnect();
      await settles(Promise.resolve(again), "the next connect()");
      same(bench.take(), [...SESSION_END, ...READY], "what the app saw");
    });

    it("may disconnect and connect in one breath", async (bench) => {
      await bench.ready();
      let again: Promise<unknown> | undefined;
      bench.reactions.set("onError", () => {
        void bench.client.disconnect();
        const { transport } = bench.harness;
        again = transport.connect().then(() => transport.sendReadyMessage());
      });
      bench.harness.service.drop("retryable");
      await bench.until("disconnected");
      await settles(Promise.resolve(again), "the next connect()");
      await bench.until("ready");
      same(bench.take(), ["onError", "connecting", ...SESSION_END, ...READY], "what the app saw");
    });

    it("may ask for devices when it is initialized", async (bench) => {
      let again: Promise<unknown> | undefined;
      bench.reactions.set("initialized", () => {
        again = bench.client.initDevices();
      });
      await settles(bench.client.initDevices(), "initDevices()");
      await settles(Promise.resolve(again), "initDevices() in the callback");
      await bench.until("initialized");
    });
  });
}
