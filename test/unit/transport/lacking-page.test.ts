import { DeviceError, LogLevel, PipecatClient, type RTVIMessage } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { UnsupportedEnvironmentError } from "../../../src/errors.js";
import { EVERY_TRANSPORT, type TransportName } from "../../../packages/testkit/src/worlds/every-transport.js";
import { FakePage, type Lack } from "../../../packages/testkit/src/worlds/page.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";

interface Expected {
  /** `onDeviceError` of the microphone at `initDevices()`: its message. */
  readonly mic?: RegExp;
  /** `onDeviceError` of the speaker during `connect()`: its message. */
  readonly speaker?: RegExp;
  /** What `connect()` rejects with: its message. */
  readonly connect?: RegExp;
}

const NO_MICROPHONE = /navigator\.mediaDevices.*use a browser/;
const NO_AUDIO_CONTEXT = /AudioContext.*use a browser/;
const NO_WORKLET = /AudioWorklet.*https.*localhost/;

/** What each lack means where audio goes through worklets, and messages through a WebSocket. */
const OVER_A_SOCKET: Record<Lack, Expected> = {
  nothing: {},
  "secure context": { mic: /secure context.*https.*localhost/, speaker: NO_WORKLET },
  mediaDevices: { mic: NO_MICROPHONE },
  getUserMedia: { mic: NO_MICROPHONE },
  AudioContext: { mic: NO_AUDIO_CONTEXT, speaker: NO_AUDIO_CONTEXT },
  AudioWorklet: { mic: NO_WORKLET, speaker: NO_WORKLET },
  WebSocket: { connect: /no global WebSocket.*use a browser.*`(options\.)?WebSocket`/ },
  RTCPeerConnection: {},
  fetch: {},
};

/** Over WebRTC tracks go both ways: without Web Audio there are no levels, and no more is missing. */
const OVER_WEBRTC: Record<Lack, Expected> = {
  ...OVER_A_SOCKET,
  "secure context": { mic: /secure context.*https.*localhost/ },
  AudioContext: {},
  AudioWorklet: {},
  WebSocket: {},
  RTCPeerConnection: { connect: /no RTCPeerConnection.*use a browser.*`options\.RTCPeerConnection`/ },
  fetch: { connect: /no global fetch.*`options\.fetch`/ },
};

const CASES = (Object.keys(EVERY_TRANSPORT) as TransportName[]).flatMap((name) =>
  Object.entries(name === "OpenAI over WebRTC" ? OVER_WEBRTC : OVER_A_SOCKET).map(
    ([lack, expected]) => [name, lack as Lack, expected] as const,
  ),
);

const MISSING = /mediaDevices|getUserMedia|secure context/;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(CASES)("%s on a page without %s", (name, lack, expected) => {
  it("tells what is missing and what to do, and holds nothing after it", async () => {
    const service = await withService();
    const page = new FakePage(lack);
    const key = vi.fn(() => canary());
    const deviceErrors: DeviceError[] = [];
    const errors: unknown[] = [];
    const client = new PipecatClient({
      transport: EVERY_TRANSPORT[name](service, key),
      enableMic: true,
      callbacks: {
        onDeviceError: (error) => {
          expect(error).toBeInstanceOf(DeviceError);
          deviceErrors.push(error);
        },
        onError: ({ data }: RTVIMessage) => void errors.push(data),
      },
    });
    client.setLogLevel(LogLevel.NONE);

    await client.initDevices();
    expect(client.state).toBe("initialized");
    expect(deviceErrors).toEqual(expected.mic === undefined ? [] : [errorOf("mic", expected.mic)]);
    if (expected.mic !== undefined) {
      expect(client.mediaState.mic).toMatchObject({ state: "error", reason: "not-supported" });
      expect(client.isMicEnabled).toBe(false);
    }
    deviceErrors.length = 0;

    const outcome = await client.connect().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (expected.connect === undefined) {
      expect(outcome).toBeUndefined();
      expect(client.state).toBe("ready");
      await vi.waitFor(() => {
        const told = deviceErrors.filter(({ devices }) => devices.includes("speaker"));
        expect(told).toEqual(expected.speaker === undefined ? [] : [errorOf("speaker", expected.speaker)]);
      });
      expect(errors).toEqual([]);
    } else {
      expect(outcome).toBeInstanceOf(UnsupportedEnvironmentError);
      expect(outcome).toMatchObject({
        code: "unsupported-environment",
        message: expect.stringMatching(expected.connect) as string,
        retryable: false,
      });
      expect(errors).toMatchObject([{ code: "unsupported-environment", fatal: true }]);
      // A minted secret costs money.
      expect(key).not.toHaveBeenCalled();
    }

    await client.disconnect();
    expect(client.state).toBe("disconnected");
    await vi.waitFor(() => {
      expect(page.held).toEqual({ tracks: 0, contexts: 0, sockets: 0, peers: 0, listeners: 0 });
    });
  });
});

/** A DeviceError that an app can tell from a refused microphone; of what is missing beside `mediaDevices`, with its error. */
function errorOf(device: "mic" | "speaker", message: RegExp): unknown {
  const details = MISSING.test(message.source)
    ? undefined
    : { sourceError: expect.any(UnsupportedEnvironmentError) as Error };
  return expect.objectContaining({
    devices: [device],
    type: "undefined-mediadevices",
    message: expect.stringMatching(message) as string,
    details,
  });
}
