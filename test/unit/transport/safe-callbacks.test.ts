import { DeviceError, RTVIMessage, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it } from "vitest";
import { safeLogger, type Logger } from "../../../src/log.js";
import { queuedCallbacks, safeCallbacks, safeHandler, runSafely } from "../../../src/transport/safe-callbacks.js";

const lines: string[] = [];
/** An async function, where none is expected. */
const rejects = (): void => Promise.reject(new Error("no")) as never;
const log = (message: string): void => void lines.push(message);
const logger: Logger = { debug: log, info: log, warn: log, error: log };
beforeEach(() => {
  lines.length = 0;
});

describe("guarded app code", () => {
  it("may throw and reject, which is logged", async () => {
    runSafely("onReady", logger, () => {
      throw new Error("no");
    });
    runSafely("onReady", logger, () => Promise.reject(new Error("no")));
    await Promise.resolve();
    await Promise.resolve();
    expect(lines).toEqual(["onReady threw", "onReady rejected"]);
  });

  it("is looked up at the call, as the client replaces callbacks later", () => {
    const seen: string[] = [];
    const callbacks: RTVIEventCallbacks = {};
    const guarded = safeCallbacks(callbacks, logger);
    guarded.onConnected?.();
    callbacks.onConnected = () => seen.push("later");
    guarded.onConnected?.();
    callbacks.onConnected = () => {
      throw new Error("no");
    };
    guarded.onConnected?.();
    expect(seen).toEqual(["later"]);
    expect(lines).toEqual(["onConnected threw"]);
  });

  it("gets messages without a way to break their sender", () => {
    const handler = safeHandler(() => {
      throw new Error("no");
    }, logger);
    handler(new RTVIMessage("bot-ready", {}));
    expect(lines).toEqual(['The handler of "bot-ready" threw']);
  });

  it("may log with a logger that throws, or rejects", async () => {
    const guarded = safeLogger({
      ...logger,
      warn: () => {
        throw new Error("no");
      },
    });
    guarded.warn("lost");
    guarded.info("kept");
    safeLogger({ ...logger, warn: rejects }).warn("lost");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(lines).toEqual(["kept"]);
  });
});

describe("guarded app code: what is no error of its own", () => {
  it("is a result, and a promise that resolves", async () => {
    runSafely("onReady", logger, () => 7);
    runSafely("onReady", logger, () => Promise.resolve());
    await Promise.resolve();
    expect(lines).toEqual([]);
  });

  it("is a callback that the app has not set", () => {
    expect(safeCallbacks({}, logger).onConnected).toBeUndefined();
  });

  it("is what is reported otherwise: it is not logged", () => {
    const reported: unknown[] = [];
    const thrown = new Error("no");
    const handle = (reports: boolean): void =>
      safeHandler(
        () => {
          throw thrown;
        },
        logger,
        (_, error) => reported.push(error) > 0 && reports,
      )(new RTVIMessage("bot-ready", {}));
    handle(true);
    expect([reported, lines]).toEqual([[thrown], []]);
    handle(false);
    expect(lines).toEqual(['The handler of "bot-ready" threw']);
  });
});

describe("callbacks of a media manager", () => {
  /** They wait in a queue, which the test empties. */
  function queued(callbacks: RTVIEventCallbacks) {
    const waiting: (() => void)[] = [];
    const looked: string[] = [];
    const calls = queuedCallbacks(callbacks, (run) => waiting.push(run), {
      tracks: { followMicrophone: () => looked.push("tracks") },
      devices: { microphoneReported: ({ deviceId }) => looked.push(deviceId) },
      reportDeviceError: ({ type }) => looked.push(type),
    });
    return { calls, waiting, looked };
  }
  const device = { deviceId: "usb" } as MediaDeviceInfo;

  it("wait in the queue, and what the transport looks at it sees at once", () => {
    const heard: string[] = [];
    const { calls, waiting, looked } = queued({
      onMicUpdated: () => heard.push("onMicUpdated"),
      onCamUpdated: () => heard.push("onCamUpdated"),
    });
    calls.onMicUpdated?.(device);
    calls.onCamUpdated?.(device);
    expect([looked, heard]).toEqual([["usb"], []]);
    for (const run of waiting) run();
    expect(heard).toEqual(["onMicUpdated", "onCamUpdated"]);
  });

  it("are looked at where the app does not listen, and are none where nobody does", () => {
    const { calls, waiting, looked } = queued({});
    calls.onTrackStarted?.({} as MediaStreamTrack);
    calls.onTrackStopped?.({} as MediaStreamTrack);
    expect([looked, waiting]).toEqual([["tracks", "tracks"], []]);
    expect(calls.onCamUpdated).toBeUndefined();
  });

  it("have device errors reported by the transport alone", () => {
    const { calls, waiting, looked } = queued({ onDeviceError: () => undefined });
    calls.onDeviceError?.(new DeviceError(["mic"], "in-use", "It is taken."));
    expect([looked, waiting]).toEqual([["in-use"], []]);
  });
});
