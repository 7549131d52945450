import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { ServiceTransport } from "../../rtvi/service-transport.js";
import { Conversation, type ConversationSetup } from "./conversation.js";
import { resolveKey } from "./credential.js";
import type { OpenAIClientEvent } from "./effects.js";
import { PROCESSOR, SERVICE } from "./names.js";
import type { OpenAIServiceOptions, OpenAISessionConfig } from "./options.js";
import { readServiceEvent } from "./outbound.js";
import { readConnectionParams, type OpenAIConnectionParams } from "./params.js";
import { planSession, type SessionPlan } from "./plan.js";
import { isInSession } from "../../rtvi/requests.js";
import { openAIInference, type OpenAIInference } from "./services/inference.js";
import { checkSettings } from "./settings.js";

/** What a transport is, for its conversations. */
export interface ServiceTraits extends Pick<ConversationSetup, "name" | "playback"> {
  /** Monotonic time in ms. Default `performance.now`. */
  readonly now?: ConversationSetup["now"];
  /** Default the system's. */
  readonly date?: ConversationSetup["date"];
}

/** What both OpenAI transports are, whatever carries their events: options, events and settings of the service. */
export abstract class OpenAITransport extends ServiceTransport<Conversation, OpenAIConnectionParams> {
  declare protected _service_options: OpenAIServiceOptions;
  /** The messages of RTVI's services are answered here, in every state. */
  readonly answersServices = true;
  private readonly _inference: OpenAIInference;

  constructor(
    service_options: OpenAIServiceOptions,
    manager: MediaManager | undefined,
    options: TransportOptions,
    private readonly _traits: ServiceTraits,
  ) {
    super(service_options, manager, options, { service: SERVICE, processor: PROCESSOR });
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

  protected override get inference(): OpenAIInference {
    return this._inference;
  }

  protected override readParams(params: unknown): OpenAIConnectionParams | undefined {
    return readConnectionParams(params);
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

  /**
   * Sends a client event of the Realtime API as it is, for what RTVI has no message for: `input_audio_buffer.commit` in
   * push to talk, an image, an out-of-band response. With the option `raw_events` the service's own events come back
   * through `onServerMessage` as `{ t: "raw", d: event }`.
   * @throws NotReadyError before the session is ready; InvalidOptionsError without a `type`.
   */
  sendServiceEvent(event: OpenAIClientEvent): void {
    this._runtime.send(readServiceEvent(event));
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
}
