import type { RTVIMessage } from "@pipecat-ai/client-js";
import { expect, onTestFinished, vi } from "vitest";
import { Frame } from "../../../../src/codec/pipecat/frames.js";
import {
  WebSocketTransport,
  type WebSocketTransportConstructorOptions,
} from "../../../../src/providers/pipecat/index.js";
import type { TransportOptions } from "../../../../src/options.js";
import { PIPECAT_OPTIONS } from "../../../../src/providers/pipecat/options.js";
import { ScriptedMediaManager, ScriptedSpeaker } from "../../../../src/testing/index.js";
import { FakeWebSocket, FakeWebSocketConstructor } from "../../../../packages/testkit/src/scripted/fake-web-socket.js";

/** Keeps what it is given to play. */
class RecordingSpeaker extends ScriptedSpeaker {
  readonly heard: { readonly itemId: string; readonly pcm: Int16Array }[] = [];
  interruptions = 0;

  override write(pcm: Int16Array, itemId: string): void {
    super.write(pcm, itemId);
    this.heard.push({ itemId, pcm: pcm.slice() });
  }
  override interrupt() {
    this.interruptions += 1;
    return super.interrupt();
  }
}

export class RecordingMedia extends ScriptedMediaManager {
  override readonly speaker = new RecordingSpeaker();
}

type FrameOf = NonNullable<Frame["frame"]>;
type Audio = Extract<FrameOf, { $case: "audio" }>["value"];

/** Turns of the event loop: everything that came is read. */
export const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

export const bytesOf = (frame: FrameOf): ArrayBuffer => Frame.encode({ frame }).finish().buffer;

/** What the bot's server writes. */
export const bot = {
  message: (message: unknown): ArrayBuffer =>
    bytesOf({ $case: "message", value: { data: typeof message === "string" ? message : JSON.stringify(message) } }),
  rtvi: (type: string, data?: unknown, id?: string): ArrayBuffer => bot.message({ label: "rtvi-ai", type, data, id }),
  audio: (audio: Uint8Array, fields: Partial<Audio> = {}): ArrayBuffer =>
    bytesOf({ $case: "audio", value: { id: 1n, name: "audio", audio, sampleRate: 24_000, numChannels: 1, ...fields } }),
  pcm: (samples: Int16Array, fields: Partial<Audio> = {}): ArrayBuffer =>
    bot.audio(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), fields),
  interruption: (): ArrayBuffer => bytesOf({ $case: "interruption", value: { id: 1n, name: "" } }),
};

export const samples = (count: number, value = 1000): Int16Array => new Int16Array(count).fill(value);

interface Message {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
}

const messagesIn = (frames: readonly FrameOf[]): Message[] =>
  frames.flatMap((frame) => (frame.$case === "message" ? [JSON.parse(frame.value.data) as Message] : []));
const isPing = ({ type }: Message): boolean => type === "rtvi-machine/ping";

function everythingSent(socket: FakeWebSocket): FrameOf[] {
  return socket.sent.flatMap((data) => Frame.decode(data as Uint8Array).frame ?? []);
}

/** What the transport sent, decoded; without its pings. */
export function sentFrames(socket = FakeWebSocket.last): FrameOf[] {
  return everythingSent(socket).filter((frame) => !messagesIn([frame]).some(isPing));
}

export function sentMessages(socket = FakeWebSocket.last): Message[] {
  return messagesIn(sentFrames(socket));
}

export function sentPings(socket = FakeWebSocket.last): Message[] {
  return messagesIn(everythingSent(socket)).filter(isPing);
}

/** Options of the first and of the third argument, together. */
export type RigOptions = WebSocketTransportConstructorOptions & TransportOptions;

function separated(options: RigOptions) {
  const entries = Object.entries(options);
  const part = (wanted: boolean) => Object.fromEntries(entries.filter(([key]) => key in PIPECAT_OPTIONS === wanted));
  return { own: part(true), rest: part(false) };
}

/** A transport that is not connected, and everything that it says. */
export function build(options: RigOptions = {}) {
  FakeWebSocket.all.length = 0;
  const manager = new RecordingMedia();
  const told: RTVIMessage[] = [];
  const states: string[] = [];
  const order: string[] = [];
  const errors: RTVIMessage[] = [];
  const messageErrors: RTVIMessage[] = [];
  const logged: unknown[][] = [];
  const log = (...line: unknown[]) => void logged.push(line);
  const { own, rest } = separated(options);
  const transport = new WebSocketTransport({ wsUrl: "ws://bot.test/ws", mediaManager: manager, ...own }, undefined, {
    WebSocket: FakeWebSocketConstructor,
    reconnect: { base: 1, cap: 1 },
    timeouts: { disconnect: 20 },
    logger: { debug: log, info: log, warn: log, error: log },
    ...rest,
  });
  transport.initialize(
    {
      transport,
      callbacks: {
        onTransportStateChanged: (state) => {
          states.push(state);
          order.push(state);
        },
        onError: (message) => void errors.push(message),
        onMessageError: (message) => void messageErrors.push(message),
      },
    },
    (message) => {
      told.push(message);
      order.push(message.type);
      if (message.type === "error") errors.push(message);
      if (message.type === "error-response") messageErrors.push(message);
    },
  );
  onTestFinished(async () => {
    const left = transport.disconnect();
    // The clock may be one that nobody turns any more.
    FakeWebSocket.all.at(-1)?.drop(1000);
    await left;
  });
  return {
    transport,
    manager,
    speaker: manager.speaker,
    told,
    states,
    /** States and messages as they came. */
    order,
    errors,
    messageErrors,
    logged,
    types: () => told.map(({ type }) => type),
    of: (type: string) => told.filter((message) => message.type === type).map(({ data }) => data),
    receive: async (...frames: unknown[]) => {
      for (const frame of frames) FakeWebSocket.last.message(frame);
      await turn();
    },
  };
}

export type Rig = ReturnType<typeof build>;

/** Waits for the socket of the given attempt. */
export async function dialled(count = 1): Promise<FakeWebSocket> {
  await vi.waitFor(() => {
    expect(FakeWebSocket.all).toHaveLength(count);
  });
  return FakeWebSocket.last;
}

export async function connected(options: RigOptions = {}, params?: unknown): Promise<Rig> {
  const rig = build(options);
  const connecting = rig.transport.connect(params);
  (await dialled()).open();
  await connecting;
  return rig;
}

export async function ready(options: RigOptions = {}, params?: unknown): Promise<Rig> {
  const rig = await connected(options, params);
  const announced = rig.transport.sendReadyMessage();
  await rig.receive(bot.rtvi("bot-ready", { version: "2.1.0" }, sentMessages()[0]?.id));
  await announced;
  return rig;
}
