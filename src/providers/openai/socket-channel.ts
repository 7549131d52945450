import { encodeBase64 } from "../../codec/base64.js";
import { openSocketConnection, socketConstructor } from "../../connection/socket-connection.js";
import type { TransportOptions } from "../../options.js";
import { MICROPHONE_PAUSE_MS } from "../../policy/time.js";
import { closeError, connectError } from "./close-codes.js";
import type { OpenAIChannel } from "./provider.js";
import { webSocketProtocols, webSocketUrl } from "./plan.js";

/** Events and audio over a WebSocket. */
export function socketChannel(options: Pick<TransportOptions, "WebSocket">): OpenAIChannel {
  return {
    media: { uplink: "pcm", voice: "player", pauseMs: MICROPHONE_PAUSE_MS },
    check: () => {
      socketConstructor(options.WebSocket);
    },
    open: (plan, { key, redact }, { signal }, up) => {
      openSocketConnection({
        url: webSocketUrl(plan),
        protocols: webSocketProtocols(key, plan),
        WebSocket: socketConstructor(options.WebSocket),
        signal,
        up,
        // Put together by hand: base64 needs no escaping, and this runs fifty times a second.
        encodeAudio: (pcm) => `{"type":"input_audio_buffer.append","audio":"${encodeBase64(new Uint8Array(pcm))}"}`,
        closed: (code, reason) => closeError(code, reason, redact),
        refused: (code, reason) => connectError(code, reason, redact),
      });
    },
  };
}
