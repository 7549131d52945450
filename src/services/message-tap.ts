import { UnsupportedFeatureError, type PipecatClient, type RTVIMessage } from "@pipecat-ai/client-js";

/** Where a client-js `Transport` keeps the client's message handler; every transport hands its messages to it. */
const HANDLER = "_onMessage";

/**
 * Listens to every message that the client's transport delivers, before the client does: client-js drops the types that
 * it does not know, and has no event for them. Works on any `Transport`, whoever wrote it.
 * @returns What stops listening.
 * @throws UnsupportedFeatureError when the transport keeps no handler that could be followed.
 */
export function tapMessages(client: PipecatClient, listener: (message: RTVIMessage) => void): () => void {
  const { transport } = client;
  // The client hands out a proxy whose functions look themselves up when they are called: ours would call itself.
  const handler: unknown = Reflect.getOwnPropertyDescriptor(transport, HANDLER)?.value;
  if (typeof handler !== "function") {
    throw new UnsupportedFeatureError("services", "transport", "it keeps no message handler");
  }
  let listening = true;
  const tapped = (message: RTVIMessage): void => {
    if (listening) listener(message);
    Reflect.apply(handler, transport, [message]);
  };
  Reflect.set(transport, HANDLER, tapped);
  return () => {
    listening = false;
    // Somebody may have listened in after us: then ours stays, and only passes on.
    const current: unknown = Reflect.getOwnPropertyDescriptor(transport, HANDLER)?.value;
    if (current === tapped) Reflect.set(transport, HANDLER, handler);
  };
}
