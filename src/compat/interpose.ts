/** The members that the client calls on a transport, and that a subclass implements itself. */
export interface Interposable<Message> {
  sendMessage(message: Message): void;
  sendReadyMessage(): Promise<void>;
}

/** What stands in their place. */
export interface Interposed<Message> {
  readonly sendMessage: (message: Message) => void;
  /** @param own The subclass's. */
  readonly sendReadyMessage: (own: () => Promise<void>) => Promise<void>;
}

/**
 * Puts our functions in the place of a subclass's own, on the instance: the client calls them directly, and the subclass may have
 * been written for Pipecat's base, which knows no outage. The one place where methods are replaced.
 * @returns The subclass's own `sendMessage`.
 */
export function interpose<Message>(
  transport: Interposable<Message>,
  interposed: Interposed<Message>,
): (message: Message) => void {
  const own = transport.sendMessage.bind(transport);
  const ready = transport.sendReadyMessage.bind(transport);
  // Not enumerable, as methods are.
  const method = { configurable: true, writable: true, enumerable: false };
  Object.defineProperties(transport, {
    sendMessage: { ...method, value: interposed.sendMessage },
    sendReadyMessage: { ...method, value: () => interposed.sendReadyMessage(ready) },
  });
  return own;
}
