import type {
  GeminiLiveWebsocketTransport,
  GeminiLLMServiceOptions,
} from "@pipecat-ai/gemini-live-websocket-transport";
import { describe, expectTypeOf, it } from "vitest";
import {
  RealTimeWebsocketTransport,
  type LLMServiceOptions,
  type MediaManager,
  type TransportOptions,
} from "../../src/index.js";

/** Pipecat's own documentation declares these two async. */
export abstract class AsyncSetUp extends RealTimeWebsocketTransport {
  override async initializeLLM(): Promise<void> {
    await Promise.resolve();
  }
  override async attachLLMListeners(): Promise<void> {
    await Promise.resolve();
  }
}

describe("a subclass written for Pipecat's class", () => {
  it("is made with what it was made with, and with our options where it passes them on", () => {
    type Made = ConstructorParameters<typeof RealTimeWebsocketTransport>;
    expectTypeOf<[LLMServiceOptions]>().toExtend<Made>();
    expectTypeOf<[LLMServiceOptions, MediaManager]>().toExtend<Made>();
    expectTypeOf<[LLMServiceOptions, MediaManager, TransportOptions]>().toExtend<Made>();
  });

  it("must implement what Pipecat's asks for", () => {
    // @ts-expect-error everything is missing
    class Empty extends RealTimeWebsocketTransport {}
    return Empty;
  });

  it("takes the options of Pipecat's own subclass", () => {
    expectTypeOf<GeminiLLMServiceOptions>().toExtend<LLMServiceOptions>();
  });

  it("finds every public member that Pipecat's class has", () => {
    type GeminisOwn = "_sendAudioInput" | "_sendTextInput" | "_sendMsg" | "_validateConnectionParams" | "_connect";
    expectTypeOf<RealTimeWebsocketTransport>().toExtend<Omit<GeminiLiveWebsocketTransport, GeminisOwn>>();
  });
});
