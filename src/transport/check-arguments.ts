import { InvalidOptionsError } from "../errors.js";
import { isMediaManager, MANAGER } from "../media/media-manager.js";
import { WEB_AUDIO_OPTIONS, WORKLET_URL } from "../media/web-audio-options.js";
import type { ReconnectOptions, TimeoutOptions, TransportOptions } from "../options.js";
import { LONGEST_WAIT } from "../policy/time.js";
import {
  amount,
  checkFields,
  checkPlace,
  checkValue,
  either,
  type Elsewhere,
  FLAG,
  FUNCTION,
  hasMethods,
  inside,
  methods,
  oneOf,
  type OptionTable,
  RECORD,
  recordOf,
  type Rule,
  whole,
} from "../util/check-options.js";

const WAIT = amount("ms", 0, LONGEST_WAIT);
/** A deadline that may never come. Zero would be over before it began. */
const PATIENCE = amount("ms", 1, Infinity);
/** `Infinity` means never. */
const LIMIT = amount("ms", 0, Infinity);

const RECONNECT = {
  initial: FLAG,
  base: WAIT,
  factor: amount("times", 1, Number.MAX_SAFE_INTEGER),
  cap: LIMIT,
  attempts: whole("reconnects", 0, Infinity),
  budget: LIMIT,
  minUptime: WAIT,
  policy: methods("nextDelay"),
} satisfies Record<keyof ReconnectOptions, Rule>;

const TIMEOUTS = {
  connect: PATIENCE,
  ready: PATIENCE,
  disconnect: WAIT,
  silence: LIMIT,
  probe: PATIENCE,
  lull: WAIT,
  iceGrace: WAIT,
} satisfies Record<keyof TimeoutOptions, Rule>;

/** The options that every transport takes. */
export const TRANSPORT_OPTIONS = {
  // Read when it is used, by what it can do.
  inspect: { fits: () => true, expected: "an inspector" },
  reconnect: either(inside(RECONNECT), oneOf(false)),
  connectionParams: FUNCTION,
  onRecovered: FUNCTION,
  timeouts: inside(TIMEOUTS),
  audio: inside(WEB_AUDIO_OPTIONS),
  workletUrl: WORKLET_URL,
  WebSocket: FUNCTION,
  fetch: FUNCTION,
  RTCPeerConnection: FUNCTION,
  playBotTrack: FLAG,
  logger: methods("debug", "info", "warn", "error"),
  clock: methods("setTimeout", "clearTimeout"),
  random: FUNCTION,
  network: RECORD,
  functionCallTimeout: LIMIT,
  preRoll: WAIT,
  maxBufferedAmount: amount("bytes", 0, Infinity),
} satisfies Record<keyof TransportOptions, Rule>;

const TRANSPORT: Elsewhere = { table: TRANSPORT_OPTIONS, kind: "a transport option", place: "the third argument" };

/**
 * The arguments that every class hands on.
 * @throws InvalidOptionsError naming the option that is wrong.
 */
export function checkArguments(provider: unknown, manager: unknown, options: unknown): void {
  if (!hasMethods(provider, ["readParams", "begin"])) {
    throw new InvalidOptionsError("The provider must be an object with `media` and the methods readParams and begin.");
  }
  checkManager(manager);
  checkTransport(options);
}

/** @throws InvalidOptionsError naming the transport option that is wrong. */
export function checkTransport(options: unknown): void {
  checkFields(recordOf(options, "The transport options"), TRANSPORT_OPTIONS, {});
}

/** @throws InvalidOptionsError for a manager that cannot be one. */
export function checkManager(manager: unknown): void {
  if (manager === undefined || manager === null || isMediaManager(manager)) return;
  if (typeof manager === "object") for (const key of Object.keys(manager)) checkPlace(key, TRANSPORT);
  checkValue("manager", manager, MANAGER);
}

/**
 * Options that are not the transport's. Keys that are not in the table pass, unless one was meant that is.
 * @throws InvalidOptionsError naming the option that is wrong, or the transport option among them.
 */
export function checkOthers(given: unknown, what: string, table: OptionTable, within?: string): void {
  const context = { elsewhere: [TRANSPORT], isOpen: true, ...(within !== undefined && { within }) };
  checkFields(recordOf(given, what), table, context);
}

/**
 * What a class is told of its service, and whether it was told so in the right argument.
 * @param within What the caller calls them, where their names alone would not do.
 * @returns the options; an empty object where none were given.
 * @throws InvalidOptionsError naming the option that is wrong, or misplaced.
 */
export function checkService<Options extends object>(
  service: Options | undefined,
  transport: unknown,
  table: OptionTable,
  within?: string,
): Options | Record<string, never> {
  checkOthers(service, "The service options", table, within);
  const elsewhere = { table, kind: "a service option", place: "the first argument" };
  // No service has an option that is called as one of every transport is.
  for (const key of Object.keys(recordOf(transport, "The transport options"))) checkPlace(key, elsewhere);
  return service ?? {};
}

/** Names that a service of its own may have for options as well. */
const COMMON: readonly string[] = [
  "audio",
  "WebSocket",
  "fetch",
  "RTCPeerConnection",
  "logger",
  "clock",
  "random",
  "network",
];

/**
 * The options of a service that is not known here.
 * @throws InvalidOptionsError naming a transport option among them.
 */
export function checkOwnService(service: unknown): void {
  for (const key of Object.keys(recordOf(service, "The service options"))) {
    if (!COMMON.includes(key)) checkPlace(key, TRANSPORT);
  }
}
