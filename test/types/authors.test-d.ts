import { RTVIMessage, type Tracks, type TransportState } from "@pipecat-ai/client-js";
import { describe, expectTypeOf, it } from "vitest";
import {
  type Fault,
  MediaManager,
  RealTimeWebsocketTransport,
  type RtviMachineError,
  type RtviTag,
  rtviStateOf,
  ServiceError,
  type LLMServiceOptions,
} from "../../src/index.js";

/** The example of the seed document, with its gaps filled in and its `async` on `void` methods left as it is meant. */
interface MyLLMOptions extends LLMServiceOptions {
  api_key: string;
}

class MyLLMServiceTransport extends RealTimeWebsocketTransport {
  readonly key: string;

  constructor(service_options: MyLLMOptions, manager?: MediaManager) {
    super(service_options, manager);
    this.key = service_options.api_key;
  }
  initializeLLM(): void {}
  attachLLMListeners(): void {}
  async connectLLM(): Promise<void> {}
  async disconnectLLM(): Promise<void> {}
  handleUserAudioStream(data: ArrayBuffer): void {
    this.bufferBotAudio(data, "id");
  }
  async sendReadyMessage(): Promise<void> {
    this.state = "ready";
    this._onMessage(new RTVIMessage("bot-ready", {}));
    await this.userStartedSpeaking();
    if (this._botIsSpeaking) this.botStoppedSpeaking();
    this.botStartedSpeaking();
    this.botTtsText({ text: "hi" });
    this.userTranscript({ text: "hi", final: true, timestamp: "", user_id: "" });
    this.userStoppedSpeaking();
    this.connectionError("no");
    this._callbacks.onError?.(RTVIMessage.error("no"));
  }
  sendMessage(message: RTVIMessage): void {
    this.deliver("server-message", message.data);
  }
}

describe("RealTimeWebsocketTransport, as an author extends it", () => {
  it("has every member of the seed's API reference", () => {
    type T = MyLLMServiceTransport;
    expectTypeOf<T["getAllMics"]>().toEqualTypeOf<() => Promise<MediaDeviceInfo[]>>();
    expectTypeOf<T["getAllCams"]>().toEqualTypeOf<() => Promise<MediaDeviceInfo[]>>();
    expectTypeOf<T["getAllSpeakers"]>().toEqualTypeOf<() => Promise<MediaDeviceInfo[]>>();
    expectTypeOf<T["updateMic"]>().toEqualTypeOf<(micId: string) => Promise<void>>();
    expectTypeOf<T["updateCam"]>().toEqualTypeOf<(camId: string) => void>();
    expectTypeOf<T["updateSpeaker"]>().toEqualTypeOf<(speakerId: string) => void>();
    expectTypeOf<T["state"]>().toEqualTypeOf<TransportState>();
    expectTypeOf<T["isCamEnabled"]>().toEqualTypeOf<boolean>();
    expectTypeOf<T["isMicEnabled"]>().toEqualTypeOf<boolean>();
    expectTypeOf<T["expiry"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<T["tracks"]>().toEqualTypeOf<() => Tracks>();
  });

  it("gives its actor to selectors", () => {
    const { actor } = new MyLLMServiceTransport({ api_key: "k" });
    expectTypeOf(rtviStateOf(actor.getSnapshot())).toEqualTypeOf<RtviTag>();
    actor.on("connection.lost", ({ fault }) => {
      expectTypeOf(fault).toEqualTypeOf<Fault>();
    });
    // @ts-expect-error an event that the root chart does not know
    actor.send({ type: "session.wished" });
  });

  it("has errors with a stable code", () => {
    const error: RtviMachineError = new ServiceError("no", { serviceCode: "x", status: 429 });
    expectTypeOf(error.code).toEqualTypeOf<Fault["code"]>();
    expectTypeOf(error.retryable).toEqualTypeOf<boolean>();
  });
});

/** A manager with Pipecat's methods and no more. */
export class ForeignManager extends MediaManager {
  async initialize(): Promise<void> {}
  async connect(): Promise<void> {}
  async disconnect(): Promise<void> {}
  userStartedSpeaking(): Promise<unknown> {
    return Promise.resolve(null);
  }
  bufferBotAudio(data: ArrayBuffer | Int16Array): Int16Array | undefined {
    return data instanceof Int16Array ? data : new Int16Array(data);
  }
  getAllMics(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([]);
  }
  getAllCams(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([]);
  }
  getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([]);
  }
  updateMic(): void {}
  updateCam(): void {}
  updateSpeaker(): void {}
  get selectedMic(): MediaDeviceInfo | Record<string, never> {
    return {};
  }
  get selectedCam(): MediaDeviceInfo | Record<string, never> {
    return {};
  }
  get selectedSpeaker(): MediaDeviceInfo | Record<string, never> {
    return {};
  }
  enableMic(enable: boolean): void {
    this._micEnabled = enable;
  }
  enableCam(): void {}
  enableScreenShare(): void {}
  get isCamEnabled(): boolean {
    return this._camEnabled;
  }
  get isMicEnabled(): boolean {
    return this._micEnabled;
  }
  get isSharingScreen(): boolean {
    return false;
  }
  tracks(): Tracks {
    return { local: {} };
  }
}
