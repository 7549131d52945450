import type { LocalService } from "rtvi-machine/local-service";
import type { BackedService } from "../../examples/voice-console/session-endpoint.js";

/** The local service takes any name; this one tells a reader of its log what it stands in for. */
const MODEL = "gpt-realtime";

/** Where the local service is reached. */
export type Addresses = Pick<LocalService, "url" | "wsUrl" | "geminiUrl" | "pipecatUrl">;

/** How a session of a service is come by: here, and where the environment has a key for the real one. */
interface Backing {
  readonly label: string;
  readonly model: string;
  readonly local: (service: Addresses) => Access;
  /** Undefined without a key. */
  readonly real: (environment: NodeJS.ProcessEnv) => Access | undefined;
}

type Access = Pick<BackedService, "base_url" | "start">;

/** OpenAI's Realtime API by one of the ways to speak it. */
function openAI(label: string): Backing {
  const at = (http: string, base_url: string, key: string): Access => ({
    base_url,
    start: () =>
      fetch(`${http}/client_secrets`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ session: { type: "realtime", model: MODEL } }),
      }),
  });
  return {
    label,
    model: MODEL,
    local: ({ url, wsUrl }) => at(`${url}/v1/realtime`, wsUrl, "local"),
    real: ({ OPENAI_API_KEY: key = "" }) =>
      key === "" ? undefined : at("https://api.openai.com/v1/realtime", "wss://api.openai.com/v1/realtime", key),
  };
}

/** The services of the console, by the ids that its page knows; the first is the default. */
const BACKINGS = {
  "openai-websocket": openAI("OpenAI Realtime · WebSocket"),
  "openai-webrtc": openAI("OpenAI Realtime · WebRTC"),
  thrive: openAI("Thrive, on OpenAI Realtime · WebSocket"),
} satisfies Record<string, Backing>;

/** Services the demo can talk to. */
export const SERVICES: readonly string[] = Object.keys(BACKINGS);
export const DEFAULT_SERVICE = "openai-websocket" satisfies keyof typeof BACKINGS;

/** All of them, played by the local service. */
export function onLocalService(service: Addresses): BackedService[] {
  return Object.entries(BACKINGS).map(([id, { label, model, local }]) => ({ id, label, model, ...local(service) }));
}

/** Those that the environment has a key for, the real ones. */
export function onRealServices(environment: NodeJS.ProcessEnv): BackedService[] {
  return Object.entries(BACKINGS).flatMap(([id, { label, model, real }]) => {
    const access = real(environment);
    return access === undefined ? [] : [{ id, label, model, ...access }];
  });
}
