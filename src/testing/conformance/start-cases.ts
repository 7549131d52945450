import type { Suite } from "./bench.js";
import { INITIALIZED, READY } from "./connect-cases.js";
import { rejects, same, settles } from "./check.js";

const BOT = { endpoint: "http://127.0.0.1:9/start" };

/** Answers the client's request to start a bot, which it makes with the global `fetch`. */
async function whileStarting<T>(answer: () => Promise<Response>, run: () => Promise<T>): Promise<T> {
  const { fetch } = globalThis;
  globalThis.fetch = answer;
  try {
    return await run();
  } finally {
    globalThis.fetch = fetch;
  }
}

const started = (): Promise<Response> => Promise.resolve(new Response("{}", { status: 200 }));

/** What an app sees of `startBot()`, during which the client writes the transport's state. */
export function startCases({ describe, it }: Suite): void {
  describe("startBotAndConnect()", () => {
    it("goes through authenticating and authenticated", async (bench) => {
      await whileStarting(started, () => settles(bench.client.startBotAndConnect(BOT), "startBotAndConnect()"));
      same(
        bench.take(),
        [...INITIALIZED, "authenticating", "authenticated", "onBotStarted", ...READY],
        "what the app saw",
      );
    });

    it("that fails leaves an instance that connects", async (bench) => {
      const refused = (): Promise<Response> => Promise.reject(new Error("scripted: no such host"));
      await whileStarting(refused, () => rejects(bench.client.startBotAndConnect(BOT), "startBotAndConnect()"));
      await bench.until("disconnected");
      same(
        bench.take(),
        [...INITIALIZED, "authenticating", "onError (fatal)", "disconnected", "onDisconnected"],
        "what the app saw",
      );
      await settles(bench.client.connect(), "connect()");
      same(bench.take(), READY, "the next session");
    });

    it("is cancelled by disconnect(), although the client goes on to connect", async (bench) => {
      let respond: (response: Response) => void = () => undefined;
      const later = (): Promise<Response> =>
        new Promise((resolve) => {
          respond = resolve;
        });
      await whileStarting(later, async () => {
        const starting = bench.client.startBotAndConnect(BOT);
        starting.catch(() => undefined);
        await bench.until("authenticating");
        await bench.disconnect();
        respond(await started());
        await rejects(starting, "startBotAndConnect()");
      });
      const seen = [...INITIALIZED, "authenticating", "disconnected", "onDisconnected"];
      same(bench.take(), seen, "what the app saw");
      bench.checkSettled();
      await settles(bench.client.connect(), "connect()");
      same(bench.take(), READY, "the next session");
    });
  });

  describe("startBotAndConnect() whose way to the bot is cut", () => {
    it("while it asks for devices, connects to nothing", async (bench) => {
      bench.harness.microphone.answer("wait");
      await whileStarting(started, async () => {
        const starting = bench.client.startBotAndConnect(BOT);
        starting.catch(() => undefined);
        await bench.until("initializing");
        await bench.disconnect();
        await rejects(starting, "startBotAndConnect()");
      });
      const seen = ["initializing", "disconnected", "onDisconnected"];
      same(bench.take(), seen, "what the app saw");
      bench.checkSettled();
      bench.harness.microphone.answer("allow");
      await settles(bench.client.connect(), "connect()");
      same(bench.take(), [...INITIALIZED, ...READY], "the next session");
    });
  });

  describe("startBot()", () => {
    it("that was abandoned does not keep a later connect() from connecting", async (bench) => {
      let respond: (response: Response) => void = () => undefined;
      const later = (): Promise<Response> =>
        new Promise((resolve) => {
          respond = resolve;
        });
      await whileStarting(later, async () => {
        const starting = bench.client.startBot(BOT);
        starting.catch(() => undefined);
        await bench.until("authenticating");
        await bench.disconnect();
        respond(await started());
        same((await rejects(starting, "startBot()")).name, "ConnectionAbortedError", "why startBot() failed");
      });
      await bench.harness.elapse(1);
      bench.take();
      await settles(bench.client.connect(), "connect()");
      same(bench.take(), READY, "the next session");
    });
  });

  describe("transport.state", () => {
    for (const state of ["disconnected", "initialized", "connecting", "connected", "disconnecting"] as const) {
      it(`does not take "${state}" from outside`, async (bench) => {
        await bench.ready();
        bench.harness.transport.state = state;
        same([bench.state, ...bench.take()], ["ready"], "the state, and what the app saw");
      });
    }
  });
}
