import type { Command, Effect } from "../contracts/dialogue.js";
import type { Provider, ProviderSession, SessionStart } from "../contracts/provider.js";

/** The sessions of one provider, one after the other: each is begun with what the last one left. */
export class ProviderSessions {
  readonly #provider: Provider;
  readonly #start: () => Omit<SessionStart<unknown>, "params" | "kept">;
  #current: ProviderSession | undefined;
  #kept: unknown;

  /** @param start What a session is begun with, beside its parameters. */
  constructor(provider: Provider, start: () => Omit<SessionStart<unknown>, "params" | "kept">) {
    this.#provider = provider;
    this.#start = start;
  }

  /** The session that runs, if one does. */
  get current(): ProviderSession | undefined {
    return this.#current;
  }

  /** A session begins with these parameters: `connect()` is on its way. @throws InvalidOptionsError */
  begin(params: unknown): void {
    const kept = this.#kept;
    this.#kept = undefined;
    this.#current = this.#provider.begin({ ...this.#start(), params: this.#provider.readParams(params), kept });
  }

  /** What is done about a command while there is no connection, or "wait" for the next one. @throws what the session throws. */
  commandOffline(command: Command): Effect[] | "wait" {
    return this.#current?.commandOffline(command) ?? "wait";
  }

  /** The session is over, if there was one. Returns what was open and is closed by it. */
  end(): readonly Effect[] {
    const ended = this.#current?.end();
    this.#current = undefined;
    if (ended === undefined) return [];
    this.#kept = ended.kept;
    return ended.effects;
  }
}
