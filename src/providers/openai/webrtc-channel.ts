import { openPeer, type PeerHandle } from "../../connection/peer-connection.js";
import type { Connection } from "../../contracts/connection.js";
import {
  ConnectionFailedError,
  ConnectionLostError,
  InvalidOptionsError,
  UnsupportedEnvironmentError,
} from "../../errors.js";
import type { Fetch, PeerConnectionConstructor, TransportOptions } from "../../options.js";
import type { OpenAIChannel } from "./provider.js";
import { callUrl, exchangeOffer } from "./service-call.js";
import { asError } from "../../util/reason.js";

const ICE_GRACE_MS = 5_000;

/** Events over a data channel, audio as RTP tracks both ways. */
export function webRTCChannel(options: TransportOptions): OpenAIChannel {
  return {
    media: { uplink: "track", voice: "service" },
    check: () => {
      environment(options);
    },
    open: (plan, { key, redact }, { signal }, up, named) => {
      const { fetch, RTCPeerConnection } = environment(options);
      const url = callUrl(plan, named ?? (key.startsWith("ek_") ? undefined : plan.model));
      let connection: Connection | undefined;
      let opened: Connection | undefined;
      /** The service may speak before the opening promise is settled. */
      const open = (): void => {
        if (opened !== undefined || connection === undefined) return;
        opened = connection;
        up.opened(opened);
      };
      openPeer({
        RTCPeerConnection,
        channel: "oai-events",
        graceMs: options.timeouts?.iceGrace ?? ICE_GRACE_MS,
        signal,
        exchange: (offer, over) => exchangeOffer(offer, { url, key, fetch, signal: over, redact }),
        onPeer: (peer) => {
          connection = connectionOf(peer, () => {
            up.closed(new ConnectionLostError("The connection was closed on purpose."));
          });
          up.peer(connection);
        },
        onRemoteTrack: (track, peer) => {
          if (track.kind === "audio") up.track({ track, level: () => peer.remoteLevel() });
        },
        onMessage: (data) => {
          open();
          if (up.admits(data)) up.received(data);
        },
        onLost: (error) => {
          up.closed(error);
        },
        onReleased: () => {
          up.track(undefined);
        },
      }).then(open, (error: unknown) => {
        up.closed(asConnectError(error));
      });
    },
  };
}

function connectionOf(peer: PeerHandle, closed: () => void): Connection {
  return {
    get isOpen() {
      return peer.isOpen;
    },
    bufferedAmount: 0,
    get maxMessageSize() {
      return peer.maxMessageSize;
    },
    get soundAt() {
      return peer.soundAt;
    },
    send: (event) => {
      peer.send(JSON.stringify(event));
    },
    sendEncoded: (data) => {
      // Events are text, and are written as JSON above.
      if (typeof data !== "string") throw new InvalidOptionsError("The data channel takes text.");
      peer.send(data);
    },
    // The microphone's track carries it.
    audio: () => undefined,
    setMicrophone: (track) => {
      peer.setMicrophone(track);
    },
    stats: () => peer.stats(),
    close: () => {
      peer.close();
      closed();
    },
  };
}

function asConnectError(error: unknown): Error {
  if (!(error instanceof ConnectionLostError)) return asError(error);
  return new ConnectionFailedError(`${error.message} It had not been open yet.`, { cause: error, retryable: true });
}

function environment(options: TransportOptions): { fetch: Fetch; RTCPeerConnection: PeerConnectionConstructor } {
  const { fetch = globalThis.fetch, RTCPeerConnection = globalThis.RTCPeerConnection } = options;
  if (typeof RTCPeerConnection !== "function") {
    throw new UnsupportedEnvironmentError(
      "There is no RTCPeerConnection here: use a browser that has it and lets this page use it, or pass one as " +
        "`options.RTCPeerConnection`.",
    );
  }
  if (typeof fetch !== "function") {
    throw new UnsupportedEnvironmentError("There is no global fetch here: pass one as `options.fetch`.");
  }
  // Called through a property of ours the global fetch would refuse.
  return { fetch: (url, init) => fetch(url, init), RTCPeerConnection };
}
