import type { MediaManager } from "../../media/media-manager.js";
import type { TransportOptions } from "../../options.js";
import { isInSession } from "../../transport/lifecycle-promises.js";
import { ServiceTransport } from "../../transport/service-transport.js";
import type { Conversation } from "./conversation.js";
import { PROCESSOR, SERVICE } from "./names.js";
import type { GeminiLLMServiceOptions } from "./options.js";
import { readConnectionParams, type GeminiConnectionParams } from "./params.js";
import { geminiResponder, type GeminiResponder } from "./services/responder.js";

/** What a Gemini transport is, whatever opens its connections: its options, and the services over them. */
export abstract class GeminiTransport extends ServiceTransport<Conversation, GeminiConnectionParams> {
  declare protected _service_options: GeminiLLMServiceOptions;
  /** The messages of RTVI's services are answered here, in every state. */
  readonly answersServices = true;
  /** The settings have changed, and the connection knows nothing of it. */
  protected _isStale = false;
  private readonly _responder: GeminiResponder;

  constructor(service_options: GeminiLLMServiceOptions, manager: MediaManager | undefined, options: TransportOptions) {
    super(service_options, manager, options, { service: SERVICE, processor: PROCESSOR });
    this._responder = geminiResponder({
      options: () => this._service_options,
      params: () => (isInSession(this.state) ? { ...this._params } : undefined),
      change: (changed, params) => {
        this._service_options = changed;
        if (this._params !== undefined && params !== undefined) this._params = params;
      },
      renew: () => {
        this._isStale = true;
      },
      act: (run) => {
        this._runtime.act((conversation) => conversation.act(run));
      },
      items: () => this._runtime.conversation.items,
      interrupt: () => {
        this._runtime.interrupt();
      },
    });
  }

  protected override get responder(): GeminiResponder {
    return this._responder;
  }

  protected override readParams(params: unknown): GeminiConnectionParams | undefined {
    return readConnectionParams(params);
  }
}
