import type { Logger } from "../log.js";
import type { ContextLease } from "./audio-engine.js";
import type { StopCommand, StoppedMessage } from "./worklets/protocol.js";

/** A processor ends in its next render quantum; one that does not by then has crashed. */
const ENDS_WITHIN_MS = 250;

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
  node.onprocessorerror = null;
  const { port, context } = node;
  // Where nothing is rendered, nothing answers.
  if (context.state === "running") await stopped(port);
  else port.postMessage({ type: "stop" } satisfies StopCommand);
  port.onmessage = null;
  node.disconnect();
}

function stopped(port: MessagePort): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ENDS_WITHIN_MS);
    port.onmessage = ({ data }: MessageEvent<StoppedMessage | { readonly type: string }>) => {
      if (data.type !== "stopped") return;
      clearTimeout(timer);
      resolve();
    };
    port.postMessage({ type: "stop" } satisfies StopCommand);
  });
}
