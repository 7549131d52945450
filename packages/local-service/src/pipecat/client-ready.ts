import { objectOr, type JsonObject } from "../json.js";

/** The RTVI version that this service speaks. */
export const RTVI_VERSION = "2.1.0";

/** What a client says about itself in `client-ready`. */
export interface ClientVersion {
  /** The old form of `bot-output` is for clients of protocol 1. */
  readonly isLegacy: boolean;
  /** What is wrong with the version; the session goes on all the same, as with Pipecat's server. */
  readonly problem: string | undefined;
}

/** A client of our own protocol, until it says otherwise. */
export const CURRENT_CLIENT: ClientVersion = { isLegacy: false, problem: undefined };

const CONSEQUENCE = "Compatibility issues may occur.";

/** Reads the version in `client-ready`: major 2 is ours, 1 is served, anything else is told so. */
export function readClientVersion(data: unknown): ClientVersion {
  const { version } = objectOr(data);
  if (typeof version !== "string" || version === "") {
    return { isLegacy: false, problem: `Client version unknown. ${CONSEQUENCE}` };
  }
  const major = /^(\d+)\.\d+\.\d+$/.exec(version)?.[1];
  if (major === undefined) {
    return { isLegacy: false, problem: `Invalid client version format (${version}). ${CONSEQUENCE}` };
  }
  if (major === "2" || major === "1") return { isLegacy: major === "1", problem: undefined };
  const problem = `RTVI version ${version} is not compatible with server protocol ${RTVI_VERSION}. ${CONSEQUENCE}`;
  return { isLegacy: false, problem };
}

/** The data of `bot-ready`. A client of protocol 1 is told its own version; one that comes back, that the bot remembers. */
export function botReady(data: unknown, { isLegacy }: ClientVersion, resumed: boolean): JsonObject {
  return {
    version: isLegacy ? objectOr(data).version : RTVI_VERSION,
    about: { library: "rtvi-machine", platform: "local-service" },
    ...(resumed ? { resumed } : {}),
  };
}
