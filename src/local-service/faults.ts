/**
 * Misbehaviour on demand. Set a knob on `LocalService.faults` for connections to come, or name it in a connection's own
 * address: `?fault=silent`, `?fault=drop-after=300`, several with commas.
 */
export interface FaultKnobs {
  /** `silent`: accepts the socket and never says `session.created`, or `bot-ready`. */
  silent: boolean;
  /** `no-updated`: never answers `session.update`, or a request over RTVI. */
  noUpdated: boolean;
  /** `hang-upgrade`: takes the TCP connection; the WebSocket handshake never ends. */
  hangUpgrade: boolean;
  /** `unavailable`: HTTP 503 instead of the handshake. */
  unavailable: boolean;
  /** `drop-after=<ms>`: cuts the socket without a close frame, so long after it opened. */
  dropAfterMs: number | undefined;
  /** `malformed`: sends frames that break the protocol in every way, then goes on as usual. */
  malformed: boolean;
  /** `late-deltas`: goes on sending sound of a response that was cancelled. */
  lateDeltas: boolean;
  /** `unauthorized-after-open`: accepts any key, then reports `invalid_api_key` and closes; a Pipecat socket closes with 4003. */
  unauthorizedAfterOpen: boolean;
  /** `fail-responses`: every response ends as `failed` with `insufficient_quota`; over RTVI, in an `error`. */
  failResponses: boolean;
}

/** All knobs off. */
export function noFaults(): FaultKnobs {
  return {
    silent: false,
    noUpdated: false,
    hangUpgrade: false,
    unavailable: false,
    dropAfterMs: undefined,
    malformed: false,
    lateDeltas: false,
    unauthorizedAfterOpen: false,
    failResponses: false,
  };
}

const SWITCHES = {
  silent: "silent",
  "no-updated": "noUpdated",
  "hang-upgrade": "hangUpgrade",
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
    const delay = /^drop-after=(\d+)$/.exec(name)?.[1];
    if (delay !== undefined) faults.dropAfterMs = Number(delay);
  }
  return faults;
}
