import type { Bench, Suite } from "./bench.js";
import { READY } from "./connect-cases.js";
import { rejects, same, settles } from "./check.js";

const IDLE_END = ["disconnected", "onDisconnected"];
const SESSION_END = ["disconnecting", ...IDLE_END];

interface Start {
  readonly from: string;
  /** Goes there; what was asked on the way and must settle. */
  readonly go: (bench: Bench) => Promise<{ readonly connect?: Promise<unknown> }>;
  readonly end: readonly string[];
}

const STARTS: readonly Start[] = [
  { from: "disconnected", go: () => Promise.resolve({}), end: [] },
  {
    from: "initializing",
    go: async (bench) => {
      bench.harness.microphone.answer("wait");
      const connect = bench.client.connect();
      await bench.until("initializing");
      bench.take();
      return { connect };
    },
    end: IDLE_END,
  },
  {
    from: "initialized",
    go: async (bench) => {
      await settles(bench.client.initDevices(), "initDevices()");
      bench.take();
      return {};
    },
    end: IDLE_END,
  },
  { from: "connecting", go: (bench) => bench.onTheWay("connecting"), end: SESSION_END },
  { from: "connected", go: (bench) => bench.onTheWay("connected"), end: SESSION_END },
  {
    from: "ready",
    go: async (bench) => {
      await bench.ready();
      return {};
    },
    end: SESSION_END,
  },
  {
    from: "connecting again after a loss",
    go: async (bench) => {
      await bench.ready();
      bench.harness.service.connect("hang");
      bench.harness.service.drop("retryable");
      await bench.until("connecting");
      bench.take();
      return {};
    },
    end: SESSION_END,
  },
];

/** What an app sees of `disconnect()`, wherever it comes. */
export function disconnectCases({ describe, it }: Suite): void {
  describe("disconnect()", () => {
    for (const { from, go, end } of STARTS) {
      it(`from ${from} ends in disconnected with nothing held`, async (bench) => {
        const { connect } = await go(bench);
        await bench.disconnect();
        same(bench.take(), end, "what the app saw");
        bench.checkSettled();
        if (connect !== undefined) await rejects(connect, "connect()");

        // Nothing comes after it, and the instance is as good as new.
        await bench.harness.elapse(bench.harness.deadlines.reconnect);
        same(bench.take(), [], "what the app saw afterwards");
        bench.harness.service.connect("open");
        bench.harness.service.ready("at once");
        bench.harness.microphone.answer("allow");
        await settles(bench.client.connect(), "the next connect()");
        same(bench.take().slice(-READY.length), READY, "the next session");
      });
    }

    it("twice at once is one", async (bench) => {
      await bench.ready();
      await settles(Promise.all([bench.client.disconnect(), bench.client.disconnect()]), "disconnect()");
      same(bench.take(), SESSION_END, "what the app saw");
      await settles(bench.client.disconnect(), "disconnect() again");
      same(bench.take(), [], "what the app saw of the third");
    });

    it("does not wait longer than its deadline for the service's close", async (bench) => {
      await bench.ready();
      bench.harness.service.close("hang");
      const ending = bench.client.disconnect();
      await bench.closing();
      await bench.harness.elapse(bench.harness.deadlines.disconnect + 1);
      await settles(ending, "disconnect()");
      same(bench.take(), SESSION_END, "what the app saw");
      bench.checkSettled();
    });

    it("once more takes back a connect() that waits for the first to end", async (bench) => {
      await bench.ready();
      bench.harness.service.close("hang");
      const first = bench.client.disconnect();
      await bench.closing();
      const connecting = bench.client.connect();
      connecting.catch(() => undefined);
      const second = bench.client.disconnect();
      await bench.harness.elapse(bench.harness.deadlines.disconnect + 1);
      await settles(Promise.all([first, second]), "both calls of disconnect()");
      await rejects(connecting, "connect()");
      // Where there is nothing to wait for, the connect() has begun, and is ended like any other.
      const seen = bench.take();
      same(
        bench.harness.closes === "at once" ? seen.slice(-SESSION_END.length) : seen,
        SESSION_END,
        "what the app saw",
      );
      bench.checkSettled();
    });

    it("right after connect(), in the same breath, wins", async (bench) => {
      await settles(bench.client.initDevices(), "initDevices()");
      bench.take();
      const connect = bench.client.connect();
      const ending = bench.client.disconnect();
      await rejects(connect, "connect()");
      await settles(ending, "disconnect()");
      same(bench.take(), ["connecting", ...SESSION_END], "what the app saw");
    });
  });
}
