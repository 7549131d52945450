import {
  MessageTooLargeError,
  messageSizeWithinLimit,
  RTVI_PROTOCOL_VERSION,
  type RTVIMessage,
  type TransportState,
} from "@pipecat-ai/client-js";
import type { PlaybackReport } from "../contracts/speaker.js";
import { NotReadyError, type RtviMachineError } from "../errors.js";
import type { MediaManager } from "../media/media-manager.js";
import type { TransportOptions } from "../options.js";
import { RealTimeWebsocketTransport, type LLMServiceOptions } from "./real-time-websocket-transport.js";
import type { ServicesResponder } from "../services/responder/services-responder.js";
import { isServiceRequest } from "../services/responder/protocol.js";
import { ServiceRuntime } from "../dialogue/runtime.js";
import type { ServiceConversation } from "../dialogue/service-conversation.js";

/** Names of a service. */
export interface ServiceNames {
  /** In messages to people. */
  readonly service: string;
  /** In metrics, and in `bot-ready`. */
  readonly processor: string;
}

/**
 * What every transport is whose messages a `ServiceConversation` translates, whatever carries them: the messages of the
 * app, what the player says, readiness, interruption, and the parameters of one session.
 */
export abstract class ServiceTransport<C extends ServiceConversation, P> extends RealTimeWebsocketTransport {
  protected readonly _runtime: ServiceRuntime<C>;
  /** Connection parameters of this session, beside the options: a secret in them is not for the next session. */
  protected _params: P | undefined;

  constructor(
    service_options: LLMServiceOptions,
    manager: MediaManager | undefined,
    options: TransportOptions,
    private readonly _names: ServiceNames,
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
        received: () => {
          this.messageReceived();
        },
        expects: (expects) => {
          this.expects(expects);
        },
        report: (error) => {
          this.reportError(error);
        },
        lost: (error) => {
          this.wireEnded(error);
        },
        close: () => {
          void this.disconnect();
        },
        logger: this.logger,
      },
      _names.service,
    );
  }

  /** What answers the messages of RTVI's services in the service's place. */
  protected get responder(): Pick<ServicesResponder<never>, "answer" | "config"> | undefined {
    return undefined;
  }

  /** Reads the parameters of one session. @throws InvalidOptionsError naming the key whose type is wrong. */
  protected abstract readParams(params: unknown): P | undefined;

  /** Nothing to prepare: every attempt makes its own connection. */
  initializeLLM(): void {}

  /** Nothing to attach: every connection comes with its listeners. */
  attachLLMListeners(): void {}

  /**
   * The parameters of one session, checked and otherwise as they are.
   * @throws InvalidOptionsError naming the key whose type is wrong.
   */
  override _validateConnectionParams(params?: unknown): unknown {
    this.readParams(params);
    return params;
  }

  protected override applyConnectionParams(params: unknown): void {
    this._params = this.readParams(params);
  }

  protected override stateAnnounced(state: TransportState): void {
    super.stateAnnounced(state);
    if (state === "disconnected" || state === "error") this._params = undefined;
  }

  /** The connection that had opened is gone. */
  protected wireEnded(error: RtviMachineError): void {
    this._runtime.end();
    this.connectionLost(error);
  }

  /** Waits until the service is ready, then delivers bot-ready. Rejects when the session ends before. */
  async sendReadyMessage(): Promise<void> {
    await this.whenReady();
    const about = { library: "rtvi-machine", service: this._names.processor };
    const config = this.responder?.config;
    this.deliver("bot-ready", { version: RTVI_PROTOCOL_VERSION, about, ...(config !== undefined && { config }) });
  }

  /**
   * Takes the messages of RTVI's services (in every state; actions need a session), `send-text`, `append-to-context`,
   * `llm-function-call-result`, `disconnect-bot`, and `client-message` with `t: "raw"` and a message of the service's own
   * protocol as `d`.
   * @throws NotReadyError before the session is ready; MessageTooLargeError; UnsupportedFeatureError for any other type,
   * and InvalidOptionsError for a field that is wrong; what the connection throws. All but the size of the message itself also
   * through `onMessageError`. What is wrong with a `client-message`, or with a message of the services, goes there alone:
   * of a `sendClientRequest` that throws, client-js rejects a second promise that nobody can catch.
   */
  sendMessage(message: RTVIMessage): void {
    if (message.type === "client-ready") return;
    if (!messageSizeWithinLimit(message, this.maxMessageSize)) {
      throw new MessageTooLargeError(`The message is larger than ${this.maxMessageSize} bytes.`);
    }
    try {
      const answer = this.responder?.answer(message);
      if (answer !== undefined) this.deliver(answer.type, answer.data, message.id);
      else {
        this._runtime.message(message, (error) => {
          this.rejectMessage(message, error);
        });
      }
    } catch (error) {
      if (error instanceof Error) this.rejectMessage(message, error);
      if (isServiceRequest(message.type)) return;
      if (message.type !== "client-message" || error instanceof NotReadyError) throw error;
    }
  }

  /** Silences the bot at once, as a user's voice does, and stops what it is making. Without effect when it is silent. */
  interrupt(): void {
    this._runtime.interrupt();
  }

  /** When the service will end this session, in epoch seconds; undefined until it has said so. */
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
