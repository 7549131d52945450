import { LogLevel, PipecatClient, RTVIEvent, type PipecatClientOptions } from "@pipecat-ai/client-js";
import { vi } from "vitest";
import {
  OpenAIRealTimeWebRTCTransport,
  OpenAIRealTimeWebSocketTransport,
  type OpenAIServiceOptions,
} from "../../../src/providers/openai/index.js";
import type { TransportOptions } from "../../../src/options.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";

/** An RTVI event as an app hears it. */
export interface Heard {
  readonly event: RTVIEvent;
  /** The first argument. */
  readonly data: unknown;
  /** `performance.now()` */
  readonly at: number;
}

export const silentLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Our transport on a local service, quiet. */
export function openAITransport(
  base_url: string,
  service: OpenAIServiceOptions = {},
  options: TransportOptions = {},
): OpenAIRealTimeWebSocketTransport {
  return new OpenAIRealTimeWebSocketTransport({ api_key: canary(), base_url, ...service }, undefined, {
    logger: silentLogger,
    ...options,
  });
}

/** The same over WebRTC. */
export function webRtcTransport(
  base_url: string,
  service: OpenAIServiceOptions = {},
  options: TransportOptions = {},
): OpenAIRealTimeWebRTCTransport {
  return new OpenAIRealTimeWebRTCTransport({ api_key: canary(), base_url, ...service }, undefined, {
    logger: silentLogger,
    ...options,
  });
}

/** A client, and everything it says. */
export class App {
  readonly client: PipecatClient;
  readonly heard: Heard[] = [];

  constructor(options: PipecatClientOptions) {
    this.client = new PipecatClient({ enableMic: true, ...options });
    this.client.setLogLevel(LogLevel.NONE);
    for (const event of Object.values(RTVIEvent)) {
      this.client.on(event, (...args: unknown[]) => {
        this.heard.push({ event, data: args[0], at: performance.now() });
      });
    }
  }

  /** Forgets what was heard. */
  forget(): void {
    this.heard.length = 0;
  }

  all(event: RTVIEvent): Heard[] {
    return this.heard.filter((heard) => heard.event === event);
  }

  count(event: RTVIEvent): number {
    return this.all(event).length;
  }

  last(event: RTVIEvent): Heard | undefined {
    return this.all(event).at(-1);
  }

  get states(): unknown[] {
    return this.all(RTVIEvent.TransportStateChanged).map(({ data }) => data);
  }

  /** What `onError` was told: class, code, whether it was fatal. */
  get errors(): { readonly name: unknown; readonly code: unknown; readonly fatal: unknown }[] {
    return this.all(RTVIEvent.Error).map(({ data }) => {
      const { name, code, fatal } = (data as { data: Record<string, unknown> }).data;
      return { name, code, fatal };
    });
  }

  /** Waits for something to be true; on failure tells what was heard. */
  async until<T>(what: string, look: () => T | Promise<T>, timeout = 20_000): Promise<NonNullable<T>> {
    try {
      return (await vi.waitUntil(look, { timeout, interval: 20 })) as NonNullable<T>;
    } catch {
      const levels: RTVIEvent[] = [RTVIEvent.LocalAudioLevel, RTVIEvent.RemoteAudioLevel];
      const heard = this.heard.filter(({ event }) => !levels.includes(event));
      throw new Error(`${what} did not come; state ${this.client.state}, heard:\n${heard.map(line).join("\n")}`);
    }
  }

  /** Says something in text and waits until the bot has answered it. */
  async answered(text: string): Promise<void> {
    await this.client.sendText(text);
    // The microphone may have spoken just before, and the bot answers both in one.
    const answer = (): boolean => this.words.replace(/\(speech, [\d.]+ s\) /g, "").includes(`You said: ${text}`);
    await this.until(`the answer to "${text}"`, answer);
  }

  /** All that the bot has written, in a row. */
  get words(): string {
    return this.all(RTVIEvent.BotLlmText)
      .map(({ data }) => (data as { text: string }).text)
      .join("");
  }

  /** A promise that may reject, but not hang. */
  async settled(promise: Promise<unknown>, timeout = 20_000): Promise<unknown> {
    let outcome: { readonly value: unknown } | undefined;
    promise.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { value: error }),
    );
    return (await this.until("the end of a promise", () => outcome, timeout)).value;
  }
}

function line({ event, data, at }: Heard): string {
  return `${Math.round(at)} ${event} ${data instanceof Error ? data.message : JSON.stringify(data)}`;
}
