/**
 * `npm start`: the voice console for a person. Serves the page with the local service behind it or, where the
 * environment has OPENAI_API_KEY, GEMINI_API_KEY or PIPECAT_START_URL, with the real ones. The page never gets a key.
 */
import { fileURLToPath } from "node:url";
import { startLocalService } from "@rtvi-machine/local-service";
import { createServer } from "vite";
import { sessionEndpoint } from "../examples/voice-console/session-endpoint.js";
import { onLocalService, onRealServices } from "./demo/backing.js";

const PORT = 5173;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const logger = { debug: () => undefined, info: say, warn: say, error: say };

const real = onRealServices(process.env);
const local = real.length === 0 ? await startLocalService({ logger }) : undefined;

const server = await createServer({
  configFile: fileURLToPath(new URL("../examples/voice-console/vite.config.ts", import.meta.url)),
  server: { host: "127.0.0.1", port: PORT },
  plugins: [sessionEndpoint(local ? onLocalService(local) : real)],
  logLevel: "warn",
});
await server.listen();

say("");
say(`  Voice console   ${server.resolvedUrls?.local[0] ?? ""}`);
say(
  `  Service         ${local ? `local, ${local.wsUrl} (repeats what you say)` : real.map(({ label }) => label).join(", ")}`,
);
say("  Stop            Ctrl+C");
say("");

const stop = (): void => {
  Promise.all([server.close(), local?.close()]).then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
