import { DeviceError, StartBotError, type DeviceErrorType } from "@pipecat-ai/client-js";

/** What a person should read when something went wrong. */
export interface Failure {
  readonly what: string;
  /** What to do about it; empty where `what` says it. */
  readonly advice: string;
}

const DEVICE_ADVICE: Partial<Record<DeviceErrorType, string>> = {
  permissions: "Allow it by the icon beside the address, then connect again. Until then you can type.",
  "in-use": "Close the program that holds it, then connect again. Until then you can type.",
  "not-found": "Plug one in: it is picked up as it comes. Until then you can type.",
};

/** By the HTTP status with which the page's own server answered. */
const START_ADVICE: Readonly<Record<number, string>> = {
  401: "The service refused the key: check it in the environment of `npm start`.",
  403: "The service refused the key, or this page is not on the server's list of origins.",
  404: "Is this page served by `npm start`? It answers /api/session.",
  429: "Too many sessions were started: wait a moment, or look at the quota of the key.",
  502: "The page's server is there, but the service behind it did not answer. Look at the terminal of `npm start`.",
};

const UNREACHABLE = /failed to fetch|networkerror|load failed/i;

/** What a person should read of anything that was thrown, rejected or reported. */
export function explain(problem: unknown): Failure {
  if (problem instanceof DeviceError) {
    return { what: problem.message, advice: DEVICE_ADVICE[problem.type] ?? "" };
  }
  if (problem instanceof Response) return ofServer(problem.status, `${String(problem.status)} ${problem.statusText}`);
  // `fetch` says no more than that, each browser in its own words; client-js passes them on.
  if (problem instanceof TypeError || (problem instanceof StartBotError && UNREACHABLE.test(problem.message))) {
    return { what: "The page's own server does not answer.", advice: "Is `npm start` still running?" };
  }
  if (problem instanceof StartBotError) return ofServer(problem.status ?? 0, problem.message);
  if (problem instanceof Error) return { what: problem.message, advice: "" };
  if (typeof problem === "object" && problem !== null) {
    if ("error" in problem) return explain(problem.error);
    if ("message" in problem) return explain(problem.message);
  }
  return { what: String(problem), advice: "" };
}

function ofServer(status: number, said: string): Failure {
  return { what: `No session could be started: ${said}`.trim(), advice: START_ADVICE[status] ?? "" };
}
