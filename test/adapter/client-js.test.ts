import {
  BotAlreadyStartedError,
  DeviceError,
  LogLevel,
  PipecatClient,
  RTVIMessage,
  StartBotError,
  Transport,
  type PipecatClientOptions,
  type RTVIEventCallbacks,
  type Tracks,
  type TransportState,
} from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";

/**
 * What client-js 1.13.1 calls on a transport, in which order and how soon. The transports of this library tell the client's
 * connect attempts apart by these facts; if an update changes one of them, it fails here and not in an app.
 */

/** Microtasks after which something is counted as another task. */
const MANY = 60;

/** Counts microtasks from now on. */
function countMicrotasks(): () => number {
  let count = 0;
  const hop = (): void => {
    count += 1;
    if (count < MANY) queueMicrotask(hop);
  };
  queueMicrotask(hop);
  return () => count;
}

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

interface Answer {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function answer(): Answer {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

/** Writes down what the client does to it, and answers when it is told to. */
class RecordingTransport extends Transport {
  readonly calls: string[] = [];
  options: PipecatClientOptions | undefined;
  deliver: (message: RTVIMessage) => void = () => undefined;
  devices = answer();
  connected = answer();
  ready = answer();
  released = answer();
  /** What a write of the state throws, by the state. */
  readonly refuses = new Map<TransportState, Error>();

  /** Everything since the last call. */
  take(): string[] {
    return this.calls.splice(0);
  }

  get state(): TransportState {
    this.calls.push("read state");
    return this._state;
  }
  set state(state: TransportState) {
    this.calls.push(`state = ${state}`);
    const refusal = this.refuses.get(state);
    if (refusal !== undefined) throw refusal;
    this._state = state;
  }
  /** Says a state as a transport does, without being asked. */
  announce(state: TransportState): void {
    this._state = state;
    this.callbacks.onTransportStateChanged?.(state);
  }
  get callbacks(): RTVIEventCallbacks {
    return this._callbacks;
  }

  initialize(options: PipecatClientOptions, messageHandler: (message: RTVIMessage) => void): void {
    this.calls.push("initialize");
    this.options = options;
    this._options = options;
    this._callbacks = options.callbacks ?? {};
    this.deliver = messageHandler;
    this._onMessage = messageHandler;
  }
  initDevices(): Promise<void> {
    this.calls.push("initDevices");
    return this.devices.promise;
  }
  _validateConnectionParams(params?: unknown): unknown {
    return params;
  }
  _connect(params?: unknown): Promise<void> {
    this.calls.push(params === undefined ? "connect" : `connect(${JSON.stringify(params)})`);
    return this.connected.promise;
  }
  sendReadyMessage(): Promise<void> {
    this.calls.push("sendReadyMessage");
    return this.ready.promise;
  }
  _disconnect(): Promise<void> {
    this.calls.push("disconnect");
    return this.released.promise;
  }
  sendMessage(_message: RTVIMessage): void {
    this.calls.push("sendMessage");
  }

  getAllMics = (): Promise<MediaDeviceInfo[]> => Promise.resolve([]);
  getAllCams = (): Promise<MediaDeviceInfo[]> => Promise.resolve([]);
  getAllSpeakers = (): Promise<MediaDeviceInfo[]> => Promise.resolve([]);
  updateMic(): void {}
  updateCam(): void {}
  updateSpeaker(): void {}
  readonly selectedMic = {};
  readonly selectedCam = {};
  readonly selectedSpeaker = {};
  enableMic(): void {}
  enableCam(): void {}
  enableScreenShare(): void {}
  readonly isMicEnabled = true;
  readonly isCamEnabled = false;
  readonly isSharingScreen = false;
  tracks(): Tracks {
    return { local: {} };
  }
}

const MIC = { deviceId: "m", label: "M", groupId: "", kind: "audioinput", toJSON: () => ({}) } as const;

function start(options: Partial<PipecatClientOptions> = {}) {
  const transport = new RecordingTransport();
  const client = new PipecatClient({ transport, ...options });
  client.setLogLevel(LogLevel.NONE);
  transport.take();
  return { transport, client };
}

/** A client whose microphone is granted: `needsInit()` is false. */
function granted(options: Partial<PipecatClientOptions> = {}) {
  const parts = start(options);
  parts.transport.callbacks.onMicUpdated?.(MIC);
  return parts;
}

/** Replaces the page's permissions; each query waits for `answered`. */
function permissions(state: PermissionState = "granted") {
  const names: string[] = [];
  const answered = answer();
  vi.stubGlobal("navigator", {
    userAgent: "test",
    permissions: {
      query: async ({ name }: { name: string }): Promise<{ state: PermissionState }> => {
        names.push(name);
        await answered.promise;
        return { state };
      },
    },
  });
  return { names, answered };
}

/** Replaces the request that starts a bot; it is answered by hand. */
function botStart() {
  let respond: (response: Response) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const requested = vi.fn(
    () =>
      new Promise<Response>((resolve, reject) => {
        respond = resolve;
        fail = reject;
      }),
  );
  vi.stubGlobal("fetch", requested);
  return {
    requested,
    respond: () => {
      respond(new Response(JSON.stringify({ url: "u" }), { status: 200 }));
    },
    fail: (error: Error) => {
      fail(error);
    },
  };
}

const BOT = { endpoint: "http://127.0.0.1:9/start" };

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("client-js: the constructor", () => {
  it("initializes the transport once, with its own defaults and wrapped callbacks", () => {
    const transport = new RecordingTransport();
    const onConnected = vi.fn();
    new PipecatClient({ transport, callbacks: { onConnected } });
    expect(transport.take()).toEqual(["initialize"]);
    expect(transport.options).toMatchObject({ enableMic: true, enableCam: false });
    expect(transport.options?.callbacks?.onConnected).not.toBe(onConnected);
  });

  it("hands out a proxy that refuses what only the client may call", () => {
    const { client, transport } = start();
    const handed = client.transport;
    expect(handed).not.toBe(transport);
    for (const name of ["initialize", "initDevices", "connect", "disconnect", "sendReadyMessage"] as const) {
      expect(() => (handed[name] as () => void)(), name).toThrow("disabled");
    }
  });
});

describe("client-js: the gate", () => {
  it("connect() reads the state and asks for devices in one synchronous run, if the microphone is unknown", () => {
    const { client, transport } = start();
    void client.connect();
    expect(transport.take()).toEqual(["read state", "initDevices"]);
  });

  it("connect() reads the state and connects in one synchronous run, if the microphone is known", () => {
    const { client, transport } = granted();
    void client.connect({ url: "u" });
    expect(transport.take()).toEqual(["read state", 'connect({"url":"u"})']);
  });

  it("startBot() reads the state and asks for devices, or writes the state, in one synchronous run", () => {
    botStart();
    const unknown = start();
    void unknown.client.startBot(BOT);
    expect(unknown.transport.take()).toEqual(["read state", "initDevices"]);
    const known = granted();
    void known.client.startBot(BOT);
    expect(known.transport.take()).toEqual(["read state", "state = authenticating"]);
    expect(known.transport.startBotParams).toBe(BOT);
  });

  it("startBotAndConnect() reads the state twice, and goes on in the same synchronous run", () => {
    botStart();
    const { client, transport } = granted();
    void client.startBotAndConnect(BOT);
    expect(transport.take()).toEqual(["read state", "read state", "state = authenticating"]);
  });

  it("initDevices() and disconnect() do not read the state", () => {
    const { client, transport } = start();
    void client.initDevices();
    void client.disconnect();
    expect(transport.take()).toEqual(["initDevices", "disconnect"]);
  });

  it("is shut while authenticating, connecting, connected and ready, and open in every other state", () => {
    botStart();
    const states: TransportState[] = [
      ...(["disconnected", "initializing", "initialized", "authenticating", "authenticated", "connecting"] as const),
      ...(["connected", "ready", "disconnecting", "error"] as const),
    ];
    const isRefused = (state: TransportState, attempt: (client: PipecatClient) => Promise<unknown>): boolean => {
      const { client, transport } = granted();
      transport.announce(state);
      try {
        attempt(client).catch(() => undefined);
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(BotAlreadyStartedError);
        return true;
      }
    };
    const shut = states.filter((state) => {
      const refused = isRefused(state, (client) => client.connect());
      expect(isRefused(state, (client) => client.startBot(BOT))).toBe(refused);
      expect(isRefused(state, (client) => client.startBotAndConnect(BOT))).toBe(refused);
      return refused;
    });
    expect(shut).toEqual(["authenticating", "connecting", "connected", "ready"]);
  });
});

describe("client-js: whether connect() and startBot() ask for devices", () => {
  /** What `connect()` does to a transport that was brought there. */
  function firstCall(options: Partial<PipecatClientOptions>, bring: (transport: RecordingTransport) => void): string {
    const { client, transport } = start(options);
    bring(transport);
    transport.take();
    void client.connect();
    return transport.take()[1]!;
  }

  it.each<[string, Partial<PipecatClientOptions>, (transport: RecordingTransport) => void, string]>([
    ["nothing is known of it", {}, () => undefined, "initDevices"],
    ["a microphone was named", {}, ({ callbacks }) => callbacks.onMicUpdated?.(MIC), "connect"],
    [
      "a microphone without an id was named",
      {},
      ({ callbacks }) => callbacks.onMicUpdated?.({ ...MIC, deviceId: "" }),
      "initDevices",
    ],
    [
      "the microphone is in error",
      {},
      ({ callbacks }) => callbacks.onDeviceError?.(new DeviceError(["mic"], "permissions")),
      "connect",
    ],
    [
      "the speaker alone is in error",
      {},
      ({ callbacks }) => callbacks.onDeviceError?.(new DeviceError(["speaker"], "unknown")),
      "initDevices",
    ],
    ["no microphone is wanted", { enableMic: false }, () => undefined, "connect"],
    ["a camera is wanted too", { enableCam: true }, ({ callbacks }) => callbacks.onMicUpdated?.(MIC), "initDevices"],
  ])("when %s", (_, options, bring, call) => {
    expect(firstCall(options, bring)).toBe(call);
  });

  it("not while devices are asked for: of two calls the second reaches the transport first", () => {
    const { client, transport } = start();
    void client.connect({ n: 1 });
    void client.connect({ n: 2 });
    expect(transport.take()).toEqual(["read state", "initDevices", "read state", 'connect({"n":2})']);
  });

  it("again, after initDevices() has ended without naming a microphone, also if there was one before", async () => {
    const { client, transport } = granted();
    const asking = client.initDevices();
    transport.devices.resolve();
    await asking;
    expect(client.mediaState.mic).toEqual({ state: "uninitialized" });
    transport.take();
    void client.connect();
    expect(transport.take()).toEqual(["read state", "initDevices"]);
  });
});

describe("client-js: between devices and connect()", () => {
  it("it asks the page for both permissions, and goes on when both have answered", async () => {
    const { names, answered } = permissions();
    const { client, transport } = start();
    void client.connect();
    transport.take();
    transport.devices.resolve();
    await nextTask();
    expect(names).toEqual(["microphone", "camera"]);
    expect(transport.take()).toEqual([]);
    const microtasks = countMicrotasks();
    answered.resolve();
    await vi.waitFor(() => {
      expect(transport.calls).toEqual(["connect"]);
    });
    expect(microtasks()).toBeLessThanOrEqual(MANY);
  });

  it("it does not read the state again", async () => {
    const { client, transport } = start();
    void client.connect();
    transport.devices.resolve();
    await nextTask();
    expect(transport.take()).toEqual(["read state", "initDevices", "connect"]);
  });

  it("it goes on in at most 10 microtasks where the page has no permissions to ask", async () => {
    vi.stubGlobal("navigator", { userAgent: "test" });
    const { client, transport } = start();
    void client.connect();
    transport.devices.resolve();
    await microtasks(10);
    expect(transport.take()).toEqual(["read state", "initDevices", "connect"]);
  });

  it("it asks after the transport has answered, within 3 microtasks", async () => {
    const { names } = permissions();
    const { client, transport } = start();
    void client.connect();
    transport.devices.resolve();
    await microtasks(3);
    expect(names).toEqual(["microphone", "camera"]);
  });

  it("it takes a permission that is refused for a blocked device, and connects all the same", async () => {
    const { answered } = permissions("denied");
    const { client, transport } = start();
    void client.connect();
    transport.devices.resolve();
    answered.resolve();
    await nextTask();
    expect(client.mediaState.mic).toEqual({ state: "error", reason: "blocked" });
    expect(transport.take()).toContain("connect");
  });

  it("it connects although the app has disconnected meanwhile", async () => {
    const { client, transport } = start();
    void client.connect();
    void client.disconnect();
    transport.devices.resolve();
    await nextTask();
    expect(transport.take()).toEqual(["read state", "initDevices", "disconnect", "connect"]);
  });

  it("nothing settles connect() if the transport's initDevices() rejects: it must not", async () => {
    const seen: unknown[] = [];
    const listen = (error: unknown): void => {
      seen.push(error);
    };
    process.on("unhandledRejection", listen);
    const listeners = process.listeners("unhandledRejection").filter((each) => each !== listen);
    for (const each of listeners) process.off("unhandledRejection", each);
    const { client, transport } = start();
    const settled = vi.fn();
    client.connect().then(settled, settled);
    transport.devices.reject(new Error("scripted"));
    await nextTask();
    await nextTask();
    process.off("unhandledRejection", listen);
    for (const each of listeners) process.on("unhandledRejection", each);
    expect(settled).not.toHaveBeenCalled();
    expect(seen).toEqual([new Error("scripted")]);
  });
});

describe("client-js: startBot()", () => {
  it("writes authenticating, keeps the parameters, requests, writes authenticated, and says onBotStarted", async () => {
    const { requested, respond } = botStart();
    const onBotStarted = vi.fn();
    const { client, transport } = granted({ callbacks: { onBotStarted } });
    const starting = client.startBot(BOT);
    expect(transport.take()).toEqual(["read state", "state = authenticating"]);
    await nextTask();
    expect(requested).toHaveBeenCalledTimes(1);
    respond();
    expect(await starting).toEqual({ url: "u" });
    expect(transport.take()).toEqual(["state = authenticated"]);
    expect(onBotStarted).toHaveBeenCalledTimes(1);
  });

  it("resolves in the microtask after it has written authenticated", async () => {
    const { respond } = botStart();
    let since: () => number = () => MANY;
    const { client } = granted({
      callbacks: {
        onBotStarted: () => {
          since = countMicrotasks();
        },
      },
    });
    const starting = client.startBot(BOT).then(() => since());
    await nextTask();
    respond();
    expect(await starting).toBeLessThanOrEqual(2);
  });

  it("of startBotAndConnect() is followed by the state's read and connect() in one run, within 2 microtasks", async () => {
    const { respond } = botStart();
    let since: () => number = () => MANY;
    let distance = MANY;
    const { client, transport } = granted({
      callbacks: {
        onBotStarted: () => {
          since = countMicrotasks();
        },
      },
    });
    const connect = transport._connect.bind(transport);
    transport._connect = (params) => {
      distance = since();
      return connect(params);
    };
    void client.startBotAndConnect(BOT);
    await nextTask();
    respond();
    await nextTask();
    expect(transport.take()).toEqual([
      ...["read state", "read state", "state = authenticating"],
      ...["state = authenticated", "read state", 'connect({"url":"u"})'],
    ]);
    expect(distance).toBeLessThanOrEqual(2);
  });

  it("of startBotAndConnect() asks for devices before connect() if they are not known by then", async () => {
    const { respond } = botStart();
    const { client, transport } = start();
    void client.startBotAndConnect(BOT);
    transport.devices.resolve();
    await nextTask();
    await nextTask();
    respond();
    await nextTask();
    expect(transport.take()).toEqual([
      ...["read state", "read state", "initDevices", "state = authenticating"],
      ...["state = authenticated", "read state", "initDevices", 'connect({"url":"u"})'],
    ]);
  });

  it("rejects with what a write of authenticating throws, and requests nothing", async () => {
    const { requested } = botStart();
    const { client, transport } = granted();
    const refusal = new Error("refused");
    transport.refuses.set("authenticating", refusal);
    await expect(client.startBotAndConnect(BOT)).rejects.toBe(refusal);
    await nextTask();
    expect(requested).not.toHaveBeenCalled();
    expect(transport.take()).toEqual(["read state", "read state", "state = authenticating"]);
  });

  it("rejects with what a write of authenticated throws, says no onBotStarted, connects not, disconnects not", async () => {
    const { respond } = botStart();
    const onBotStarted = vi.fn();
    const { client, transport } = granted({ callbacks: { onBotStarted } });
    const refusal = new Error("refused");
    transport.refuses.set("authenticated", refusal);
    const starting = client.startBotAndConnect(BOT);
    starting.catch(() => undefined);
    await nextTask();
    transport.take();
    respond();
    await expect(starting).rejects.toBe(refusal);
    await nextTask();
    expect(transport.take()).toEqual(["state = authenticated"]);
    expect(onBotStarted).not.toHaveBeenCalled();
  });

  it("that fails says a fatal onError of its own and disconnects, whatever is live by then", async () => {
    const { fail } = botStart();
    const onError = vi.fn();
    const { client, transport } = granted({ callbacks: { onError } });
    const starting = client.startBotAndConnect(BOT);
    starting.catch(() => undefined);
    await nextTask();
    transport.take();
    fail(new Error("no such host"));
    await expect(starting).rejects.toBeInstanceOf(StartBotError);
    expect(onError).toHaveBeenCalledTimes(1);
    expect(transport.take()).toEqual(["disconnect"]);
  });
});

describe("client-js: the echo", () => {
  /** Microtasks from a rejection to the client's own disconnect(). */
  async function echoAfter(step: "connected" | "ready"): Promise<number> {
    const { client, transport } = granted();
    client.connect().catch(() => undefined);
    if (step === "ready") transport.connected.resolve();
    await nextTask();
    let distance = MANY;
    let since: () => number = () => MANY;
    const disconnect = transport._disconnect.bind(transport);
    transport._disconnect = () => {
      distance = since();
      return disconnect();
    };
    // The transport's own reaction to the rejection, which it attached before the client had the promise.
    since = countMicrotasks();
    transport[step].reject(new Error("refused"));
    await nextTask();
    return distance;
  }

  it("of a rejected connect() is a disconnect(), within 2 microtasks", async () => {
    expect(await echoAfter("connected")).toBeLessThanOrEqual(2);
  });

  it("of a rejected sendReadyMessage() is a disconnect(), within 2 microtasks", async () => {
    expect(await echoAfter("ready")).toBeLessThanOrEqual(2);
  });

  it("comes directly after a reaction of the transport's own: nothing of the app comes between them", async () => {
    const order: string[] = [];
    const { client, transport } = granted();
    const reason = new Error("refused");
    transport._connect = () => {
      const refused = Promise.reject(reason);
      refused.catch(() => {
        order.push("ours");
        queueMicrotask(() => order.push("queued by ours"));
      });
      queueMicrotask(() => order.push("queued after"));
      return refused;
    };
    transport._disconnect = async () => {
      order.push("disconnect");
    };
    const connecting = client.connect();
    connecting.catch(() => order.push("the app"));
    await nextTask();
    expect(order.filter((what) => what === "ours" || what === "disconnect" || what === "the app")).toEqual([
      ...["ours", "disconnect", "the app"],
    ]);
    expect(order.indexOf("disconnect")).toBeLessThan(order.indexOf("queued by ours"));
  });

  it("of connect() is not awaited: the app's promise rejects with the reason while disconnect() is pending", async () => {
    const { client, transport } = granted();
    const connecting = client.connect();
    const reason = new Error("refused");
    transport.connected.reject(reason);
    await expect(connecting).rejects.toBe(reason);
  });

  it("of a synchronous throw comes in the same run", () => {
    const { client, transport } = granted();
    transport._validateConnectionParams = () => {
      throw new Error("bad");
    };
    client.connect().catch(() => undefined);
    expect(transport.take()).toEqual(["read state", "disconnect"]);
  });

  it("forgets the requests that wait for an answer once the transport's disconnect() has resolved, not before", async () => {
    const { client, transport } = granted();
    transport.announce("ready");
    const asked: RTVIMessage[] = [];
    transport.sendMessage = (message: RTVIMessage) => {
      asked.push(message);
    };
    const answered: string[] = [];
    for (const name of ["one", "two"]) void client.sendClientRequest(name, {}).then(() => answered.push(name));
    const answerTo = (message: RTVIMessage): void => {
      transport.deliver(new RTVIMessage("server-response", { t: "q", d: {} }, message.id));
    };
    const ending = client.disconnect();
    await nextTask();
    answerTo(asked[0]!);
    transport.released.resolve();
    await ending;
    answerTo(asked[1]!);
    await nextTask();
    expect(answered).toEqual(["one"]);
  });
});

describe("client-js: the promise of connect()", () => {
  it("resolves with bot-ready's data, and asks for readiness once connected", async () => {
    const { client, transport } = granted();
    const connecting = client.connect();
    transport.connected.resolve();
    await microtasks(2);
    expect(transport.take()).toEqual(["read state", "connect", "sendReadyMessage"]);
    transport.deliver(new RTVIMessage("bot-ready", { version: "2.0.0" }));
    expect(await connecting).toEqual({ version: "2.0.0" });
  });

  it("of two calls is resolved for the last one alone: one that was overtaken can only be rejected", async () => {
    const { client, transport } = granted();
    const first = vi.fn();
    client.connect().then(first, first);
    const second = client.connect();
    transport.connected.resolve();
    transport.ready.resolve();
    transport.deliver(new RTVIMessage("bot-ready", { version: "2.0.0" }));
    await second;
    await nextTask();
    expect(first).not.toHaveBeenCalled();
  });
});

describe("client-js: disconnects of its own", () => {
  it("when the bot has left: in the same run, after the app's callback and listeners", () => {
    const order: string[] = [];
    const { client, transport } = granted({ callbacks: { onBotDisconnected: () => order.push("callback") } });
    client.on("botDisconnected" as never, (() => order.push("listener")) as never);
    transport._disconnect = async () => {
      order.push("disconnect");
    };
    transport.callbacks.onBotDisconnected?.({ id: "b", name: "b", local: false });
    expect(order).toEqual(["callback", "listener", "disconnect"]);
  });

  it("not when the bot has left, if the app does not want that; the transport is told", () => {
    const { transport } = granted({ disconnectOnBotDisconnect: false });
    expect(transport.options?.disconnectOnBotDisconnect).toBe(false);
    transport.callbacks.onBotDisconnected?.({ id: "b", name: "b", local: false });
    expect(transport.take()).toEqual([]);
  });

  it("on a fatal error: in the same run, after the app's callback", () => {
    const order: string[] = [];
    const { transport } = granted({ callbacks: { onError: () => order.push("callback") } });
    transport._disconnect = async () => {
      order.push("disconnect");
    };
    transport.callbacks.onError?.(new RTVIMessage("error", { message: "m", fatal: true }));
    expect(order).toEqual(["callback", "disconnect"]);
  });

  it("not on any other error", () => {
    const { transport } = granted();
    transport.callbacks.onError?.(new RTVIMessage("error", { message: "m", fatal: false }));
    expect(transport.take()).toEqual([]);
  });

  it("not on a fatal error if the app's own callback throws", () => {
    const throws = (): never => {
      throw new Error("the app's");
    };
    const { transport } = granted({ callbacks: { onError: throws } });
    expect(() => transport.callbacks.onError?.(new RTVIMessage("error", { fatal: true }))).toThrow("the app's");
    expect(transport.take()).toEqual([]);
  });
});

/** So many microtasks go by. */
async function microtasks(count: number): Promise<void> {
  for (let past = 0; past < count; past += 1) await Promise.resolve();
}
