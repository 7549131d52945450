import { PipecatClient, RTVIEvent, type RTVIEvents } from "@pipecat-ai/client-js";
import { createTransport, type ChartedTransport, type OfferedService, type SessionChoices } from "./services.js";
import type { Timeline } from "./timeline.js";

/** Not for the log: levels come too often, and the meters show them; the others are older names of what is logged. */
const UNLOGGED: ReadonlySet<RTVIEvent> = new Set([
  RTVIEvent.LocalAudioLevel,
  RTVIEvent.RemoteAudioLevel,
  RTVIEvent.BotTranscript,
  RTVIEvent.LLMFunctionCall,
]);

/** A client on the transport of one service; it can connect any number of times. */
export class Session {
  readonly service: OfferedService;
  readonly transport: ChartedTransport;
  readonly #client: PipecatClient;

  constructor(service: OfferedService, choices: SessionChoices, timeline: Timeline) {
    this.service = service;
    this.transport = createTransport(service, choices);
    this.#client = new PipecatClient({ transport: this.transport, enableMic: true });
    for (const event of Object.values(RTVIEvent)) {
      if (UNLOGGED.has(event)) continue;
      this.on(event, (payload?: unknown) => {
        // A bot's start brings the session's credential: it is nobody's to read.
        timeline.add(event, event === RTVIEvent.BotStarted ? undefined : payload);
      });
    }
    this.#client.registerFunctionCallHandler("current_time", () =>
      Promise.resolve({
        time: new Date().toLocaleTimeString(),
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      }),
    );
  }

  /** Whether the service says when a spoken turn ends; Gemini leaves it to be concluded from the answer. */
  get tellsTurnEnds(): boolean {
    return this.service.id !== "gemini";
  }

  get client(): PipecatClient {
    return this.#client;
  }

  on<E extends keyof RTVIEvents>(event: E, listener: NonNullable<RTVIEvents[E]>): void {
    this.#client.on(event, listener);
  }

  /** Asks the page's server for a short-lived credential, then connects with it. */
  async connect(): Promise<void> {
    await this.#client.startBotAndConnect({
      endpoint: "/api/session",
      requestData: { service: this.service.id },
    });
  }

  async disconnect(): Promise<void> {
    await this.#client.disconnect();
  }

  async say(text: string): Promise<void> {
    await this.#client.sendText(text);
  }

  /** Turns the microphone on or off; resolves to nothing, `isMicEnabled` tells at once. */
  toggleMute(): boolean {
    const enable = !this.#client.isMicEnabled;
    this.#client.enableMic(enable);
    return !enable;
  }
}
