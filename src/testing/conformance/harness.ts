import type { Transport } from "@pipecat-ai/client-js";
import type { Continuity } from "../../contracts/continuity.js";

/** Plays the service behind a transport. */
export interface ServiceControl {
  /** How connect attempts go from now on: they open, are refused, or stay open-ended until their deadline. */
  connect(how: "open" | "refuse" | "hang"): void;
  /** Whether the service says that it is ready once it is open, from now on. */
  ready(how: "at once" | "never"): void;
  /** Whether it answers a close, from now on. */
  close(how: "answer" | "hang"): void;
  /** The open connection is lost, in a way that another attempt may mend, or for good. */
  drop(how: "retryable" | "final"): void;
  /** How many connections the transport has, or opens; left out where nobody can tell. */
  readonly held?: number;
}

/** Plays the user who is asked for the microphone. */
export interface MicrophoneControl {
  /** What the user answers from now on; `"wait"` leaves the question open. */
  answer(how: "allow" | "deny" | "wait"): void;
}

/** The transport's own deadlines, in ms. */
export interface Deadlines {
  readonly connect: number;
  readonly ready: number;
  readonly disconnect: number;
  /** Time in which it has reconnected a lost connection as often as it does, and given up. */
  readonly reconnect: number;
}

/** A fresh transport, and hands on everything around it. */
export interface ConformanceHarness {
  /** Not given to any client yet. */
  readonly transport: Transport;
  readonly service: ServiceControl;
  readonly microphone: MicrophoneControl;
  readonly deadlines: Deadlines;
  /** What becomes of the conversation when the connection is lost while ready. Default `fresh`. */
  readonly continuity?: Continuity;
  /** When a connection is closed: once the service has answered, or at once, as a peer connection is. Default `answered`. */
  readonly closes?: "answered" | "at once";
  /** Lets time pass: turns the transport's clock, or waits. */
  elapse(ms: number): Promise<void>;
  /** What the transport still holds, in words; empty when it holds nothing. */
  leftovers(): readonly string[];
  /** Called after each case. */
  dispose?(): void | Promise<void>;
}

/** Makes a harness for one case. */
export type HarnessFactory = () => ConformanceHarness | Promise<ConformanceHarness>;

/** The part of a test runner that the suite needs; Vitest, Jest, Mocha and `node:test` have it. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}
