import type { AnyEventObject, InspectionEvent, MachineContext } from "xstate";

/** Where the Stately Inspector is, and what it may see. */
export interface StatelyInspectorOptions {
  /**
   * A page (`http…`) is opened in a window, or in `iframe`; a socket (`ws…`) is connected, which works in Node too.
   * Default: Stately's hosted inspector, `https://stately.ai/inspect`.
   */
  readonly url?: string;
  /** Show the inspector in this frame instead of a window of its own. */
  readonly iframe?: HTMLIFrameElement;
  /** Events kept while the inspector is still loading; the oldest are dropped first. Default 1000. */
  readonly maxDeferredEvents?: number;
  /** A last look at every event before it is sent. The library puts neither secrets nor audio into events. */
  readonly sanitizeEvent?: (event: AnyEventObject) => AnyEventObject;
  /** The same for every context. */
  readonly sanitizeContext?: (context: MachineContext) => MachineContext;
}

/** A connection to an inspector; pass `inspect` to a transport's options. */
export interface SessionInspector {
  readonly inspect: (event: InspectionEvent) => void;
  /** Resolves when the inspector's code is loaded; rejects when `@statelyai/inspect` is not installed. */
  readonly ready: Promise<void>;
  stop(): void;
}

/** The part of `@statelyai/inspect`'s inspector that is used. */
interface StatelyInspector {
  readonly inspect: { next?: (event: InspectionEvent) => void };
  stop(): void;
}

/**
 * Connects the Stately Inspector through `@statelyai/inspect`, an optional peer dependency that is loaded only here.
 * In a browser without `iframe`, call it inside a user gesture: a popup blocker stops other windows.
 *
 * @example
 * const inspector = statelyInspector();
 * const transport = new OpenAIRealTimeWebSocketTransport(service, undefined, { inspect: inspector.inspect });
 */
export function statelyInspector(options: StatelyInspectorOptions = {}): SessionInspector {
  const limit = options.maxDeferredEvents ?? 1000;
  let deferred: InspectionEvent[] = [];
  let inspector: StatelyInspector | undefined;
  let stopped = false;

  const ready = load(options, limit).then((loaded) => {
    if (stopped) {
      loaded.stop();
      return;
    }
    inspector = loaded;
    for (const event of deferred) loaded.inspect.next?.(event);
    deferred = [];
  });
  // Whoever does not await `ready` still sees the session work without an inspector.
  ready.catch(() => {
    stopped = true;
    deferred = [];
  });

  return {
    ready,
    inspect: (event) => {
      if (stopped) return;
      if (inspector !== undefined) {
        inspector.inspect.next?.(event);
        return;
      }
      deferred.push(event);
      if (deferred.length > limit) deferred.shift();
    },
    stop: () => {
      stopped = true;
      deferred = [];
      inspector?.stop();
    },
  };
}

async function load(options: StatelyInspectorOptions, maxDeferredEvents: number): Promise<StatelyInspector> {
  const { createBrowserInspector, createWebSocketInspector } = await import("@statelyai/inspect");
  const { iframe, url, ...shared } = { ...options, maxDeferredEvents };
  if (url?.startsWith("ws")) return createWebSocketInspector({ ...shared, url });
  if (typeof window === "undefined") {
    throw new TypeError('statelyInspector() needs a page, or the url of an inspector server ("ws://…") in Node.');
  }
  return createBrowserInspector({
    ...shared,
    ...(url !== undefined && { url }),
    ...(iframe !== undefined && { iframe }),
  });
}
