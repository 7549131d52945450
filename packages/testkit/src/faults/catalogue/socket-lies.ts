import { setTimeout as sleep } from "node:timers/promises";
import type { Duplex } from "node:stream";
import { repeatedly } from "../liars/liar.js";
import type { SocketLine } from "../liars/lying-server.js";
import { continues, ends, type Expectation, type Fault, type Scene } from "./fault.js";
import { brokenFrames } from "./nonsense.js";

/** Long enough for what a liar says at once to arrive and be dealt with. */
const HEARD_MS = 150;

/** Something else instead of the WebSocket handshake. */
function handshake(name: string, injected: string, upgrade: (socket: Duplex) => unknown): Fault {
  return {
    name,
    injected,
    server: "liar",
    before: ({ liar }) => (liar.lie = { upgrade }),
    strike: () => undefined,
    expect: ends("connection-failed"),
  };
}

/** Something below the protocol that nobody asked for, in a quiet moment. */
function outburst(
  name: string,
  injected: string,
  say: (line: SocketLine) => unknown,
  expect: Expectation = continues(1_000),
  writes = true,
): Fault {
  const strike = async ({ liar }: Scene): Promise<void> => {
    await say(liar.line);
    await sleep(HEARD_MS);
  };
  return { name, injected, server: "liar", strike, writes, expect };
}

function refusal(status: string): Fault {
  return handshake(`http-${status.slice(0, 3)}`, `HTTP ${status} instead of the handshake`, (socket) =>
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`),
  );
}

/** Instead of a WebSocket. */
export const handshakeLies: readonly Fault[] = [
  ...["302 Found", "401 Unauthorized", "403 Forbidden", "404 Not Found", "429 Too Many Requests", "500 Oops"].map(
    refusal,
  ),
  handshake("not-http", "bytes that are no HTTP instead of the handshake", (socket) =>
    socket.end("220 smtp.example ESMTP\r\n"),
  ),
  handshake("wrong-accept-key", "a handshake whose accept key is wrong", (socket) =>
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm8=\r\n\r\n",
    ),
  ),
];

/** In the frames of a WebSocket, and below them. */
export const frameLies: readonly Fault[] = [
  outburst("ping-flood", "a ping every 10 ms, fifty times", (line) =>
    repeatedly(line, 50, 10, () => line.socket.ping()),
  ),
  outburst(
    "slow-frame",
    "a message that comes in ten pieces, over half a second",
    async ({ raw, protocol }) => {
      const bytes = Buffer.from(protocol.unknown());
      const opcode = typeof protocol.unknown() === "string" ? 0x81 : 0x82;
      const frame = Buffer.concat([Buffer.from([opcode, bytes.length]), bytes]);
      // Not byte by byte: on a busy machine that takes so long that the app asks whether anybody is there, and the answer
      // would come in the middle of the frame.
      const size = Math.ceil(frame.length / 10);
      for (let at = 0; at < frame.length; at += size) {
        raw.write(frame.subarray(at, at + size));
        await sleep(50);
      }
    },
    continues(1_000),
    false,
  ),
  ...brokenFrames.map(({ name, injected, bytes }) =>
    outburst(name, injected, ({ raw }) => void raw.write(bytes), continues(1_000, "connection-lost")),
  ),
];
