import type { MicrophonePort } from "../contracts/microphone.js";

/** A microphone whose track is sent as it is: it is opened, muted and lost like any other, but makes no chunks. */
export function trackMicrophone(port: MicrophonePort): MicrophonePort {
  return {
    open: (request, reports) => port.open(request, reports),
    setStreaming: () => undefined,
    setMuted: (muted) => {
      port.setMuted(muted);
    },
    close: () => {
      port.close();
    },
  };
}
