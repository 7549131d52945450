import type { Bench, Suite } from "./bench.js";
import { INITIALIZED, READY } from "./connect-cases.js";
import { holds, rejects, same, settles } from "./check.js";
import { Permissions, turns } from "./page.js";

const IDLE_END = ["disconnected", "onDisconnected"];
const SESSION_END = ["disconnecting", ...IDLE_END];
const BOT = { endpoint: "http://127.0.0.1:9/start" };

/** Answers the client's requests to start a bot; how many there were. */
async function whileStarting(run: (requests: () => number) => Promise<void>): Promise<void> {
  const { fetch } = globalThis;
  let requests = 0;
  globalThis.fetch = () => {
    requests += 1;
    return Promise.resolve(new Response("{}", { status: 200 }));
  };
  try {
    await run(() => requests);
  } finally {
    globalThis.fetch = fetch;
  }
}

/** A promise that is looked at later. */
function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** The session of the last call lives, and goes on. */
async function staysReady(bench: Bench): Promise<void> {
  await turns();
  same(bench.state, "ready", "the state");
  same(bench.client.connected, true, "client.connected");
}

/** connect(), disconnect() and connect() in one tick: the second is ready, and the first was cancelled. */
async function connectTwice(bench: Bench): Promise<void> {
  const first = later(bench.client.connect());
  const ending = bench.client.disconnect();
  const second = later(bench.client.connect());
  await settles(ending, "disconnect()");
  same((await rejects(first, "the first connect()")).name, "ConnectionAbortedError", "why the first failed");
  await settles(second, "the second connect()");
  await staysReady(bench);
}

/** Nothing of the calls before comes to life. */
async function staysDisconnected(bench: Bench): Promise<void> {
  await turns();
  await bench.harness.elapse(1);
  await turns();
  same(bench.take(), [], "what the app saw after disconnect()");
  bench.checkSettled();
}

/** What an app sees when it calls again before an earlier call has come to its end: the newest call decides. */
export function attemptCases(suite: Suite): void {
  inOneTick(suite);
  insideThePermissionsQuery(suite);
  twice(suite);
  botStarts(suite);
}

function inOneTick({ describe, it }: Suite): void {
  describe("connect(), disconnect() and connect() in one tick", () => {
    for (const [microphone, answer] of [
      ["is allowed", "allow"],
      ["is refused", "deny"],
    ] as const) {
      it(`on the first visit, when the microphone ${microphone}, end in one session that is ready`, async (bench) => {
        bench.harness.microphone.answer(answer);
        await connectTwice(bench);
        const told = bench.take().filter((name) => name !== "onDeviceError");
        same(told, ["initializing", ...IDLE_END, ...READY], "what the app saw");
        same(bench.client.isMicEnabled, answer === "allow", "isMicEnabled");
      });
    }

    it("while the user is being asked for the microphone, do not wait for the answer", async (bench) => {
      bench.harness.microphone.answer("wait");
      await connectTwice(bench);
    });

    it("after initDevices() end in one session that is ready", async (bench) => {
      await settles(bench.client.initDevices(), "initDevices()");
      bench.take();
      await connectTwice(bench);
      same(bench.take(), ["connecting", ...SESSION_END, ...READY], "what the app saw");
    });

    it(
      "without a microphone end in one session that is ready",
      async (bench) => {
        await connectTwice(bench);
        same(bench.take(), ["connecting", ...SESSION_END, ...READY], "what the app saw");
      },
      { enableMic: false },
    );

    it("and disconnect() again end disconnected for good, with nothing held", async (bench) => {
      const first = later(bench.client.connect());
      void bench.client.disconnect();
      const second = later(bench.client.connect());
      await settles(bench.client.disconnect(), "the last disconnect()");
      bench.checkSettled();
      bench.take();
      await staysDisconnected(bench);
      await rejects(first, "the first connect()");
      await rejects(second, "the second connect()");
    });
  });

  describe("connect(), disconnect() and initDevices() in one tick", () => {
    it("end with a microphone and no session", async (bench) => {
      const connecting = later(bench.client.connect());
      void bench.client.disconnect();
      await settles(bench.client.initDevices(), "initDevices()");
      same((await rejects(connecting, "connect()")).name, "ConnectionAbortedError", "why connect() failed");
      await turns();
      same(bench.state, "initialized", "the state");
      same(bench.client.mediaState.mic, { state: "granted" }, "mediaState.mic");
      same(bench.take(), ["initializing", ...IDLE_END, ...INITIALIZED], "what the app saw");
    });
  });
}

function insideThePermissionsQuery({ describe, it }: Suite): void {
  describe("the permissions query of the page, between devices and connecting", () => {
    it("does not keep disconnect() from being the last word", async (bench) => {
      const permissions = new Permissions();
      const restore = permissions.replace();
      try {
        const connecting = later(bench.client.connect());
        await bench.until("initialized");
        await turns();
        holds(permissions.asked > 0, "the client should have asked the page");
        await settles(bench.client.disconnect(), "disconnect()");
        same(bench.take(), [...INITIALIZED, ...IDLE_END], "what the app saw");
        bench.checkSettled();
        permissions.answer();
        await staysDisconnected(bench);
        same((await rejects(connecting, "connect()")).name, "ConnectionAbortedError", "why connect() failed");
      } finally {
        restore();
      }
    });

    it("does not let an older connect() take the place of a newer one", async (bench) => {
      const permissions = new Permissions();
      const restore = permissions.replace();
      try {
        const first = later(bench.client.connect());
        await bench.until("initialized");
        await turns();
        void bench.client.disconnect();
        const second = later(bench.client.connect());
        permissions.answer();
        await rejects(first, "the first connect()");
        await settles(second, "the second connect()");
        await staysReady(bench);
      } finally {
        restore();
      }
    });
  });
}

function twice({ describe, it }: Suite): void {
  describe("connect() twice before devices are there, as a double click does", () => {
    it("is one session: the second is ready, the first is refused without an error callback", async (bench) => {
      const first = later(bench.client.connect());
      const second = later(bench.client.connect());
      same((await rejects(first, "the first connect()")).name, "AlreadyConnectedError", "why the first failed");
      await settles(second, "the second connect()");
      await staysReady(bench);
      // The second is on its way as soon as it is called, and waits for the first to be refused.
      same(bench.take(), ["initializing", ...READY], "what the app saw");
    });
  });
}

function botStarts({ describe, it }: Suite): void {
  describe("startBotAndConnect() that was abandoned", () => {
    it("starts no bot if it was cancelled before", async (bench) => {
      await whileStarting(async (requests) => {
        const starting = later(bench.client.startBotAndConnect(BOT));
        await settles(bench.client.disconnect(), "disconnect()");
        same(
          (await rejects(starting, "startBotAndConnect()")).name,
          "ConnectionAbortedError",
          "why startBotAndConnect() failed",
        );
        same(requests(), 0, "requests to start a bot");
        same(bench.take(), ["initializing", ...IDLE_END], "what the app saw");
        await staysDisconnected(bench);
      });
    });

    it("does not disturb the next one in the same tick", async (bench) => {
      await whileStarting(async (requests) => {
        const first = later(bench.client.startBotAndConnect(BOT));
        void bench.client.disconnect();
        const second = later(bench.client.startBotAndConnect(BOT));
        await rejects(first, "the first startBotAndConnect()");
        await settles(second, "the second startBotAndConnect()");
        same(requests(), 1, "requests to start a bot");
        await staysReady(bench);
        const seen = ["initializing", ...IDLE_END, "authenticating", "authenticated", "onBotStarted", ...READY];
        same(bench.take(), seen, "what the app saw");
      });
    });
  });
}
