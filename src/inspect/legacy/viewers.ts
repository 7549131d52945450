import { UnsupportedEnvironmentError } from "../../errors.js";
import type { LegacyMessage } from "./legacy-messages.js";

/** A viewer that has said that it inspects, or may do so. */
export interface Viewer {
  send(message: LegacyMessage): void;
}

/** What a viewer says; from a page or a socket, so anything may be in it. */
export type Say = (viewer: Viewer, said: unknown) => void;

/** The part of a `WebSocketServer` of the package `ws` that is used. */
export interface LegacyServer {
  on(name: "connection", listener: (socket: LegacySocket) => void): unknown;
  off(name: "connection", listener: (socket: LegacySocket) => void): unknown;
}

/** The part of its sockets that is used. */
export interface LegacySocket {
  readonly readyState: number;
  send(text: string): void;
  on(name: "message", listener: (data: { toString(): string }, isBinary: boolean) => void): unknown;
  on(name: "close", listener: () => void): unknown;
}

const OPEN = 1;

/** Listens to the viewers that connect to a server. @returns what ends it. */
export function listenToServer(server: LegacyServer, say: Say, gone: (viewer: Viewer) => void): () => void {
  let phase: "listening" | "over" = "listening";
  const connected = (socket: LegacySocket): void => {
    const viewer: Viewer = {
      send: (message) => {
        if (socket.readyState === OPEN) socket.send(JSON.stringify(message));
      },
    };
    socket.on("message", (data, isBinary) => {
      if (!isBinary && phase === "listening") say(viewer, parsed(data.toString()));
    });
    socket.on("close", () => gone(viewer));
  };
  server.on("connection", connected);
  return () => {
    phase = "over";
    server.off("connection", connected);
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No viewer says this.
    return undefined;
  }
}

/** Where the viewer's page is. */
export interface PageOptions {
  readonly url: string;
  readonly iframe?: HTMLIFrameElement;
  readonly targetWindow?: Window;
}

/** Opens the viewer's page, and listens to it alone. @returns what ends it. @throws UnsupportedEnvironmentError */
export function listenToPage({ url, iframe, targetWindow }: PageOptions, say: Say): () => void {
  if (typeof window === "undefined") {
    throw new UnsupportedEnvironmentError(
      "xstateInspector() needs a page, or the option `server` (a WebSocketServer of the package `ws`) in Node.",
    );
  }
  const { origin, href } = new URL(url, window.location.href);
  if (iframe !== undefined) iframe.src = href;
  const opened = iframe === undefined ? (targetWindow ?? window.open(href, "xstateinspector")) : undefined;
  if (opened === null) {
    throw new UnsupportedEnvironmentError(
      "The browser blocked the inspector's window: call xstateInspector() in a click handler, or pass `iframe`.",
    );
  }
  const page = (): Window | null => opened ?? iframe?.contentWindow ?? null;
  const viewer: Viewer = { send: (message) => page()?.postMessage(message, origin) };
  const listener = ({ source, origin: from, data }: MessageEvent<unknown>): void => {
    if (source === page() && from === origin) say(viewer, data);
  };
  window.addEventListener("message", listener);
  return () => {
    window.removeEventListener("message", listener);
  };
}
