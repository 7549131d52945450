import {
  ProtobufFrameSerializer as PipecatProtobuf,
  TwilioSerializer as PipecatTwilio,
  WavMediaManager,
  WebSocketTransport as PipecatTransport,
} from "@pipecat-ai/websocket-transport";
import { PipecatClient, RTVIMessage, type Tracks, type Transport } from "@pipecat-ai/client-js";
import { describe, expectTypeOf, it } from "vitest";
import { WebAudioMediaManager } from "../../src/index.js";
import {
  ProtobufFrameSerializer,
  TwilioSerializer,
  WebSocketTransport,
  type PipecatMediaManager,
  type WebSocketSerializer,
  type WebSocketTransportConstructorOptions,
  type WebSocketTransportOptions,
} from "../../src/providers/pipecat/index.js";

type PipecatOptions = NonNullable<ConstructorParameters<typeof PipecatTransport>[0]>;
type PipecatSerializer = NonNullable<PipecatOptions["serializer"]>;
type PipecatParams = NonNullable<Parameters<PipecatTransport["_connect"]>[0]>;

/** `any`, which Pipecat's declarations say. */
type Whatever = Parameters<PipecatSerializer["serialize"]>[0];

/** An app's own serializer, as it is written for Pipecat's transport. */
class OwnSerializer {
  serialize(data: Whatever): Whatever {
    return JSON.stringify(data);
  }
  serializeAudio(data: ArrayBuffer, sampleRate: number, numChannels: number): Whatever {
    return new Blob([data, String(sampleRate), String(numChannels)]);
  }
  serializeMessage(message: RTVIMessage): Whatever {
    return JSON.stringify(message);
  }
  async deserialize(
    data: Whatever,
  ): Promise<
    | { type: "audio"; audio: Int16Array }
    | { type: "message"; message: RTVIMessage }
    | { type: "raw"; message: Whatever }
  > {
    return { type: "raw", message: data as unknown };
  }
}

describe("WebSocketTransport, beside Pipecat's", () => {
  it("takes everything that Pipecat's constructor takes", () => {
    expectTypeOf<ConstructorParameters<typeof PipecatTransport>>().toExtend<
      ConstructorParameters<typeof WebSocketTransport>
    >();
    expectTypeOf<PipecatOptions>().toExtend<WebSocketTransportConstructorOptions>();
    expectTypeOf<PipecatParams>().toExtend<WebSocketTransportOptions>();
    expectTypeOf<PipecatSerializer>().toExtend<WebSocketSerializer>();
    expectTypeOf<NonNullable<PipecatOptions["mediaManager"]>>().toExtend<PipecatMediaManager>();
  });

  it("has every option of Pipecat's, by name", () => {
    expectTypeOf<Exclude<keyof PipecatOptions, keyof WebSocketTransportConstructorOptions>>().toBeNever();
  });

  it("has every public member of Pipecat's, but the inside of its socket", () => {
    type Inside = "initializeWebsocket" | "_sendAudioInput" | "_sendMsg";
    expectTypeOf<Exclude<keyof PipecatTransport, keyof WebSocketTransport | Inside>>().toBeNever();
    type Narrower = Inside | "_validateConnectionParams" | "sendReadyMessage";
    expectTypeOf<WebSocketTransport>().toExtend<Omit<PipecatTransport, Narrower>>();
    expectTypeOf<WebSocketTransport["sendReadyMessage"]>().toExtend<PipecatTransport["sendReadyMessage"]>();
  });

  it("has serializers that serve where Pipecat's do", () => {
    expectTypeOf<ProtobufFrameSerializer>().toExtend<PipecatProtobuf>();
    expectTypeOf<TwilioSerializer>().toExtend<PipecatTwilio>();
    expectTypeOf<ConstructorParameters<typeof ProtobufFrameSerializer>>().toEqualTypeOf<
      ConstructorParameters<typeof PipecatProtobuf>
    >();
    expectTypeOf<ConstructorParameters<typeof TwilioSerializer>>().toEqualTypeOf<
      ConstructorParameters<typeof PipecatTwilio>
    >();
    expectTypeOf<ProtobufFrameSerializer>().toExtend<PipecatSerializer>();
    expectTypeOf<TwilioSerializer>().toExtend<PipecatSerializer>();
  });

  it("is written as Pipecat's is", async () => {
    const transport = new WebSocketTransport({
      serializer: new TwilioSerializer(),
      recorderSampleRate: 8000,
      playerSampleRate: 8000,
      mediaManager: new WavMediaManager(),
    });
    expectTypeOf(transport).toExtend<Transport>();
    const client = new PipecatClient({ transport, enableMic: true, enableCam: false, callbacks: {} });
    await client.connect({ wsUrl: "ws://localhost:7860", token: "t" });
    transport.sendRawMessage({ event: "connected", protocol: "Call", version: "1.0.0" });
    transport.sendMessage(new RTVIMessage("client-message", {}));
    expectTypeOf(transport.tracks()).toEqualTypeOf<Tracks>();
    new WebSocketTransport();
    // oxlint-disable-next-line typescript/no-deprecated -- an app that has it still compiles
    new WebSocketTransport({ ws_url: "ws://localhost", serializer: new OwnSerializer() });
    new WebSocketTransport({ serializer: new PipecatProtobuf() });
    new WebSocketTransport({ serializer: new PipecatTwilio() });
    new PipecatTransport({ serializer: new ProtobufFrameSerializer() });
  });

  it("takes more: a manager of this library, functions for each attempt, and the options of every transport", () => {
    new WebSocketTransport(
      {
        mediaManager: new WebAudioMediaManager({ inputSampleRate: 16_000 }),
        wsUrl: async ({ attempt, signal }) => (await fetch(`/bot?${attempt}`, { signal })).text(),
        token: ({ attempt }) => (attempt === 1 ? null : "t"),
      },
      undefined,
      { reconnect: { attempts: 3 }, timeouts: { ready: 5_000 }, preRoll: 500, logger: console },
    );
    new WebSocketTransport({ wsUrl: "ws://localhost" }, new WavMediaManager());
    // @ts-expect-error that belongs in the third argument
    new WebSocketTransport({ wsUrl: "ws://localhost", reconnect: false });
    // @ts-expect-error a rate is a number
    new WebSocketTransport({ recorderSampleRate: "16000" });
    // @ts-expect-error a serializer deserializes
    new WebSocketTransport({ serializer: { serialize: () => "" } });
  });
});
