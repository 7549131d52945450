import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Logger } from "../../../src/log.js";
import { refuseUpgrade, sendJson } from "./http.js";
import type { Router } from "./router.js";

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Cuts every line, also those whose handshake never ended, and frees the port. */
  readonly close: () => Promise<void>;
}

/**
 * One HTTP server on one port, for every protocol.
 * @throws Error of Node's `net` module when the port is taken.
 */
export function listen(router: Router, logger: Logger, host: string, port: number): Promise<Listening> {
  const lines = new Set<Socket>();
  const server = createServer((request, response) => {
    router.handle(request, response).catch((error: unknown) => {
      logger.error("the local service failed on a request", error);
      if (!response.headersSent)
        sendJson(response, 500, { error: { message: "Internal error", type: "server_error" } });
    });
  });
  server.on("connection", (line) => {
    lines.add(line);
    line.on("close", () => lines.delete(line));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => undefined); // A client that goes away during the handshake is no failure of ours.
    try {
      router.upgrade(request, socket, head);
    } catch (error) {
      logger.error("the local service failed on a handshake", error);
      refuseUpgrade(socket, 400, { error: { message: "Bad request", type: "invalid_request_error" } });
    }
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const line of lines) line.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve({ port: addressPort(server.address()), close });
    });
  });
}

function addressPort(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
