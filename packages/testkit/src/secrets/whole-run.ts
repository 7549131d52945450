import { RTVIError, type RTVIEventCallbacks, type RTVIMessage } from "@pipecat-ai/client-js";
import { afterAll, afterEach } from "vitest";
import { Actor, type AnyActor, type InspectionEvent } from "xstate";
import { isRtviMachineError } from "../../../../src/errors.js";
import type { Logger } from "../../../../src/log.js";
import { VoiceTransport } from "../../../../src/transport/voice-transport.js";
import { textOf, traceOfSecrets } from "./secrets.js";

/**
 * Runs before every test file, in Node, jsdom and Chromium: looks for the credentials of the tests in whatever a session
 * lets out, whether the test that made it listens or not, and fails the test in which one is found.
 */
const found = new Set<string>();

function look(where: string, ...values: readonly unknown[]): void {
  for (const form of traceOfSecrets(values.map((value) => textOf(value)).join("\n"))) found.add(`${where}: ${form}`);
}

/** Files that share a process may share what it has loaded: that is changed by the first, and tells the latest. */
const WATCH = Symbol.for("rtvi-machine.tests.look");
const shared = globalThis as { [WATCH]?: typeof look };
shared[WATCH] = look;

/** Changes what nobody has changed before. */
function once(prototype: object, change: () => void): void {
  if (WATCH in prototype) return;
  Object.defineProperty(prototype, WATCH, { value: true });
  change();
}

const judge = (): void => {
  if (found.size === 0) return;
  const places = [...found].join("; ");
  found.clear();
  throw new Error(`A credential was let out: ${places}`);
};
afterEach(judge);
// What came after the last test.
afterAll(judge);

/** What charts make is never changed, and comes by several times. */
const inspected = new WeakSet<object>();

function lookOnce(where: string, value: unknown): void {
  if (typeof value === "object" && value !== null) {
    if (inspected.has(value)) return;
    inspected.add(value);
  }
  shared[WATCH]?.(where, value);
}

/** Every event and snapshot of every chart, as an inspector would see it. */
function inspect(event: InspectionEvent): void {
  if (event.type === "@xstate.actor") return;
  if ("event" in event) lookOnce(`inspected event ${event.event.type}`, event.event);
  if ("snapshot" in event) {
    const { context, input, output, error } = event.snapshot as Readonly<Record<string, unknown>>;
    for (const value of [context, input, output, error])
      lookOnce(`inspected snapshot after ${event.event.type}`, value);
  }
}

/** Every error of the library, also one that nobody is told: the constructor of its base class writes the status first. */
function watchErrors(): void {
  Object.defineProperty(RTVIError.prototype, "status", {
    configurable: true,
    set(this: RTVIError, status: number | undefined) {
      Object.defineProperty(this, "status", { value: status, enumerable: true, writable: true, configurable: true });
      queueMicrotask(() => {
        if (isRtviMachineError(this)) shared[WATCH]?.(this.name, this);
      });
    },
  });
}

function watchActors(): void {
  const { start } = Actor.prototype;
  Actor.prototype.start = function (this: AnyActor) {
    if (this._parent === undefined) this.system.inspect(inspect);
    return start.call(this);
  };
}

once(Actor.prototype, watchActors);
once(RTVIError.prototype, watchErrors);

/** Every log line of a transport. */
function overhear(transport: VoiceTransport): void {
  const { logger } = Reflect.get(transport, "_core") as { readonly logger: Record<keyof Logger, Logger["debug"]> };
  for (const level of ["debug", "info", "warn", "error"] as const) {
    const write = logger[level];
    logger[level] = (message, ...details) => {
      look(`log ${level}`, message, ...details);
      write(message, ...details);
    };
  }
}

/** Every callback, before the app has it. */
function overheard(callbacks: RTVIEventCallbacks): RTVIEventCallbacks {
  return new Proxy(callbacks, {
    get(target, name) {
      const callback: unknown = Reflect.get(target, name);
      if (typeof callback !== "function") return callback;
      return (...args: unknown[]): unknown => {
        look(`callback ${String(name)}`, ...args);
        return Reflect.apply(callback, target, args) as unknown;
      };
    },
  });
}

const { initialize } = VoiceTransport.prototype;
VoiceTransport.prototype.initialize = function (options, handler) {
  const callbacks = overheard(options.callbacks ?? {});
  initialize.call(this, { ...options, callbacks }, (message: RTVIMessage) => {
    look(`message ${message.type}`, message);
    handler(message);
  });
  overhear(this);
};
