import type { DeviceError, RTVIEventCallbacks, RTVIMessage } from "@pipecat-ai/client-js";
import type { Logger } from "../log.js";
import { withWholeStack } from "./function-calls.js";

/** Runs app code: what it throws is logged and changes nothing here. */
export function runSafely(name: string, logger: Logger, run: () => unknown): void {
  try {
    const result = run();
    if (result instanceof Promise) {
      result.catch((error: unknown) => {
        logger.error(`${name} rejected`, error);
      });
    }
  } catch (error) {
    logger.error(`${name} threw`, error);
  }
}

/** The app's callbacks, each guarded. Functions are looked up at the call, as the client may wrap them later. */
export function safeCallbacks(callbacks: RTVIEventCallbacks, logger: Logger): RTVIEventCallbacks {
  return new Proxy(callbacks, {
    get(target, name) {
      const callback: unknown = Reflect.get(target, name);
      if (typeof callback !== "function") return callback;
      return (...args: unknown[]): void => {
        runSafely(String(name), logger, () => Reflect.apply(callback, target, args) as unknown);
      };
    },
  });
}

/**
 * The client's message handler, guarded: it runs app callbacks.
 * @param reports Whether what it threw is reported otherwise; then it is not logged here.
 */
export function safeHandler(
  handler: (message: RTVIMessage) => void,
  logger: Logger,
  reports: (message: RTVIMessage, error: unknown) => boolean = () => false,
): (message: RTVIMessage) => void {
  const handle = withWholeStack(handler);
  return (message) => {
    runSafely(`The handler of "${message.type}"`, logger, () => {
      try {
        handle(message);
      } catch (error) {
        if (!reports(message, error)) throw error;
      }
    });
  };
}

/**
 * The app's callbacks for its media manager: they wait in a queue.
 * @param core Looks at a track that started or stopped, and at the microphone that is reported, before the app does; reports a device
 * error to the app, and to the log, which hears of it where the app does not listen.
 */
export function queuedCallbacks(
  callbacks: RTVIEventCallbacks,
  post: (callback: () => void) => void,
  core: {
    readonly tracks: { readonly followMicrophone: () => void };
    readonly devices: { readonly microphoneReported: (mic: MediaDeviceInfo) => void };
    readonly reportDeviceError: (error: DeviceError) => void;
  },
): RTVIEventCallbacks {
  const looks: RTVIEventCallbacks = {
    onTrackStarted: () => core.tracks.followMicrophone(),
    onTrackStopped: () => core.tracks.followMicrophone(),
    onMicUpdated: (mic) => core.devices.microphoneReported(mic),
  };
  return new Proxy(callbacks, {
    get: (target, name) => {
      if (name === "onDeviceError") return (error: DeviceError) => core.reportDeviceError(error);
      const callback: unknown = Reflect.get(target, name);
      const look: unknown = Reflect.get(looks, name);
      if (typeof callback !== "function" && typeof look !== "function") return callback;
      return (...args: unknown[]): void => {
        if (typeof look === "function") Reflect.apply(look, looks, args);
        if (typeof callback === "function") post(() => void Reflect.apply(callback, target, args));
      };
    },
  });
}
