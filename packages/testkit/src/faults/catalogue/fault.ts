import type { FaultCode } from "../../../../../src/contracts/fault.js";
import type { LocalService, LocalServiceOptions } from "../../../../local-service/src/index.js";
import type { FaultProxy } from "../network/fault-proxy.js";
import type { Liar } from "../liars/liar.js";
import type { LyingServer } from "../liars/lying-server.js";

/** The transports that the tables are about. `subjects.ts` tells how those over sockets are made. */
export type SubjectName = "openai-websocket" | "openai-webrtc" | "gemini" | "pipecat";

/** What a lie is told in, whatever carries it. */
export interface LiarScene {
  /** Throws in a scene with the local service. */
  readonly liar: Liar;
  /** Sends a text and does not wait for what comes of it. */
  readonly ask: (text: string) => void;
}

/** What a fault is injected into. */
export interface Scene extends LiarScene {
  readonly proxy: FaultProxy;
  /** The local service. Throws in a scene with a liar. */
  readonly service: LocalService;
  /** The lying server. Throws in a scene with the local service. */
  readonly liar: LyingServer;
}

/** `none`: a message of the service's own, passed on. */
export type ToldCode = FaultCode | "none";

/** What must hold when a fault strikes. */
export type Expectation =
  | {
      readonly outcome: "continues";
      /** Codes of the errors that the app was told of, each once; none of them fatal. */
      readonly errors: readonly ToldCode[];
      /** Codes of errors that may be told or not, as time has it. */
      readonly maybe?: readonly ToldCode[];
      /** The longest time in which nothing of the conversation went on, in ms. */
      readonly within: number;
    }
  | {
      /** The session ends, or never begins, and says why. */
      readonly outcome: "ends";
      readonly code: FaultCode;
    };

/** One way in which the world breaks. */
export interface Fault<In = Scene> {
  /** `kebab-case`, unique. */
  readonly name: string;
  /** What is done, in words for the table. */
  readonly injected: string;
  /** Who plays the service. Default: the local service. */
  readonly server?: "liar";
  /** Options of the local service. */
  readonly options?: LocalServiceOptions;
  /** Done before the app connects. */
  readonly before?: (scene: In) => unknown;
  /** Done in a session that has just answered; resolves when the fault has had its effect. */
  readonly strike?: (scene: In) => unknown;
  /** Whether the app sends a text at the moment of the strike, which must then arrive or be refused. Default true. */
  readonly writes?: boolean;
  /** What must hold, unless `differences.ts` says otherwise for a transport. */
  readonly expect: Expectation;
}

/** A fault, as far as whoever plays it must know. */
export interface FaultRow {
  readonly fault: string;
  readonly subject: string;
  /** Whether it is there before the app connects. */
  readonly isEarly: boolean;
  /** Whether the app writes at the moment of the strike. */
  readonly writes: boolean;
}

/** What there is to know of a fault for whoever plays it. */
export function rowOf<In>(fault: Fault<In>, subject: { readonly name: string }): FaultRow {
  const { name, before, strike, writes = true } = fault;
  return { fault: name, subject: subject.name, isEarly: before !== undefined, writes: strike !== undefined && writes };
}

/** The conversation goes on, with these errors told on the way. */
export function continues(within: number, ...errors: readonly ToldCode[]): Expectation {
  return { outcome: "continues", errors, within };
}

/** The session ends with this error. */
export function ends(code: FaultCode): Expectation {
  return { outcome: "ends", code };
}
