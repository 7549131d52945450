/**
 * `npm start`: the voice console for a person. Serves the page with the local service behind it or, where the
 * environment has OPENAI_API_KEY, GEMINI_API_KEY or PIPECAT_START_URL, with the real ones. The page never gets a key, and
 * pages of other origins get nothing, unless RTVI_MACHINE_ALLOW_ORIGINS lists them.
 */
import { serveConsole } from "./console/serve.js";

const PORT = 5173;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const logger = { debug: () => undefined, info: say, warn: say, error: say };

const { url, local, services, close } = await serveConsole({ environment: process.env, port: PORT, logger });

say("");
say(`  Voice console   ${url}`);
say(
  `  Service         ${local ? `local, ${local.wsUrl} (repeats what you say)` : services.map(({ label }) => label).join(", ")}`,
);
say("  Stop            Ctrl+C");
say("");

const stop = (): void => {
  close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
