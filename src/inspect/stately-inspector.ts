import type { AnyEventObject, InspectionEvent, MachineContext } from "xstate";
import type { SessionInspector } from "../contracts/inspector.js";
import { UnsupportedEnvironmentError } from "../errors.js";

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
  /**
   * Loads `@statelyai/inspect`: `() => import("@statelyai/inspect")`. Default: the same, from within this library; a bundler that
   * does not find the package there goes on with a warning.
   */
  readonly load?: () => Promise<StatelyModule>;
}

/** A connection to Stately's inspector. */
export interface StatelySessionInspector extends SessionInspector {
  /**
   * Resolves when the inspector's code is loaded; rejects with an UnsupportedEnvironmentError when `@statelyai/inspect` cannot be
   * loaded, or there is neither a page nor the url of a socket.
   */
  readonly ready: Promise<void>;
  /** Ends the connection; what comes later is dropped. */
  stop(): void;
}

/** The part of `@statelyai/inspect`'s inspector that is used. */
interface StatelyInspector {
  readonly inspect: { next?: (event: InspectionEvent) => void };
  stop(): void;
}

/** The part of the module `@statelyai/inspect` that is used. */
export interface StatelyModule {
  readonly createBrowserInspector: (
    options: Pick<StatelyInspectorOptions, "url" | "iframe"> & SharedOptions,
  ) => StatelyInspector;
  readonly createWebSocketInspector: (options: { readonly url: string } & SharedOptions) => StatelyInspector;
}

interface SharedOptions extends Pick<StatelyInspectorOptions, "sanitizeEvent" | "sanitizeContext"> {
  readonly maxDeferredEvents: number;
}

/**
 * Connects the Stately Inspector through `@statelyai/inspect`, an optional peer dependency that is loaded only here.
 * In a browser without `iframe`, call it inside a user gesture: a popup blocker stops other windows.
 *
 * @example
 * const inspector = statelyInspector();
 * const transport = new OpenAIRealTimeWebSocketTransport(service, undefined, { inspect: inspector });
 */
export function statelyInspector(options: StatelyInspectorOptions = {}): StatelySessionInspector {
  const limit = options.maxDeferredEvents ?? 1000;
  let deferred: InspectionEvent[] = [];
  let inspector: StatelyInspector | undefined;
  let stopped = false;

  const ready = connect(options, limit).then((loaded) => {
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

/** A literal import inside `try`: esbuild and webpack take what they do not find there for a warning, not for an error. */
async function installed(): Promise<StatelyModule> {
  try {
    return await import("@statelyai/inspect");
  } catch (cause) {
    throw new UnsupportedEnvironmentError(
      "statelyInspector() could not load `@statelyai/inspect`: install it, or pass `load`.",
      { cause },
    );
  }
}

async function connect(options: StatelyInspectorOptions, maxDeferredEvents: number): Promise<StatelyInspector> {
  const { iframe, url, load = installed, ...shared } = { ...options, maxDeferredEvents };
  const { createBrowserInspector, createWebSocketInspector } = await load();
  if (url?.startsWith("ws")) return createWebSocketInspector({ ...shared, url });
  if (typeof window === "undefined") {
    throw new UnsupportedEnvironmentError(
      'statelyInspector() needs a page, or the url of an inspector server ("ws://…") in Node.',
    );
  }
  return createBrowserInspector({
    ...shared,
    ...(url !== undefined && { url }),
    ...(iframe !== undefined && { iframe }),
  });
}
