import type { RTVIMessage, TransportState } from "@pipecat-ai/client-js";
import { NotReadyError } from "../errors.js";
import type { RTVIActionRequestData } from "./responder/protocol.js";
import type { RTVIActionResponse } from "./answers.js";

/** What a helper may use of the services it is registered with. */
export interface HelperClient {
  readonly state: TransportState;
  action(action: RTVIActionRequestData): Promise<RTVIActionResponse>;
  /** Sends a message as it is; nobody waits for an answer. @throws BotNotReadyError */
  sendMessage(message: RTVIMessage): void;
}

/** Options of every helper. */
export interface RTVIClientHelperOptions {
  callbacks?: object;
}

/**
 * Base of helpers: what makes one service convenient to use. `registerHelper()` gives it its service, and every message
 * of the types that it names.
 */
export abstract class RTVIClientHelper {
  protected _options: RTVIClientHelperOptions;
  #client: HelperClient | undefined;
  #service: string | undefined;

  constructor(options: RTVIClientHelperOptions = {}) {
    this._options = options;
  }

  /** A message of one of the types that `getMessageTypes()` names. What it throws, or rejects with, is logged. */
  abstract handleMessage(ev: RTVIMessage): void | Promise<void>;
  abstract getMessageTypes(): string[];

  /** Set by `registerHelper()`. */
  set client(client: HelperClient) {
    this.#client = client;
  }
  /** Set by `registerHelper()`. */
  set service(service: string) {
    this.#service = service;
  }

  /** @throws NotReadyError before `registerHelper()`. */
  protected get _client(): HelperClient {
    return this.#client ?? unregistered();
  }
  /** The name it is registered under. @throws NotReadyError before `registerHelper()`. */
  protected get _service(): string {
    return this.#service ?? unregistered();
  }
}

function unregistered(): never {
  throw new NotReadyError("This helper belongs to no services yet: call registerHelper() first.");
}
