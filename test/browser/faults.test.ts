import { RTVIEvent, type DeviceError } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { ConnectionFailedError } from "../../src/index.js";
import type { LocalServiceOptions } from "../../packages/local-service/src/index.js";
import type { TransportOptions } from "../../src/options.js";
import type { OpenAIRealTimeWebSocketTransport, OpenAIServiceOptions } from "../../src/providers/openai/index.js";
import { App, openAITransport } from "./support/app.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { stagedService, type StagedService } from "./support/stage.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

/** Push to talk: the fake microphone speaks without end, and would interrupt. */
const QUIET: OpenAIServiceOptions = { session_config: { turn_detection: null } };
const QUICK: TransportOptions = {
  timeouts: { connect: 2_500, ready: 2_500, disconnect: 2_000 },
  reconnect: { base: 20, cap: 100 },
};

interface World {
  readonly service: StagedService;
  readonly transport: OpenAIRealTimeWebSocketTransport;
  readonly app: App;
  readonly holdings: HoldingsWatch;
}

async function world(
  options: TransportOptions = {},
  service: OpenAIServiceOptions = {},
  served: LocalServiceOptions = {},
): Promise<World> {
  const holdings = new HoldingsWatch();
  const staged = await stagedService(served);
  const transport = openAITransport(staged.wsUrl, { ...QUIET, ...service }, { ...QUICK, ...options });
  return { service: staged, transport, app: new App({ transport }), holdings };
}

/** Whatever happened: nothing is held, and the same instance connects and answers. */
async function recovers({ app, holdings }: World): Promise<void> {
  await app.until("the end", () => app.client.state === "disconnected");
  await holdings.nothingLeft();
  app.forget();
  const ready = await app.settled(app.client.connect());
  expect(ready).toMatchObject({ version: "2.1.0" });
  expect(app.states).toEqual(["connecting", "connected", "ready"]);
  await app.answered("Are you back?");
  await app.client.disconnect();
  expect(app.errors).toEqual([]);
  await holdings.nothingLeft();
  expect(holdings.mostSockets).toBe(1);
}

interface Failure {
  readonly name: string;
  /** Makes the next connection fail. */
  readonly break: (service: StagedService) => Promise<void>;
  /** While it is being dialled. */
  readonly meanwhile?: (service: StagedService) => Promise<void>;
  readonly repair: (service: StagedService) => Promise<void>;
  readonly states: readonly string[];
  readonly error: { readonly name: string; readonly code: string };
}

const FAILED = ["connecting", "error", "disconnected"];
const FAILED_OPEN = ["connecting", "connected", "error", "disconnected"];
const knob = (name: "stallUpgrade" | "unavailable" | "silent" | "noUpdated" | "unauthorizedAfterOpen") => ({
  break: (service: StagedService) => service.setFaults({ [name]: true }),
  repair: (service: StagedService) => service.setFaults({ [name]: false }),
});

const FAILURES: readonly Failure[] = [
  {
    name: "a refused port",
    break: (service) => service.stop(),
    repair: (service) => service.restart(),
    states: FAILED,
    error: { name: "ConnectionFailedError", code: "connection-failed" },
  },
  {
    name: "a handshake that is refused with 503",
    ...knob("unavailable"),
    states: FAILED,
    error: { name: "ConnectionFailedError", code: "connection-failed" },
  },
  {
    name: "a handshake that never ends",
    ...knob("stallUpgrade"),
    states: FAILED,
    error: { name: "ConnectTimeoutError", code: "connect-timeout" },
  },
  {
    name: "a socket lost while it is dialled",
    break: (service) => service.setFaults({ stallUpgrade: true }),
    meanwhile: (service) => service.stop(),
    repair: (service) => service.restart(),
    states: FAILED,
    error: { name: "ConnectionFailedError", code: "connection-failed" },
  },
  {
    name: "a key that is refused after the handshake",
    ...knob("unauthorizedAfterOpen"),
    states: FAILED_OPEN,
    error: { name: "AuthenticationError", code: "unauthorized" },
  },
  {
    name: "a service that never says a word",
    ...knob("silent"),
    states: FAILED_OPEN,
    error: { name: "ReadyTimeoutError", code: "ready-timeout" },
  },
  {
    name: "a service that never says that it is configured",
    ...knob("noUpdated"),
    states: FAILED_OPEN,
    error: { name: "ReadyTimeoutError", code: "ready-timeout" },
  },
];

describe("connecting", { timeout: 60_000 }, () => {
  it.each(FAILURES)("to $name fails with a typed error, and leaves an instance that works", async (failure) => {
    const stage = await world();
    const { app, service } = stage;
    await app.client.initDevices();
    app.forget();
    await failure.break(service);
    const connecting = app.settled(app.client.connect());
    await app.until("dialling", () => app.states.includes("connecting"));
    await failure.meanwhile?.(service);
    expect(await connecting).toMatchObject(failure.error);
    await app.until("the end", () => app.client.state === "disconnected");
    expect(app.states).toEqual(failure.states);
    expect(app.errors).toEqual([{ ...failure.error, fatal: true }]);
    await failure.repair(service);
    await recovers(stage);
  });

  it("with a bad key is refused with 401, which a browser shows as 1006; the advice names the key", async () => {
    let key = canary("bad-");
    const bad = key;
    const stage = await world({}, { api_key: () => key });
    const { app } = stage;
    await app.client.initDevices();
    app.forget();
    const error = await app.settled(app.client.connect());
    expect(error).toBeInstanceOf(ConnectionFailedError);
    expect(error).toMatchObject({ code: "connection-failed", closeCode: 1006 });
    expect((error as Error).message).toContain("api_key");
    expect(JSON.stringify(app.heard)).not.toContain(bad);
    await app.until("the end", () => app.client.state === "disconnected");
    expect(app.states).toEqual(FAILED);
    expect(app.errors).toEqual([{ name: "ConnectionFailedError", code: "connection-failed", fatal: true }]);
    key = canary();
    await recovers(stage);
  });

  it("goes on by itself when the socket is lost before the service is ready", async () => {
    const stage = await world({ timeouts: { ready: 20_000 } });
    const { app, service } = stage;
    await app.client.initDevices();
    app.forget();
    await service.setFaults({ silent: true });
    const connecting = app.settled(app.client.connect());
    await app.until("an open wire", () => app.client.state === "connected");
    await service.setFaults({ silent: false });
    await service.terminate();
    expect(await connecting).toMatchObject({ version: "2.1.0" });
    expect(app.states).toEqual(["connecting", "connected", "connecting", "connected", "ready"]);
    expect(app.errors).toEqual([{ name: "ConnectionLostError", code: "connection-lost", fatal: false }]);
    expect(app.count(RTVIEvent.Connected)).toBe(1);
    await app.answered("There you are.");
    await app.client.disconnect();
    await recovers(stage);
  });
});

describe("a running session", { timeout: 60_000 }, () => {
  it("reconnects when the socket is lost: it is the same bot to the app, and it speaks again", async () => {
    const stage = await world({}, {}, { greet: true });
    const { app, service } = stage;
    await app.client.connect();
    await app.until("the greeting", () => app.count(RTVIEvent.BotStartedSpeaking) === 1);
    app.forget();
    await service.terminate();
    await app.until("ready", () => app.states.at(-1) === "ready");
    expect(app.states).toEqual(["connecting", "connected", "ready"]);
    expect(app.count(RTVIEvent.BotReady)).toBe(0);
    expect(app.errors).toEqual([{ name: "ConnectionLostError", code: "connection-lost", fatal: false }]);
    expect(app.count(RTVIEvent.BotStoppedSpeaking)).toBe(1);
    expect([app.count(RTVIEvent.Connected), app.count(RTVIEvent.Disconnected)]).toEqual([0, 0]);
    await app.until("the greeting, again", () => app.count(RTVIEvent.BotStartedSpeaking) === 1);
    await app.until("sound", () => app.all(RTVIEvent.RemoteAudioLevel).some(({ data }) => Number(data) > 0.01));
    await app.until("its end", () => app.count(RTVIEvent.BotStoppedSpeaking) === 2);
    await app.answered("Where were we?");
    const received = (await service.session()).receivedMs;
    await app.until("the microphone", async () => (await service.session()).receivedMs > received);
    await app.client.disconnect();
    await recovers(stage);
  });

  it("gives up when the service stays away", async () => {
    const stage = await world({ reconnect: { base: 20, cap: 50, attempts: 3 } });
    const { app, service } = stage;
    await app.client.connect();
    app.forget();
    await service.stop();
    await app.until("the end", () => app.client.state === "disconnected");
    expect(app.states).toEqual(["connecting", "error", "disconnected"]);
    expect(app.errors).toEqual([
      { name: "ConnectionLostError", code: "connection-lost", fatal: false },
      { name: "ConnectionFailedError", code: "connection-failed", fatal: true },
    ]);
    await service.restart();
    await recovers(stage);
  });

  it.each([
    [1008, "policy", "ConnectionLostError", "connection-lost"],
    [3000, "invalid_request_error.invalid_api_key", "AuthenticationError", "unauthorized"],
    [4000, "invalid_request_error.beta_api_shape_disabled", "ServiceError", "service-error"],
  ])("ends when the service closes with %i %s", async (code, reason, name, errorCode) => {
    const stage = await world();
    const { app, service } = stage;
    await app.client.connect();
    app.forget();
    await service.drop(code, reason);
    await app.until("the end", () => app.client.state === "disconnected");
    expect(app.states).toEqual(["error", "disconnected"]);
    expect(app.errors).toEqual([{ name, code: errorCode, fatal: true }]);
    await recovers(stage);
  });

  it("survives malformed frames of every kind", async () => {
    const stage = await world();
    const { app, service } = stage;
    await service.setFaults({ malformed: true });
    await app.client.connect();
    await app.answered("Is anything wrong?");
    expect(app.client.state).toBe("ready");
    expect(app.errors.length).toBeGreaterThan(10);
    for (const { name, fatal } of app.errors) {
      expect(["ProtocolError", "ServiceError"]).toContain(name);
      expect(fatal).toBe(false);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    await app.client.disconnect();
    await service.setFaults({ malformed: false });
    await recovers(stage);
  });

  it("plays nothing of what arrives late from an answer that was cut", async () => {
    const stage = await world({}, {}, { replySpeed: 2 });
    const { app, service } = stage;
    await service.setFaults({ lateDeltas: true });
    await app.client.connect();
    await app.client.sendText("First.");
    await app.until("its voice", () => app.count(RTVIEvent.BotStartedSpeaking) === 1);
    const typesOf = async () => (await service.look()).events.map(({ type }) => type);
    stage.transport.interrupt();
    await app.until("silence", () => app.count(RTVIEvent.BotStoppedSpeaking) === 1);
    await app.until("late audio", async () => {
      const types = await typesOf();
      const done = types.indexOf("response.done");
      return done >= 0 && types.includes("response.output_audio.delta", done);
    });
    await app.answered("Second.");
    await app.until("the second answer's end", () => app.count(RTVIEvent.BotStoppedSpeaking) === 2);
    const spoken = app.heard
      .map(({ event }) => event)
      .filter((event) => event === RTVIEvent.BotStartedSpeaking || event === RTVIEvent.BotStoppedSpeaking);
    const [starts, stops] = [RTVIEvent.BotStartedSpeaking, RTVIEvent.BotStoppedSpeaking];
    expect(spoken).toEqual([starts, stops, starts, stops]);
    expect(app.errors).toEqual([]);
    await app.client.disconnect();
    await service.setFaults({ lateDeltas: false });
    await recovers(stage);
  });
});

describe("without a microphone", { timeout: 60_000 }, () => {
  it("the bot is heard and answers text; a microphone that comes later is used", async () => {
    let present = false;
    const mediaDevices: MediaDevices = new Proxy(navigator.mediaDevices, {
      get(target, name) {
        if (name === "getUserMedia" && !present) {
          return async () => {
            throw new DOMException("Requested device not found", "NotFoundError");
          };
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const stage = await world({ audio: { mediaDevices } });
    const { app, service } = stage;
    await app.settled(app.client.connect());
    expect(app.states).toEqual(["initializing", "initialized", "connecting", "connected", "ready"]);
    const errors = app.all(RTVIEvent.DeviceError).map(({ data }) => data as DeviceError);
    for (const error of errors) expect(error).toMatchObject({ devices: ["mic"], type: "not-found" });
    expect(errors.length).toBeGreaterThan(0);
    expect(app.client.mediaState.mic).toMatchObject({ state: "error", reason: "not-found" });
    expect(app.client.isMicEnabled).toBe(false);
    expect(app.client.tracks().local.audio).toBeUndefined();
    await app.answered("Can you hear me?");
    await app.until("the voice", () => app.all(RTVIEvent.RemoteAudioLevel).some(({ data }) => Number(data) > 0.01));
    expect(app.errors).toEqual([]);

    present = true;
    app.client.enableMic(true);
    await app.until("the microphone", async () => (await service.session()).receivedMs > 0);
    expect(app.client.isMicEnabled).toBe(true);
    await app.client.disconnect();
    await recovers(stage);
  });
});
