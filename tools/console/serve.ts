import { fileURLToPath } from "node:url";
import { allowedOrigins, startLocalService, type LocalService } from "@rtvi-machine/local-service";
import { createServer, type Logger as ViteLogger } from "vite";
import { sessionEndpoint, type BackedService } from "../../examples/voice-console/session-endpoint.js";
import type { Logger } from "../../src/log.js";
import { onLocalService, onRealServices } from "../demo/backing.js";

/** What the console is served with. */
export interface ConsoleOptions {
  /** May hold keys of real services, and `RTVI_MACHINE_ALLOW_ORIGINS`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The next one that is free is taken. */
  readonly port: number;
  readonly logger: Logger;
  /** In the place of Vite's own. */
  readonly viteLogger?: ViteLogger;
}

/** The voice console, while it is served. */
export interface ServedConsole {
  readonly url: string;
  /** Undefined where the environment knows a real service. */
  readonly local: LocalService | undefined;
  readonly services: readonly BackedService[];
  readonly close: () => Promise<void>;
}

/**
 * Serves the voice console on the loopback address, with the local service behind it or, where the environment has their
 * keys, the real ones.
 * @throws Error that names what is no origin in `RTVI_MACHINE_ALLOW_ORIGINS`, or that `PIPECAT_START_URL` is no address.
 */
export async function serveConsole(options: ConsoleOptions): Promise<ServedConsole> {
  const { environment, port, logger, viteLogger } = options;
  const listed = allowedOrigins(environment);
  const services = onRealServices(environment);
  const isReal = services.length > 0;
  const site = await createServer({
    configFile: fileURLToPath(new URL("../../examples/voice-console/vite.config.ts", import.meta.url)),
    server: { host: "127.0.0.1", port },
    plugins: [sessionEndpoint(services, { allowOrigins: listed })],
    logLevel: "warn",
    ...(viteLogger === undefined ? {} : { customLogger: viteLogger }),
  });
  await site.listen();
  const url = site.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("Vite serves the page at no address.");

  let local: LocalService | undefined;
  if (!isReal) {
    // The page's own port is known only now. It has two names, and the address bar may show either.
    const own = new URL(url).origin;
    const allowOrigins = [own, own.replace("127.0.0.1", "localhost"), ...listed];
    local = await startLocalService({ logger, allowOrigins });
    services.push(...onLocalService(local));
  }
  return {
    url,
    local,
    services,
    close: async () => {
      await Promise.all([site.close(), local?.close()]);
    },
  };
}
