import { readFile } from "node:fs/promises";
import { LogLevel, PipecatClient, RTVIEvent, type PipecatClientOptions, type RTVIMessage } from "@pipecat-ai/client-js";
import { afterEach, vi } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import type { LocalService } from "../../../../packages/local-service/src/index.js";
import type { ReconnectOptions, TransportOptions } from "../../../../src/options.js";
import type { Recovery } from "../../../../src/contracts/continuity.js";
import { GeminiLiveWebsocketTransport, type GeminiLLMServiceOptions } from "../../../../src/providers/gemini/index.js";
import { QuickMedia } from "../../../../packages/testkit/src/worlds/quick-media.js";
import { readWav } from "../../../../packages/testkit/src/audio/read-wav.js";
import { chunks, silence } from "../../../../packages/testkit/src/audio/speech.js";
import { silent } from "../../../../packages/testkit/src/worlds/world.js";
import { canary } from "../../../../packages/testkit/src/secrets/secrets.js";

// client-js asks the window for the browser's name, without asking first whether there is one.
Object.assign(globalThis, { window: Object.assign(new EventTarget(), { navigator: { onLine: true } }) });

/** One sentence of a recorded voice, 24 kHz: from 2.8 s on. */
const VOICE = readWav(
  await readFile(new URL("../../../../packages/testkit/fixtures/speech.wav", import.meta.url)),
).pcm.subarray(2.8 * 48_000, 5.6 * 48_000);

const open: LiveRig[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ client }) => client.disconnect()));
});

/** A wire may be changed, and counts as up, at once; redials come soon. */
export const HASTY: ReconnectOptions = { base: 1, cap: 20, minUptime: 1 };

/** An app on the Gemini transport, on a real socket. Without a browser: its microphone says what it is told to. */
export class LiveRig {
  readonly media = new QuickMedia();
  readonly told: RTVIMessage[] = [];
  /** Names of the events of client-js that came, in order. */
  readonly events: string[] = [];
  readonly states: string[] = [];
  readonly errors: { readonly message: string; readonly fatal: boolean; readonly code?: string }[] = [];
  readonly recoveries: Recovery[] = [];
  readonly transport: GeminiLiveWebsocketTransport;
  readonly client: PipecatClient;

  constructor(
    readonly service: LocalService,
    options: GeminiLLMServiceOptions = {},
    { callbacks, ...transportOptions }: TransportOptions & Pick<PipecatClientOptions, "callbacks"> = {},
  ) {
    this.transport = new GeminiLiveWebsocketTransport(
      { api_key: canary("AIza"), base_url: service.geminiUrl, ...options },
      this.media,
      {
        WebSocket: NodeWebSocket as unknown as typeof WebSocket,
        reconnect: HASTY,
        onRecovered: (recovery) => void this.recoveries.push(recovery),
        logger: silent,
        ...transportOptions,
      },
    );
    const initialize = this.transport.initialize.bind(this.transport);
    this.transport.initialize = (clientOptions, hear) => {
      initialize(clientOptions, (message) => {
        this.told.push(message);
        hear(message);
      });
    };
    this.client = new PipecatClient({
      transport: this.transport,
      enableMic: true,
      callbacks: {
        ...callbacks,
        onTransportStateChanged: (state) => void this.states.push(state),
        onError: ({ data }) => void this.errors.push(data as LiveRig["errors"][number]),
      },
    });
    this.client.setLogLevel(LogLevel.NONE);
    for (const event of Object.values(RTVIEvent)) this.client.on(event, () => void this.events.push(event));
    open.push(this);
  }

  /** One that is connected and ready. */
  static async ready(...[service, options, rest]: ConstructorParameters<typeof LiveRig>): Promise<LiveRig> {
    const rig = new LiveRig(service, options, rest);
    await rig.client.connect();
    return rig;
  }

  /** The numbers of the bot's sentences, in the order in which they were told. */
  get segments(): number[] {
    const said = this.told.filter(({ type }) => type === "bot-output");
    return said.map(({ data }) => (data as { readonly segment_id: number }).segment_id);
  }

  get types(): string[] {
    return this.told.map(({ type }) => type);
  }

  count(type: string): number {
    return this.types.filter((told) => told === type).length;
  }

  data(type: string): unknown[] {
    return this.told.filter((message) => message.type === type).map((message) => message.data);
  }

  /** What the bot wrote or said, sentence by sentence. */
  get botSaid(): string[] {
    return this.data("bot-transcription").map((data) => (data as { text: string }).text);
  }

  /** The conversation as the service has it: who said what. */
  get items(): string[] {
    return (this.service.sessions.at(-1)?.items ?? []).map((item) => {
      const { role, parts } = item as { role: string; parts: { text?: string; transcript?: string }[] };
      return `${role}: ${parts.map((part) => part.text ?? part.transcript ?? Object.keys(part)[0]).join(" ")}`;
    });
  }

  async seen(type: string, times = 1): Promise<void> {
    await vi.waitUntil(() => this.count(type) >= times, { timeout: 8_000, interval: 5 });
  }

  async recovered(times = 1): Promise<Recovery | undefined> {
    await vi.waitUntil(() => this.recoveries.length >= times, { timeout: 8_000, interval: 5 });
    return this.recoveries.at(-1);
  }

  /** Says the voice into the microphone, and then nothing for a while, faster than real time. */
  async speak(quietMs = 700): Promise<void> {
    await this.say(Buffer.concat([VOICE, silence(quietMs)]));
  }

  async say(pcm: Buffer): Promise<void> {
    for (const chunk of chunks(pcm, 40)) {
      this.media.say(new Uint8Array(chunk).buffer);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Has the bot answer a text, to the end. */
  async ask(text: string): Promise<void> {
    const before = this.count("bot-stopped-speaking");
    await this.client.sendText(text);
    await this.seen("bot-stopped-speaking", before + 1);
  }
}
