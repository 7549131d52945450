import type { RTCDataChannel } from "werift";
import type { SessionLine } from "../line.js";

/** Long enough for the last events to leave before the connection does. */
const GOODBYE_MS = 100;

/** A data channel as a session's line. It has no close code: whoever is to know why, is told in an event before. */
export function dataChannelLine(channel: RTCDataChannel, hangUp: () => void): SessionLine {
  let closing = false;
  return {
    get isOpen() {
      return !closing && channel.readyState === "open";
    },
    send: (frame) => {
      channel.send(frame);
    },
    close: () => {
      if (closing) return;
      closing = true;
      channel.close();
      setTimeout(hangUp, GOODBYE_MS);
    },
    terminate: () => {
      closing = true;
      hangUp();
    },
  };
}
