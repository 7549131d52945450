import type { InspectionEvent, Observer } from "xstate";
import type { Connection } from "./connection.js";
import type { SpeakerPort } from "./speaker.js";

/** A message of the connection in outline: never its contents. */
export interface MessageOutline {
  readonly direction: "sent" | "received";
  /** As the service calls it (`response.done`, `serverContent.modelTurn`); `audio` where it is a chunk of sound. */
  readonly type: string;
  /** Of JSON in UTF-16 units, of sound and frames in bytes. */
  readonly size: number;
}

/**
 * What a connection and the player measure of themselves, every few seconds: numbers alone, and each only where it is known. Counts go
 * on from the connection's opening, or from the player's.
 */
export interface Statistics {
  /** Bytes handed over that have not left yet. */
  readonly bufferedAmount?: number;
  /** Bytes that a peer connection has sent. Of a WebSocket, the outlines of its messages say it. */
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  /** There and back, in ms, of a peer connection. */
  readonly roundTripMs?: number;
  /** Packets of the microphone's sound that a peer connection has sent, and those that the other side says it has missed. */
  readonly packetsSent?: number;
  readonly packetsSentLost?: number;
  /** Packets of the bot's sound, and how unevenly they come, in ms. */
  readonly packetsReceived?: number;
  readonly packetsReceivedLost?: number;
  readonly jitterMs?: number;
  /** Sound of the bot that a browser has made up for want of packets, in ms. */
  readonly concealedMs?: number;
  /** Sound of the bot that was played here, in ms: none where a track carries it. */
  readonly playedMs?: number;
  /** Sound of the bot that waits to be played, in ms. */
  readonly waitingMs?: number;
  /** How often the player ran dry in the middle of an utterance. */
  readonly underruns?: number;
}

/** What may be measured of a session. */
export interface MeasuredSession {
  /** Where the bot is played, unless a track carries it. */
  readonly speaker: SpeakerPort;
  /** Those of the session's clock. */
  readonly timers: {
    setTimeout(run: () => void, ms: number): unknown;
    clearTimeout(id: unknown): void;
  };
}

/** Who measures a session. */
export interface Measuring {
  /** Used in place of the speaker: the same, or one that counts on the way to it. */
  readonly speaker: SpeakerPort;
  /** A connection has opened. Called in the middle of that; nothing may go on once the signal aborts. */
  readonly follow: (connection: Connection, signal: AbortSignal) => void;
}

/** Something that looks at sessions. */
export interface SessionInspector {
  /** Receives every inspection event of the session's actors. Must be cheap: it runs in the middle of a chart's step. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Receives an outline of every message of the connection. Without it, none is made. */
  readonly message?: (outline: MessageOutline) => void;
  /** Is handed what may be measured of a session, once per transport. Without it, nothing is measured. */
  readonly measure?: (session: MeasuredSession) => Measuring;
}

/** What the option `inspect` takes, alone or several in a list. */
export type Inspector = SessionInspector | Observer<InspectionEvent> | ((event: InspectionEvent) => void);
