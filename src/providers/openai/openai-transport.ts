import { messageSizeWithinLimit, type RTVIMessage, type TransportState } from "@pipecat-ai/client-js";
import type { PlaybackReport } from "../../contracts/speaker.js";
import { NotReadyError } from "../../errors.js";
import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { ServiceTransport } from "../../transport/service-transport.js";
import { Conversation } from "./conversation.js";
import type { ConversationSetup } from "./conversation-setup.js";
import { resolveKey } from "./credential.js";
import type { OpenAIClientEvent } from "./effects.js";
import { PROCESSOR, SERVICE } from "./names.js";
import type { OpenAIServiceOptions, OpenAISessionConfig } from "./options.js";
import { readServiceEvent } from "./raw-events.js";
import { readConnectionParams, type OpenAIConnectionParams } from "./params.js";
import { planSession, type SessionPlan } from "./plan.js";
import { PlannedReconnect } from "./planned-reconnect.js";
import type { Effect } from "../../dialogue/effects.js";
import { isRecord, stringAt } from "../../util/records.js";
import type { Redactor } from "../../util/redact.js";
import { isServiceRequest } from "../../services/responder/protocol.js";
import { isInSession } from "../../transport/lifecycle-promises.js";
import { openAIResponder, type OpenAIResponder } from "./services/responder.js";
import { checkSettings } from "./settings.js";

const RESULT = "llm-function-call-result";

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
  private readonly _responder: OpenAIResponder;
  private readonly _plannedReconnect: PlannedReconnect;
  /** Of the last connection that had opened in this session: the next goes on with it. */
  private _latest: Conversation | undefined;
  private _plan: Pick<SessionPlan, "reconnectBeforeMs" | "maxSessionMs"> | undefined;
  private _toldBusy = false;
  /** Results that were taken without a connection, and of which the service has not been told. */
  private _late: RTVIMessage[] = [];

  constructor(
    service_options: OpenAIServiceOptions,
    manager: MediaManager | undefined,
    options: TransportOptions,
    private readonly _traits: ServiceTraits,
  ) {
    super(service_options, manager, options, { service: SERVICE, processor: PROCESSOR });
    this._plannedReconnect = new PlannedReconnect(options.clock, (withinMs) => {
      this.connectionExpiring(withinMs);
    });
    this._responder = openAIResponder({
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

  protected override get responder(): OpenAIResponder {
    return this._responder;
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
   * The connection of an attempt is open.
   * @param redact Makes the service's words safe to show.
   * @param send Sends one event as text; throws when the connection is not open.
   * @param connection What is known of it, where it is no WebSocket.
   * @returns What to call with each message of the connection.
   */
  protected begin(
    plan: SessionPlan,
    redact: Redactor,
    send: (text: string) => void,
    wire: Pick<ConversationSetup, "soundAt" | "maxEventSize"> = {},
  ): (data: string | ArrayBuffer) => void {
    const { now = () => performance.now() } = this._traits;
    this._runtime.end();
    const continues = plan.resumes ? this._latest : undefined;
    // Nobody goes on with one that was lost before it was ready.
    if (continues === undefined) this._abandon();
    const setup = { ...this._traits, ...plan, ...wire, redact, now, date: this._date };
    this._latest = new Conversation(setup, continues);
    this._plan = plan;
    this._toldBusy = false;
    const receive = this._runtime.begin(this._latest, send);
    return (data) => {
      receive(data);
      this._tellLink();
    };
  }

  protected override serviceReady(): void {
    if (this._latest?.isContinued === true) {
      this._late = [];
      this.conversationKept("replayed");
    }
    super.serviceReady();
  }

  protected override stateAnnounced(state: TransportState): void {
    super.stateAnnounced(state);
    if (state === "connected" && this._plan !== undefined) {
      this._plannedReconnect.begin(this._plan.maxSessionMs, this._plan.reconnectBeforeMs);
    } else if (state !== "ready") this._plannedReconnect.end();
    if (state !== "disconnected" && state !== "error") return;
    this._runtime.end();
    this._abandon();
    this._latest = undefined;
  }

  protected override onPlayback(report: PlaybackReport): void {
    super.onPlayback(report);
    this._tellLink();
  }

  override sendMessage(message: RTVIMessage): void {
    if (this._isLateResult(message)) this._takeLateResult(message);
    else super.sendMessage(message);
    this._tellLink();
  }

  override interrupt(): void {
    super.interrupt();
    this._tellLink();
  }

  /**
   * Sends a client event of the Realtime API as it is, for what RTVI has no message for: `input_audio_buffer.commit` in
   * push to talk, an image, an out-of-band response. With the option `raw_events` the service's own events come back
   * through `onServerMessage` as `{ t: "raw", d: event }`.
   * @throws NotReadyError before the session is ready; InvalidOptionsError without a `type`; over WebRTC
   * MessageTooLargeError and CongestionError.
   */
  sendServiceEvent(event: OpenAIClientEvent): void {
    this._runtime.send(readServiceEvent(event));
  }

  /**
   * Changes session settings: now, in a running session, and for every later one. A new voice waits for the next session
   * once the model has spoken.
   * @throws InvalidOptionsError naming the key whose type is wrong; over WebRTC MessageTooLargeError and CongestionError.
   * Nothing has changed then.
   */
  updateSettings(settings: OpenAISessionConfig): void {
    const checked = checkSettings(settings, "settings");
    const update = (conversation: Conversation): Effect[] => conversation.updateSettings(checked);
    if (this._runtime.isReady) this._runtime.act(update);
    else this._runtime.tell(update);
    this._service_options = {
      ...this._service_options,
      settings: { ...this._service_options.settings, ...settings },
    };
    // Those of the connection parameters lie over the options, and would be back after a reconnection.
    if (this._params?.settings !== undefined) {
      this._params = { ...this._params, settings: { ...this._params.settings, ...checked } };
    }
  }

  /** The services' messages are answered here, but for actions, which may need the conversation; a late result waits here. */
  protected override isImmediate(message: RTVIMessage): boolean {
    return (isServiceRequest(message.type) && message.type !== "action") || this._isLateResult(message);
  }

  private get _date(): () => Date {
    return this._traits.date ?? (() => new Date());
  }

  /** No moment to change the connection, or one again. */
  private _tellLink(): void {
    const busy = this._latest?.busy === true;
    if (busy !== this._toldBusy) this.conversationBusy(busy);
    this._toldBusy = busy;
  }

  /** The result of a tool that was called over a connection which is lost: the next is told it. */
  private _isLateResult(message: RTVIMessage): boolean {
    if (this._runtime.isReady || message.type !== RESULT) return false;
    const callId = isRecord(message.data) ? stringAt(message.data, "tool_call_id") : undefined;
    const isOpen = callId !== undefined && this._latest?.awaits(callId) === true;
    return isOpen && messageSizeWithinLimit(message, this.maxMessageSize);
  }

  private _takeLateResult(message: RTVIMessage): void {
    try {
      this._tellApp(this._latest?.message(message) ?? []);
      this._late.push(message);
    } catch (error) {
      if (error instanceof Error) this.rejectMessage(message, error);
      throw error;
    }
  }

  /** Nobody goes on with the conversation. */
  private _abandon(): void {
    this._tellApp(this._latest?.abandon() ?? []);
    for (const message of this._late.splice(0)) {
      const error = new NotReadyError("The session ended before the connection was back: it was not sent.");
      this.rejectMessage(message, error);
    }
  }

  /** What a conversation without a connection has to say. */
  private _tellApp(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "deliver") this.deliver(effect.message.type, effect.message.data, effect.message.id);
    }
  }
}
