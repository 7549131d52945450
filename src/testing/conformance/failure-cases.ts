import type { Suite } from "./bench.js";
import { CONNECTED, INITIALIZED, READY } from "./connect-cases.js";
import { rejects, same, settles } from "./check.js";

/** A fatal error makes the client disconnect. */
const FAILED = ["error", "onError (fatal)", "disconnected", "onDisconnected"];

/** What an app sees of a session that fails, and that the same instance connects afterwards. */
export function failureCases(suite: Suite): void {
  beforeReady(suite);
  afterReady(suite);
}

function beforeReady({ describe, it }: Suite): void {
  describe("a session that never becomes ready", () => {
    it("because the connection is refused: connect() rejects", async (bench) => {
      bench.harness.service.connect("refuse");
      await rejects(bench.client.connect(), "connect()");
      await bench.until("disconnected");
      same(bench.take(), [...INITIALIZED, "connecting", ...FAILED], "what the app saw");
      bench.checkSettled();
      bench.harness.service.connect("open");
      await settles(bench.client.connect(), "the next connect()");
      same(bench.take(), READY, "the next session");
    });

    it("because the connection never opens: connect() rejects at its deadline", async (bench) => {
      const { connect } = await bench.onTheWay("connecting");
      await bench.harness.elapse(bench.harness.deadlines.connect + 1);
      await rejects(connect, "connect()");
      await bench.until("disconnected");
      same(bench.take(), FAILED, "what the app saw");
      bench.checkSettled();
    });

    it("because the connection is lost while it opens: connect() rejects", async (bench) => {
      const { connect } = await bench.onTheWay("connecting");
      bench.harness.service.drop("final");
      await rejects(connect, "connect()");
      await bench.until("disconnected");
      same(bench.take(), FAILED, "what the app saw");
      bench.checkSettled();
    });

    it("because the service never says so: connect() rejects at its deadline", async (bench) => {
      const { connect } = await bench.onTheWay("connected");
      bench.take();
      await bench.harness.elapse(bench.harness.deadlines.ready + 1);
      await rejects(connect, "connect()");
      await bench.until("disconnected");
      same(bench.take(), FAILED, "what the app saw");
      bench.checkSettled();
      bench.harness.service.ready("at once");
      await settles(bench.client.connect(), "the next connect()");
      same(bench.take(), READY, "the next session");
    });

    it("because the connection is lost for good while connected: connect() rejects", async (bench) => {
      const { connect } = await bench.onTheWay("connected");
      bench.harness.service.drop("final");
      await rejects(connect, "connect()");
      await bench.until("disconnected");
      same(bench.take().slice(-FAILED.length), FAILED, "what the app saw");
      bench.checkSettled();
    });
  });

  describe("a connection that is lost while connected", () => {
    it("is reconnected, and connect() resolves when the service is ready", async (bench) => {
      const { connect } = await bench.onTheWay("connected");
      bench.harness.service.ready("at once");
      bench.take();
      bench.harness.service.drop("retryable");
      await bench.until("connecting");
      await bench.harness.elapse(bench.harness.deadlines.reconnect);
      await settles(connect, "connect()");
      same(bench.take(), ["onError", "connecting", "connected", "ready", "onBotReady"], "what the app saw");
    });
  });
}

function afterReady({ describe, it }: Suite): void {
  describe("a connection that is lost while ready", () => {
    it("is reconnected, without a second onConnected; a bot that is new says so", async (bench) => {
      await bench.ready();
      bench.harness.service.drop("retryable");
      await bench.until("connecting");
      same(bench.client.connected, false, "client.connected meanwhile");
      await bench.harness.elapse(bench.harness.deadlines.reconnect);
      await bench.until("ready");
      await bench.harness.elapse(1);
      const { continuity = "fresh" } = bench.harness;
      const botReady = continuity === "fresh" ? ["onBotReady"] : [];
      same(bench.take(), ["onError", "connecting", "connected", "ready", ...botReady], "what the app saw");
    });

    it("ends the session when no reconnect helps", async (bench) => {
      await bench.ready();
      bench.harness.service.connect("refuse");
      bench.harness.service.drop("retryable");
      await bench.until("connecting");
      await bench.harness.elapse(bench.harness.deadlines.reconnect);
      await bench.until("disconnected");
      same(bench.take(), ["onError", "connecting", ...FAILED], "what the app saw");
      bench.checkSettled();
    });

    it("ends the session when it is lost for good", async (bench) => {
      await bench.ready();
      bench.harness.service.drop("final");
      await bench.until("disconnected");
      same(bench.take(), FAILED, "what the app saw");
      bench.checkSettled();
      await settles(bench.client.connect(), "the next connect()");
      same(bench.take(), [...CONNECTED, "onBotReady"], "the next session");
    });
  });
}
