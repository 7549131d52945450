import { WebSocketServer, type WebSocket } from "ws";

/** 16-bit PCM at 24 kHz: half a second of a tone, in the place of a voice. */
const RATE = 24_000;
const TONE = Int16Array.from({ length: RATE / 2 }, (_, at) => 6_000 * Math.sin((2 * Math.PI * 440 * at) / RATE));

/**
 * Echo, a voice service of a few lines: it answers each text with the same words and a tone. Messages are JSON, sound is binary.
 * @param port 0 takes any free one.
 */
export function startEchoService(port: number): WebSocketServer {
  const server = new WebSocketServer({ port, host: "127.0.0.1", handleProtocols: () => "echo" });
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => {
      if (!isBinary && data instanceof Buffer) answer(socket, JSON.parse(data.toString()));
    });
  });
  return server;
}

function answer(socket: WebSocket, event: unknown): void {
  if (typeof event !== "object" || event === null || !("type" in event)) return;
  const say = (message: object): void => socket.send(JSON.stringify(message));
  if (event.type === "hello") say({ type: "ready", resumed: "resuming" in event && event.resuming === true });
  if (event.type === "ping") say({ type: "pong" });
  if (event.type !== "say" || !("text" in event)) return;
  const id = crypto.randomUUID();
  say({ type: "reply", id });
  say({ type: "words", text: event.text });
  socket.send(TONE);
  say({ type: "done" });
}

if (process.argv[1]?.endsWith("echo-service.ts")) {
  startEchoService(8766);
  process.stdout.write("Echo listens on ws://127.0.0.1:8766\n");
}
