import {
  MessageTooLargeError,
  messageSizeWithinLimit,
  RTVI_PROTOCOL_VERSION,
  type RTVIMessage,
} from "@pipecat-ai/client-js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import { NotReadyError, type RtviMachineError } from "../../errors.js";
import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { RealTimeWebsocketTransport } from "../../rtvi/real-time-websocket-transport.js";
import { Conversation, type ConversationSetup } from "./conversation.js";
import { resolveKey } from "./credential.js";
import type { OpenAIClientEvent } from "./effects.js";
import { SERVICE } from "./names.js";
import type { OpenAIServiceOptions, OpenAISessionConfig } from "./options.js";
import { readServiceEvent } from "./outbound.js";
import { readConnectionParams, type OpenAIConnectionParams } from "./params.js";
import { planSession, type SessionPlan } from "./plan.js";
import { isServiceRequest } from "../../rtvi/inference/protocol.js";
import { isInSession } from "../../rtvi/requests.js";
import { openAIInference, type OpenAIInference } from "./services/inference.js";
import { ServiceRuntime } from "../../rtvi/translate/runtime.js";
import { checkSettings } from "./settings.js";

/** What a transport is, for its conversations. */
export interface ServiceTraits extends Pick<ConversationSetup, "name" | "playback"> {
  /** Monotonic time in ms. Default `performance.now`. */
  readonly now?: ConversationSetup["now"];
  /** Default the system's. */
  readonly date?: ConversationSetup["date"];
}

/** What both OpenAI transports are, whatever carries their events: options, messages, settings and interruption. */
export abstract class OpenAITransport extends RealTimeWebsocketTransport {
  /** The messages of RTVI's services are answered here, in every state. */
  readonly answersServices = true;
  declare protected _service_options: OpenAIServiceOptions;
  protected readonly _runtime: ServiceRuntime<Conversation>;
  protected _params: OpenAIConnectionParams | undefined;
  private readonly _inference: OpenAIInference;

  constructor(
    service_options: OpenAIServiceOptions,
    manager: MediaManager | undefined,
    options: TransportOptions,
    private readonly _traits: ServiceTraits,
  ) {
    super(service_options, manager, options);
    this._runtime = new ServiceRuntime(
      {
        deliver: ({ type, data, id }) => {
          this._deliver(type, data, id);
        },
        play: (itemId, pcm) => {
          this.bufferBotAudio(pcm, itemId);
        },
        interrupt: () => this.interruptBot(),
        ready: () => {
          this.serviceReady();
        },
        heard: () => {
          this.messageHeard();
        },
        awaiting: (due) => {
          this.answerDue(due);
        },
        report: (error) => {
          this.reportError(error);
        },
        lost: (error) => {
          this.wireEnded(error);
        },
        hangUp: () => {
          void this.disconnect();
        },
        logger: this.logger,
      },
      SERVICE,
    );
    this._inference = openAIInference({
      options: () => this._service_options,
      change: (options) => {
        this._service_options = { ...this._service_options, ...options };
      },
      params: () => (isInSession(this.state) ? { ...this._params } : undefined),
      update: (settings) => {
        this.updateSettings(settings);
      },
      runtime: this._runtime,
    });
  }

  /** Nothing to prepare: every attempt makes its own wire. */
  initializeLLM(): void {}

  /** Nothing to attach: every wire comes with its listeners. */
  attachLLMListeners(): void {}

  /** Asks for nothing new: an empty `session.update`, which the service answers with the session as it is. */
  override probeLLM(): boolean {
    if (!this._runtime.isReady) return false;
    this._runtime.tell((conversation) =>
      conversation.act((turns) => {
        turns.probe();
      }),
    );
    return true;
  }

  /**
   * The parameters of one session, checked: see `readConnectionParams`.
   * @throws InvalidOptionsError naming the key whose type is wrong.
   */
  override _validateConnectionParams(params?: unknown): unknown {
    readConnectionParams(params);
    return params;
  }

  /** Kept for one session and beside the options: a secret in them is not for the next session. */
  protected override applyConnectionParams(params: unknown): void {
    this._params = readConnectionParams(params);
  }

  /** What this attempt is to do. @throws InvalidOptionsError */
  protected planAttempt(): SessionPlan {
    return planSession(this._service_options, this._params, this.attempt.resuming);
  }

  /** The key of this attempt. @throws AuthenticationError or InvalidOptionsError without a usable `api_key`. */
  protected keyOfAttempt(): Promise<string> {
    const { attempt, signal } = this.attempt;
    return resolveKey(this._service_options.api_key, this._params, { attempt, signal }, Date.now() / 1000);
  }

  /**
   * The wire of an attempt is open.
   * @param redact Makes the service's words safe to show.
   * @param send Sends one event as text; throws when the wire is not open.
   * @returns What to call with each message of the wire.
   */
  protected begin(
    plan: SessionPlan,
    redact: (text: string) => string,
    send: (text: string) => void,
  ): (data: string | ArrayBuffer) => void {
    const { now = () => performance.now(), date = () => new Date() } = this._traits;
    return this._runtime.begin(new Conversation({ ...this._traits, ...plan, redact, now, date }), send);
  }

  /** The wire that had opened is gone. */
  protected wireEnded(error: RtviMachineError): void {
    this._runtime.end();
    this.connectionLost(error);
  }

  /** Waits until the service is ready, then delivers bot-ready. Rejects when the session ends before. */
  async sendReadyMessage(): Promise<void> {
    await this.whenReady();
    const about = { library: "rtvi-machine", service: "openai-realtime" };
    this.deliver("bot-ready", { version: RTVI_PROTOCOL_VERSION, about, config: this._inference.config });
  }

  /**
   * Takes the messages of RTVI's services (in every state; actions need a session), `send-text`, `append-to-context`,
   * `llm-function-call-result`, `disconnect-bot`, and `client-message` with `t: "raw"` and a client event of the Realtime
   * API as `d`.
   * @throws NotReadyError before the session is ready; MessageTooLargeError; UnsupportedFeatureError for any other type,
   * and InvalidOptionsError for a field that is wrong, all but the size also through `onMessageError`. What is wrong with
   * a `client-message`, or with a message of the services, goes there alone: of a `sendClientRequest` that throws,
   * client-js rejects a second promise that nobody can catch.
   */
  sendMessage(message: RTVIMessage): void {
    if (message.type === "client-ready") return;
    if (!messageSizeWithinLimit(message, this.maxMessageSize)) {
      throw new MessageTooLargeError(`The message is larger than ${this.maxMessageSize} bytes.`);
    }
    try {
      const answer = this._inference.answer(message);
      if (answer === undefined) this._runtime.message(message);
      else this.deliver(answer.type, answer.data, message.id);
    } catch (error) {
      if (error instanceof Error) this.rejectMessage(message, error);
      if (isServiceRequest(message.type)) return;
      if (message.type !== "client-message" || error instanceof NotReadyError) throw error;
    }
  }

  /**
   * Sends a client event of the Realtime API as it is, for what RTVI has no message for: `input_audio_buffer.commit` in
   * push to talk, an image, an out-of-band response. With the option `raw_events` the service's own events come back
   * through `onServerMessage` as `{ t: "raw", d: event }`.
   * @throws NotReadyError before the session is ready; InvalidOptionsError without a `type`.
   */
  sendServiceEvent(event: OpenAIClientEvent): void {
    this._runtime.send(readServiceEvent(event));
  }

  /** Silences the bot at once, as a user's voice does, and stops what it is making. Without effect when it is silent. */
  interrupt(): void {
    this._runtime.interrupt();
  }

  /**
   * Changes session settings: now, in a running session, and for every later one. A new voice waits for the next session
   * once the model has spoken.
   * @throws InvalidOptionsError naming the key whose type is wrong.
   */
  updateSettings(settings: OpenAISessionConfig): void {
    const checked = checkSettings(settings, "settings");
    this._service_options = {
      ...this._service_options,
      settings: { ...this._service_options.settings, ...settings },
    };
    // Those of the connection parameters lie over the options, and would be back after a reconnection.
    if (this._params?.settings !== undefined) {
      this._params = { ...this._params, settings: { ...this._params.settings, ...checked } };
    }
    this._runtime.tell((conversation) => conversation.updateSettings(checked));
  }

  /** The services' messages are answered here, but for actions, which may need the conversation. */
  protected override isImmediate({ type }: RTVIMessage): boolean {
    return isServiceRequest(type) && type !== "action";
  }

  /** When OpenAI will end this session, in epoch seconds; undefined until it has said so. */
  override get expiry(): number | undefined {
    return this._runtime.expiresAt;
  }

  protected override onPlayback(report: PlaybackReport): void {
    this._runtime.playback(report);
  }

  /** The bot began or stopped to be heard; called before the app is told. */
  protected botSpeaks(_speaking: boolean): void {}

  private _deliver(type: string, data: unknown, id: string | undefined): void {
    if (type === "bot-started-speaking" || type === "bot-stopped-speaking") {
      this._botIsSpeaking = type === "bot-started-speaking";
      this.botSpeaks(this._botIsSpeaking);
    }
    this.deliver(type, data, id);
  }
}
