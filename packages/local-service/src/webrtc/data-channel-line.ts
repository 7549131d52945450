import type { RTCDataChannel } from "werift";
import type { SessionLine } from "../line.js";

/** Long enough for the last events to leave before the connection does. */
const GOODBYE_MS = 100;

/** What browsers take in one message (RFC 8841's `max-message-size`, as Chromium announces it): more cannot be said to them. */
const MOST_BYTES = 262_144;

/** A data channel as a session's line. It has no close code: whoever is to know why, is told in an event before. */
export function dataChannelLine(channel: RTCDataChannel, close: () => void): SessionLine {
  let closing = false;
  return {
    get isOpen() {
      return !closing && channel.readyState === "open";
    },
    send: (frame) => {
      const bytes = Buffer.byteLength(frame);
      // Of none, werift makes an SCTP chunk of none, which ends the association.
      if (bytes > 0 && bytes <= MOST_BYTES) channel.send(frame);
    },
    close: () => {
      if (closing) return;
      closing = true;
      channel.close();
      setTimeout(close, GOODBYE_MS);
    },
    terminate: () => {
      closing = true;
      close();
    },
  };
}
