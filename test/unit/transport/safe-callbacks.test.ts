import { RTVIMessage, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { beforeEach, describe, expect, it } from "vitest";
import type { Logger } from "../../../src/log.js";
import { safeCallbacks, safeHandler, safeLogger, runSafely } from "../../../src/transport/safe-callbacks.js";

const lines: string[] = [];
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

  it("may log with a logger that throws", () => {
    const guarded = safeLogger({
      ...logger,
      warn: () => {
        throw new Error("no");
      },
    });
    guarded.warn("lost");
    guarded.info("kept");
    expect(lines).toEqual(["kept"]);
  });
});
