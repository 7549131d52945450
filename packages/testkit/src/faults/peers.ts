import type { Transport } from "@pipecat-ai/client-js";
import { GeminiLiveWebsocketTransport } from "@pipecat-ai/gemini-live-websocket-transport";
import { WebSocketTransport } from "@pipecat-ai/websocket-transport";
import type { MediaManager } from "../../../../src/media/media-manager.js";
import type { WebSocketConstructor } from "../../../../src/options.js";
import { BlobReader } from "../conformance/blob-reader.js";
import type { Subject } from "./subjects.js";
import { geminiLiar } from "./liars/protocols/gemini.js";
import { pipecatLiar } from "./liars/protocols/pipecat.js";

/** Where a credential's owner connects, and with which sockets. */
interface Way {
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
}

const ways = new Map<string, Way>();

/**
 * Pipecat's transports connect with the global `WebSocket`, and Gemini's connects to Google whatever it is told. Every session has a
 * credential of its own in its address, by which it is led to its own service.
 */
function leadTheWay(key: string, way: Way): void {
  ways.set(key, way);
  const Led = function (url: string | URL, protocols?: string | string[]): WebSocket {
    const asked = decodeURIComponent(String(url));
    const [owner, led] = [...ways].find(([credential]) => asked.includes(credential)) ?? [];
    if (owner === undefined || led === undefined) throw new Error("nobody here has the credential of this address");
    const target = new URL(led.url);
    target.search = new URL(String(url)).search;
    const socket = new led.WebSocket(target.href, protocols);
    // A browser's default, and not that of `ws`.
    socket.binaryType = "blob";
    return socket;
  };
  Object.assign(globalThis, { WebSocket: Object.assign(Led, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }) });
}

Object.assign(globalThis, { FileReader: BlobReader });

/** Their managers are declared with private members, and used by their public ones, which ours has. */
type ForeignManager = ConstructorParameters<typeof GeminiLiveWebsocketTransport>[1];
const foreign = (media: MediaManager): ForeignManager => media as unknown as ForeignManager;

function led(url: string, key: string, WebSocket: WebSocketConstructor | undefined, transport: Transport): Transport {
  if (WebSocket === undefined) throw new Error("a peer's sockets are to be counted: pass `WebSocket`");
  leadTheWay(key, { url, WebSocket });
  return transport;
}

/** Pipecat's own transports, on the media that ours are tested with. */
export const PEERS: readonly Subject<string>[] = [
  {
    name: "@pipecat-ai/gemini-live-websocket-transport",
    title: "Pipecat's Gemini 1.5.7",
    liar: geminiLiar,
    addressOf: ({ geminiUrl }) => `${geminiUrl}${geminiLiar.path}`,
    transport: (url, key, media, { WebSocket }) =>
      led(url, key, WebSocket, new GeminiLiveWebsocketTransport({ api_key: key }, foreign(media))),
    say: (client, text) => client.appendToContext({ role: "user", content: text, run_immediately: true }),
    tellsWords: false,
  },
  {
    name: "@pipecat-ai/websocket-transport",
    title: "Pipecat's WebSocket 1.7.1",
    liar: pipecatLiar,
    addressOf: ({ port }) => `ws://127.0.0.1:${port}${pipecatLiar.path}`,
    transport: (url, key, media, { WebSocket }) =>
      led(
        url,
        key,
        WebSocket,
        new WebSocketTransport({
          wsUrl: `${url}?token=${encodeURIComponent(key)}`,
          mediaManager: foreign(media) as never,
        }),
      ),
  },
];
