import { RTVIMessageType, type RTVIMessage } from "@pipecat-ai/client-js";
import { InvalidOptionsError } from "../errors.js";
import type { Logger } from "../log.js";
import { runSafely } from "../transport/safe-callbacks.js";
import type { RTVIClientConfigOption } from "./responder/protocol.js";
import { isConfigData } from "./answers.js";
import type { RTVIClientHelper } from "./helper.js";

/** What an app hears of the services; each is guarded: what it throws is logged. */
export interface RTVIServicesCallbacks {
  /** The standard event `config`: asked for, changed, or brought by `bot-ready`. */
  onConfig?: (config: RTVIClientConfigOption[]) => void;
  /** The data of `config-available`. */
  onConfigDescribe?: (configDescription: unknown) => void;
  /** The data of `actions-available`. */
  onActionsAvailable?: (actions: unknown) => void;
  /** The standard event `generic-message`: the data of a message that neither client-js nor a helper knows. */
  onGenericMessage?: (data: unknown, message: RTVIMessage) => void;
}

const KNOWN = new Set<string>([...Object.values(RTVIMessageType), "action-response"]);

/** Where the server's messages go: to the callbacks of the services, and to helpers by type. */
export class MessageRouter {
  readonly #helpers = new Map<string, RTVIClientHelper>();

  constructor(
    private readonly callbacks: RTVIServicesCallbacks,
    private readonly logger: Logger,
  ) {}

  /** @throws InvalidOptionsError when the service has a helper. */
  register(service: string, helper: RTVIClientHelper): void {
    if (this.#helpers.has(service)) {
      throw new InvalidOptionsError(`"${service}" has a helper already: unregisterHelper() first.`);
    }
    this.#helpers.set(service, helper);
  }

  unregister(service: string): void {
    this.#helpers.delete(service);
  }

  helper(service: string): RTVIClientHelper | undefined {
    return this.#helpers.get(service);
  }

  receive(message: RTVIMessage): void {
    const { type, data } = message;
    const { callbacks } = this;
    const taken = this.#help(message);
    switch (type) {
      case "bot-ready":
      case "config":
        if (isConfigData(data)) this.#run("onConfig", () => callbacks.onConfig?.(data.config));
        break;
      case "config-available":
        this.#run("onConfigDescribe", () => callbacks.onConfigDescribe?.(data));
        break;
      case "actions-available":
        this.#run("onActionsAvailable", () => callbacks.onActionsAvailable?.(data));
        break;
      default:
        if (taken || KNOWN.has(type)) break;
        this.#run("onGenericMessage", () => callbacks.onGenericMessage?.(data, message));
    }
  }

  /** Shows a message to the helpers that name its type. Returns whether there was one. */
  #help(message: RTVIMessage): boolean {
    let taken = false;
    for (const [service, helper] of [...this.#helpers]) {
      this.#run(`The helper of "${service}"`, () => {
        if (!helper.getMessageTypes().includes(message.type)) return undefined;
        taken = true;
        return helper.handleMessage(message);
      });
    }
    return taken;
  }

  #run(name: string, run: () => unknown): void {
    runSafely(name, this.logger, run);
  }
}
