import type { Logger } from "../log.js";
import type { ContextLease } from "./audio-engine.js";
import { within } from "../util/within.js";
import type { StopCommand, StoppedMessage } from "./worklets/protocol.js";

/** A processor ends within a render quantum; where nothing is rendered, though the context says that it runs, it never does. */
const END_MS = 500;

/** Nodes whose processor has thrown: it is never called again. */
const crashed = new WeakSet<AudioWorkletNode>();

/** Calls `run` when the processor of `node` throws. */
export function onCrash(node: AudioWorkletNode, run: () => void): void {
  node.onprocessorerror = () => {
    crashed.add(node);
    run();
  };
}

/**
 * Ends the processor of `node`, then gives its context back. Never throws.
 *
 * In this order: Chromium never frees a context that is closed while a processor in it is alive.
 */
export function releaseAfter(
  node: AudioWorkletNode | undefined,
  lease: ContextLease | undefined,
  logger: Logger,
): void {
  if (node === undefined) {
    lease?.release();
    return;
  }
  endProcessor(node)
    .catch((error: unknown) => logger.debug("An audio worklet did not end as it should.", error))
    .finally(() => lease?.release());
}

async function endProcessor(node: AudioWorkletNode): Promise<void> {
  const { port } = node;
  const ended = within(hasEnded(node), END_MS, undefined);
  port.postMessage({ type: "stop" } satisfies StopCommand);
  await ended;
  port.onmessage = null;
  node.onprocessorerror = null;
  node.disconnect();
}

/** Resolves when the processor has run for the last time, or cannot run: nothing is rendered, or it has crashed. */
function hasEnded(node: AudioWorkletNode): Promise<void> {
  const { context, port } = node;
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<StoppedMessage | { readonly type: string }>) => {
      if (data.type === "stopped") resolve();
    };
    if (context.state !== "running" || crashed.has(node)) {
      resolve();
      return;
    }
    node.onprocessorerror = () => resolve();
    context.addEventListener("statechange", () => resolve(), { once: true });
  });
}
