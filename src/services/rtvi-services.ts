import {
  BotNotReadyError,
  RTVIEvent,
  RTVIMessage,
  type PipecatClient,
  type TransportState,
} from "@pipecat-ai/client-js";
import { ConnectionAbortedError, ConnectionLostError, InvalidOptionsError, ProtocolError } from "../errors.js";
import { defaultLogger, safeLogger, type Logger } from "../log.js";
import { sendingFault } from "../transport/messages.js";
import type {
  ConfigOption,
  RTVIActionRequestData,
  RTVIClientConfigOption,
  ServiceRequestType,
} from "./responder/protocol.js";
import { answersServices } from "./responder/answers-services.js";
import {
  isActionResponse,
  isActionsAvailable,
  isConfig,
  isConfigAvailable,
  type RTVIActionResponse,
  type RTVIActionsAvailableResponse,
  type RTVIConfigAvailableResponse,
  type RTVIConfigResponse,
} from "./answers.js";
import { optionValue, serviceOptions, withOptions } from "./config-options.js";
import { isInSession } from "../util/in-session.js";
import { RTVIClientHelper, type HelperClient } from "./helper.js";
import { MessageRouter, type RTVIServicesCallbacks } from "./message-router.js";
import { tapMessages } from "./message-tap.js";
import { PendingRequests } from "./pending-requests.js";

/** How long a request waits for its answer unless told otherwise, in ms. */
const TIMEOUT = 10_000;

/** Options of `RTVIServices`. */
export interface RTVIServicesOptions {
  /** How long a request waits for the answer of a server, in ms. Default 10 000. What the transport answers itself waits for an outage to end. */
  timeout?: number;
  callbacks?: RTVIServicesCallbacks;
  /** Where errors of the app's callbacks and helpers go. Default the console. */
  logger?: Logger;
}

/**
 * RTVI's services beside a `PipecatClient`: configuration, actions and helpers, as `RTVIClient` 0.3 had them. The messages
 * travel to a Pipecat server; a direct transport answers them itself. See `docs/services.md`.
 *
 * Every request settles: with its answer, or rejected with `BotNotReadyError` outside `ready` (a direct transport answers
 * in every state, but actions need a session), `RequestRejectedError` with the server's words, `RequestTimeoutError`,
 * `ProtocolError` for an answer that cannot be read, `InvalidOptionsError` for a request that JSON cannot hold, or
 * `ConnectionAbortedError` and `ConnectionLostError` when the session ends first.
 *
 * ```ts
 * const services = new RTVIServices(client);
 * await services.action({ service: "tts", action: "say", arguments: [{ name: "text", value: "Hello!" }] });
 * ```
 */
export class RTVIServices implements HelperClient {
  readonly #client: PipecatClient;
  readonly #timeout: number;
  readonly #pending = new PendingRequests();
  readonly #router: MessageRouter;
  readonly #untap: () => void;

  /**
   * @throws InvalidOptionsError for a timeout that is no positive number; UnsupportedFeatureError when the transport's
   * messages cannot be followed.
   */
  constructor(
    client: PipecatClient,
    { timeout = TIMEOUT, callbacks = {}, logger = defaultLogger }: RTVIServicesOptions = {},
  ) {
    if (!(timeout > 0 && timeout <= 2 ** 31 - 1)) {
      throw new InvalidOptionsError("`timeout` must be a positive number of ms.");
    }
    this.#client = client;
    this.#timeout = timeout;
    this.#router = new MessageRouter(callbacks, safeLogger(logger));
    this.#untap = tapMessages(client, (message) => {
      this.#pending.answered(message);
      this.#router.receive(message);
    });
    client.on(RTVIEvent.TransportStateChanged, this.#stateChanged);
  }

  /** The transport's state. */
  get state(): TransportState {
    return this.#client.state;
  }

  /** The configuration in force. */
  async getConfig(): Promise<RTVIClientConfigOption[]> {
    return (await this.#ask("get-config", {}, isConfig)).data.config;
  }

  /**
   * Changes options; those that are not named stay as they are.
   * @param interrupt Whether the bot falls silent for it; otherwise the change waits for its turn.
   * @returns The answer, with the whole configuration.
   */
  updateConfig(config: RTVIClientConfigOption[], interrupt = false): Promise<RTVIConfigResponse> {
    return this.#ask("update-config", { config, interrupt }, isConfig);
  }

  /** The options that each service has, and their types. */
  describeConfig(): Promise<RTVIConfigAvailableResponse> {
    return this.#ask("describe-config", {}, isConfigAvailable);
  }

  /** The actions that each service has, their arguments and results. */
  describeActions(): Promise<RTVIActionsAvailableResponse> {
    return this.#ask("describe-actions", {}, isActionsAvailable);
  }

  /** Has a service do something; the answer's `data.result` is what became of it. */
  action(action: RTVIActionRequestData): Promise<RTVIActionResponse> {
    return this.#ask("action", action, isActionResponse);
  }

  /** The options of a service in `config`, or in the configuration in force. */
  async getServiceOptionsFromConfig(
    serviceKey: string,
    config?: RTVIClientConfigOption[],
  ): Promise<RTVIClientConfigOption | undefined> {
    return serviceOptions(config ?? (await this.getConfig()), serviceKey);
  }

  /** The value of an option in `config`, or in the configuration in force. */
  async getServiceOptionValueFromConfig(
    serviceKey: string,
    option: string,
    config?: RTVIClientConfigOption[],
  ): Promise<unknown> {
    return optionValue(config ?? (await this.getConfig()), serviceKey, option);
  }

  /** `config`, or the configuration in force, with options set; `updateConfig()` puts it in force. */
  async setServiceOptionInConfig(
    serviceKey: string,
    option: ConfigOption | ConfigOption[],
    config?: RTVIClientConfigOption[],
  ): Promise<RTVIClientConfigOption[]> {
    return withOptions(config ?? (await this.getConfig()), serviceKey, [option].flat());
  }

  /** The same for several services at once. */
  async setConfigOptions(
    configOptions: RTVIClientConfigOption[],
    config?: RTVIClientConfigOption[],
  ): Promise<RTVIClientConfigOption[]> {
    const base = config ?? (await this.getConfig());
    return configOptions.reduce(
      (merged, { service, options }) => withOptions(merged, service, options),
      [...withOptions(base, "", [])],
    );
  }

  /** Gives a helper its service. @throws InvalidOptionsError when the service has one, or it is not a helper. */
  registerHelper<Helper extends RTVIClientHelper>(service: string, helper: Helper): Helper {
    if (!(helper instanceof RTVIClientHelper)) throw new InvalidOptionsError("A helper must extend RTVIClientHelper.");
    this.#router.register(service, helper);
    helper.service = service;
    helper.client = this;
    return helper;
  }

  /** The helper of a service; undefined where there is none, or none of that class. */
  getHelper<Helper extends RTVIClientHelper>(
    service: string,
    kind: abstract new (...args: never[]) => Helper,
  ): Helper | undefined;
  /** The helper of a service; the caller knows its class. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- client-js 0.3's own signature
  getHelper<Helper extends RTVIClientHelper = RTVIClientHelper>(service: string): Helper | undefined;
  getHelper(
    service: string,
    kind: abstract new (...args: never[]) => RTVIClientHelper = RTVIClientHelper,
  ): RTVIClientHelper | undefined {
    const helper = this.#router.helper(service);
    return helper instanceof kind ? helper : undefined;
  }

  /** The helper of a service gets no messages any more. */
  unregisterHelper(service: string): void {
    this.#router.unregister(service);
  }

  /**
   * Sends a message as it is; nobody waits for an answer. A function's result is taken while the session is reconnected, too.
   * @throws BotNotReadyError; MessageTooLargeError; InvalidOptionsError for what JSON cannot hold.
   */
  sendMessage(message: RTVIMessage): void {
    const isAwaited = message.type === "llm-function-call-result" && isInSession(this.state);
    if (this.state !== "ready" && !isAwaited) throw notReady(message.type);
    this.#send(message);
  }

  /** Lets go of the client: no message is seen any more, and what waits is rejected, as is every request from then on. */
  close(): void {
    this.#untap();
    this.#client.off(RTVIEvent.TransportStateChanged, this.#stateChanged);
    this.#pending.end(new ConnectionAbortedError("close() was called before the server answered."));
  }

  async #ask<Answer extends RTVIMessage>(
    type: ServiceRequestType,
    data: unknown,
    isAnswer: (message: RTVIMessage) => message is Answer,
  ): Promise<Answer> {
    const isAnswered = answersServices(this.#client.transport);
    if (this.state !== "ready" && !isAnswered) throw notReady(type);
    const request = new RTVIMessage(type, data);
    // What the transport answers itself is answered, or ends with the session: an outage may take longer than a server.
    const answer = await this.#pending.ask(request, type, isAnswered ? undefined : this.#timeout, () => {
      this.#send(request);
    });
    if (!isAnswer(answer)) throw new ProtocolError(`The server's answer to ${type} is not what it must be.`);
    return answer;
  }

  #send(message: RTVIMessage): void {
    const { transport } = this.#client;
    const fault = sendingFault(message, transport.maxMessageSize);
    if (fault !== undefined) throw fault;
    transport.sendMessage(message);
  }

  readonly #stateChanged = (state: TransportState): void => {
    // What a transport answers itself waits there for the next connection, and is answered in any case.
    if (state === "ready" || (isInSession(state) && answersServices(this.#client.transport))) return;
    this.#pending.rejectAll(
      state === "disconnecting" || state === "disconnected"
        ? new ConnectionAbortedError("disconnect() was called before the server answered.")
        : new ConnectionLostError("The connection was lost before the server answered.", { retryable: true }),
    );
  };
}

function notReady(type: string): BotNotReadyError {
  return new BotNotReadyError(`${type} needs a session: await connect() first.`);
}
