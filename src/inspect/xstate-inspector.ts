import type { ActorRefLike, AnyEventObject, InspectionEvent } from "xstate";
import type { SessionInspector } from "../contracts/inspector.js";
import { isRecord } from "../util/records.js";
import { LegacyWriter, type LegacyMessage, type Sanitizers, type ShownActor } from "./legacy/legacy-messages.js";
import { listenToPage, listenToServer, type LegacyServer, type Say, type Viewer } from "./legacy/viewers.js";

/** Where the legacy viewer is, and what it may see. */
export interface XStateInspectorOptions extends Sanitizers {
  /** The viewer's page, opened in a window or in `iframe`. Default: `https://stately.ai/viz?inspect`. */
  readonly url?: string;
  /** Show the viewer in this frame instead of a window of its own. */
  readonly iframe?: HTMLIFrameElement;
  /** A window in which the page of `url` is open already. */
  readonly targetWindow?: Window;
  /** Let viewers connect to this `WebSocketServer` of the package `ws` instead: for Node, or for a viewer elsewhere. */
  readonly server?: LegacyServer;
  /** Messages kept until the first viewer connects; the oldest are dropped first. Default 1000. */
  readonly maxDeferredEvents?: number;
}

/** A connection to the legacy viewer. */
export interface XStateInspector extends SessionInspector {
  /** Ends the connection; what comes later is dropped. The page or the server stays open. */
  stop(): void;
}

const VIEWER = "https://stately.ai/viz?inspect";

/**
 * Shows sessions in the viewer of `@xstate/inspect`, which understands XState 4 only: speaks its protocol, so that neither that
 * package nor XState 4 is needed. Events that are sent in the viewer reach the actor.
 *
 * @throws UnsupportedEnvironmentError where there is neither a page nor a server, or the window was blocked.
 * @example
 * const transport = new OpenAIRealTimeWebSocketTransport(service, undefined, { inspect: xstateInspector({ iframe }) });
 */
export function xstateInspector(options: XStateInspectorOptions = {}): XStateInspector {
  const writer = new LegacyWriter(options);
  const limit = options.maxDeferredEvents ?? 1000;
  const actors = new Map<string, ShownActor>();
  const viewers = new Set<Viewer>();
  let deferred: LegacyMessage[] = [];
  let phase: "waiting" | "connected" | "over" = "waiting";

  const send = (message: LegacyMessage): void => {
    for (const viewer of viewers) viewer.send(message);
    if (phase !== "waiting") return;
    deferred.push(message);
    if (deferred.length > limit) deferred.shift();
  };

  /** An actor has no state yet when XState tells of it: it is shown with what comes next. */
  const show = (actor: ActorRefLike): boolean => {
    if (!isShown(actor)) return false;
    if (actors.has(actor.sessionId)) return true;
    if (actor.getSnapshot() === undefined) return false;
    actors.set(actor.sessionId, actor);
    send(writer.register(actor));
    return true;
  };

  const say: Say = (viewer, said) => {
    if (!isRecord(said)) return;
    if (said.type === "xstate.inspecting") {
      viewers.add(viewer);
      if (phase === "waiting") {
        phase = "connected";
        for (const message of deferred.splice(0)) viewer.send(message);
      } else {
        for (const actor of actors.values()) viewer.send(writer.register(actor));
      }
    } else if (said.type === "xstate.event" && typeof said.event === "string") {
      const asked = readEvent(said.event);
      if (asked !== undefined) actors.get(asked.origin)?.send(asked.event);
    }
  };

  const { url = VIEWER, iframe, targetWindow, server } = options;
  const unlisten =
    server === undefined
      ? listenToPage({ url, ...(iframe && { iframe }), ...(targetWindow && { targetWindow }) }, say)
      : listenToServer(server, say, (viewer) => viewers.delete(viewer));

  return {
    inspect: (event: InspectionEvent) => {
      if (phase === "over") return;
      const { actorRef } = event;
      if (event.type === "@xstate.event") {
        if (show(actorRef)) send(writer.event(actorRef.sessionId, event.event, event.sourceRef?.sessionId));
      } else if (event.type === "@xstate.snapshot" && show(actorRef)) {
        send(writer.state(actorRef.sessionId, event.snapshot, event.event));
        if (event.snapshot.status === "active") return;
        actors.delete(actorRef.sessionId);
        send({ type: "service.stop", sessionId: actorRef.sessionId });
      }
    },
    stop: () => {
      phase = "over";
      deferred = [];
      viewers.clear();
      actors.clear();
      unlisten();
    },
  };
}

const isShown = (actor: ActorRefLike): actor is ActorRefLike & ShownActor => "logic" in actor && "id" in actor;

/** What the viewer wants sent: an event in SCXML's form, whose origin is the actor. XState's own events are nobody's to send. */
function readEvent(text: string): { readonly origin: string; readonly event: AnyEventObject } | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(read) || typeof read.origin !== "string" || !isRecord(read.data)) return undefined;
  const { type } = read.data;
  if (typeof type !== "string" || type === "*" || type.startsWith("xstate.")) return undefined;
  return { origin: read.origin, event: { ...read.data, type } };
}
