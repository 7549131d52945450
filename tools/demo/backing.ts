import type { LocalService } from "@rtvi-machine/local-service";
import type { BackedService } from "../../examples/voice-console/session-endpoint.js";
import { redactor } from "../../src/util/redact.js";

/** A service that has not answered by then does not start a session any more. */
const START_WITHIN_MS = 15_000;

/** The local service takes any name; these tell a reader of its log what it stands in for. */
const OPENAI_MODEL = "gpt-realtime";
const GEMINI_MODEL = "gemini-2.5-flash-native-audio-preview-12-2025";
const GOOGLE = "generativelanguage.googleapis.com";

/** Where the local service is reached. */
export interface Addresses extends Pick<LocalService, "url" | "wsUrl" | "geminiUrl" | "pipecatUrl"> {
  /** Where the socket of a bot that was started is reached, where that is elsewhere. */
  readonly pipecatHost?: string;
}

/** How a session of a service is come by: here, and where the environment knows the real one. */
interface Backing {
  readonly label: string;
  readonly model: string;
  readonly local: (service: Addresses) => Access;
  /** Undefined without a key, or an address. */
  readonly real: (environment: NodeJS.ProcessEnv) => Access | undefined;
}

type Access = Pick<BackedService, "base_url" | "start">;

/** A request that starts a session, and what of it may be shown to no page. */
interface Start {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly secrets: readonly string[];
}

/** Asks for a session. The page gets the answer without the secrets that the question held, should it quote them. */
async function ask({ url, headers, body, secrets }: Start): Promise<Response> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(START_WITHIN_MS),
    // A header with a key follows a redirect to wherever it leads.
    redirect: "error",
  });
  const said: unknown = await answer.json();
  return Response.json(redactor(secrets).json(said, !answer.ok), { status: answer.status });
}

/** OpenAI's Realtime API by one of the ways to speak it: the page gets a client secret. */
function openAI(label: string): Backing {
  const at = (http: string, base_url: string, key: string): Access => ({
    base_url,
    start: () =>
      ask({
        url: `${http}/client_secrets`,
        headers: { Authorization: `Bearer ${key}` },
        body: { session: { type: "realtime", model: OPENAI_MODEL } },
        secrets: [key],
      }),
  });
  return {
    label,
    model: OPENAI_MODEL,
    local: ({ url, wsUrl }) => at(`${url}/v1/realtime`, wsUrl, "local"),
    real: ({ OPENAI_API_KEY: key = "" }) =>
      key === "" ? undefined : at("https://api.openai.com/v1/realtime", "wss://api.openai.com/v1/realtime", key),
  };
}

/** Gemini Live: the page gets an ephemeral token, which begins one session. */
function gemini(label: string): Backing {
  const at = (http: string, base_url: string, key: string): Access => ({
    base_url,
    start: () =>
      ask({
        url: `${http}/v1alpha/auth_tokens`,
        headers: { "x-goog-api-key": key },
        body: { uses: 1 },
        secrets: [key],
      }),
  });
  return {
    label,
    model: GEMINI_MODEL,
    local: ({ url, geminiUrl }) => at(url, geminiUrl, "local"),
    real: ({ GEMINI_API_KEY: key = "" }) => (key === "" ? undefined : at(`https://${GOOGLE}`, `wss://${GOOGLE}`, key)),
  };
}

/** A Pipecat bot: its runner starts it, and the page gets its address. The bot has its own model. */
function pipecat(label: string): Backing {
  const at = (start: string, body: object): Access => {
    const { url, headers, secrets } = readStartUrl(start);
    return {
      // Its path and query are for this process only.
      base_url: new URL(url).origin,
      start: () => ask({ url, headers, body: { transport: "websocket", body }, secrets }),
    };
  };
  return {
    label,
    model: "",
    local: ({ pipecatUrl, pipecatHost = new URL(pipecatUrl).host }) => {
      // A bot's functions are its server's: this one's are named when it is started.
      const { base_url, start } = at(pipecatUrl, { tools: ["current_time"] });
      return { base_url, start: async () => reachedBy(pipecatHost, await start()) };
    },
    real: ({ PIPECAT_START_URL: start = "" }) => (start === "" ? undefined : at(start, {})),
  };
}

/**
 * The address of a start server. A name and a password in it become a header: `fetch` takes no address that holds them, and
 * quotes it in its error.
 * @throws Error that does not quote it, either.
 */
function readStartUrl(start: string): Pick<Start, "url" | "headers" | "secrets"> {
  if (!/^https?:\/\//.test(start) || !URL.canParse(start)) {
    throw new Error("PIPECAT_START_URL is not an address such as http://localhost:7860/start.");
  }
  const url = new URL(start);
  const username = decoded(url.username);
  const password = decoded(url.password);
  const login = `${username}:${password}`;
  const secrets = [login, username, password, ...url.searchParams.values(), url.search.slice(1)];
  const headers: Record<string, string> =
    login === ":" ? {} : { Authorization: `Basic ${Buffer.from(login).toString("base64")}` };
  url.username = "";
  url.password = "";
  return { url: url.href, headers, secrets };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A percent sign that was meant as one.
  }
}

/** The local runner names its own port: whoever is to come to it by a proxy, which breaks the line, is sent there. */
async function reachedBy(host: string, answer: Response): Promise<Response> {
  const started: unknown = await answer.json();
  if (typeof started !== "object" || started === null || !("wsUrl" in started)) {
    return Response.json(started, { status: answer.status });
  }
  const wsUrl = new URL(String(started.wsUrl));
  wsUrl.host = host;
  return Response.json({ ...started, wsUrl: wsUrl.href }, { status: answer.status });
}

/** The services of the console, by the ids that its page knows; the first is the default. */
const BACKINGS = {
  "openai-websocket": openAI("OpenAI Realtime · WebSocket"),
  "openai-webrtc": openAI("OpenAI Realtime · WebRTC"),
  thrive: openAI("Thrive, on OpenAI Realtime · WebSocket"),
  gemini: gemini("Gemini Live · WebSocket"),
  pipecat: pipecat("Pipecat bot · WebSocket"),
} satisfies Record<string, Backing>;

/** Services the demo can talk to. */
export const SERVICES: readonly string[] = Object.keys(BACKINGS);
export const DEFAULT_SERVICE = "openai-websocket" satisfies keyof typeof BACKINGS;

/** All of them, played by the local service. */
export function onLocalService(service: Addresses): BackedService[] {
  return Object.entries(BACKINGS).map(([id, { label, model, local }]) => ({ id, label, model, ...local(service) }));
}

/** Those that the environment knows, the real ones. */
export function onRealServices(environment: NodeJS.ProcessEnv): BackedService[] {
  return Object.entries(BACKINGS).flatMap(([id, { label, model, real }]) => {
    const access = real(environment);
    return access === undefined ? [] : [{ id, label, model, ...access }];
  });
}
