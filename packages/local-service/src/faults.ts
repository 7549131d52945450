/**
 * Misbehaviour on demand. Set a knob on `LocalService.faults` for connections to come, or name it in a connection's own
 * address: `?fault=silent`, `?fault=drop-after=300`, several with commas.
 */
export interface FaultKnobs {
  /** `silent`: accepts the socket and never says a word. */
  silent: boolean;
  /** `no-updated`: never answers `session.update` (OpenAI), `setup` (Gemini), or a request over RTVI (Pipecat). */
  noUpdated: boolean;
  /** `hang-upgrade`: takes the TCP connection; the WebSocket handshake never ends. */
  stallUpgrade: boolean;
  /** `unavailable`: HTTP 503 instead of the handshake. */
  unavailable: boolean;
  /** `drop-after=<ms>`: cuts the socket without a close frame, so long after it opened. */
  dropAfterMs: number | undefined;
  /** `malformed`: sends frames that break the protocol in every way, then goes on as usual. */
  malformed: boolean;
  /** `late-deltas`: goes on sending sound of an answer that was cancelled or interrupted. */
  lateDeltas: boolean;
  /** `unauthorized-after-open`: accepts any key, then reports that it is wrong and closes; a Pipecat socket with 4003. */
  unauthorizedAfterOpen: boolean;
  /**
   * `fail-responses`: every response fails for want of quota. With Gemini that is the end of the connection, 1011; over
   * RTVI, an `error`.
   */
  failResponses: boolean;
  /** `go-away-after=<ms>`: Gemini sends `goAway` so long after the setup, and closes when its `timeLeft` is over. */
  goAwayAfterMs: number | undefined;
}

/** All knobs off. */
export function noFaults(): FaultKnobs {
  return {
    silent: false,
    noUpdated: false,
    stallUpgrade: false,
    unavailable: false,
    dropAfterMs: undefined,
    malformed: false,
    lateDeltas: false,
    unauthorizedAfterOpen: false,
    failResponses: false,
    goAwayAfterMs: undefined,
  };
}

const SWITCHES = {
  silent: "silent",
  "no-updated": "noUpdated",
  "hang-upgrade": "stallUpgrade",
  unavailable: "unavailable",
  malformed: "malformed",
  "late-deltas": "lateDeltas",
  "unauthorized-after-open": "unauthorizedAfterOpen",
  "fail-responses": "failResponses",
} as const;

function isSwitch(name: string): name is keyof typeof SWITCHES {
  return Object.hasOwn(SWITCHES, name);
}

/** The service's knobs as they stand now, plus those that the address names. Unknown names are ignored. */
export function faultsFor(knobs: FaultKnobs, query: URLSearchParams): Readonly<FaultKnobs> {
  const faults = { ...knobs };
  for (const name of query.getAll("fault").flatMap((value) => value.split(","))) {
    if (isSwitch(name)) faults[SWITCHES[name]] = true;
    const [, event, delay] = /^(drop|go-away)-after=(\d+)$/.exec(name) ?? [];
    if (event !== undefined) faults[event === "drop" ? "dropAfterMs" : "goAwayAfterMs"] = Number(delay);
  }
  return faults;
}
