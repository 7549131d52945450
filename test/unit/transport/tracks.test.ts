import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { expect, it } from "vitest";
import type { Connection } from "../../../src/contracts/connection.js";
import type { MediaManager } from "../../../src/media/media-manager.js";
import type { TransportMedia } from "../../../src/media/transport-media.js";
import { Tracks } from "../../../src/transport/tracks.js";

const track = (id: string) => ({ id }) as MediaStreamTrack;

function tracked() {
  const told: string[] = [];
  const local: { audio?: MediaStreamTrack } = {};
  const callbacks: RTVIEventCallbacks = {
    onTrackStarted: ({ id }, participant) => told.push(`started ${id} of ${participant?.name}`),
    onTrackStopped: ({ id }, participant) => told.push(`stopped ${id} of ${participant?.name}`),
  };
  const tracks = new Tracks({
    manager: { tracks: () => ({ local }) } as MediaManager,
    media: { setTrack: () => undefined } as Partial<TransportMedia> as TransportMedia,
    call: (run) => run(callbacks),
  });
  return { tracks, told, local };
}

it("tracks: the app hears of each track of the bot that comes and goes, and of a change in this order", () => {
  const { tracks, told } = tracked();
  tracks.setBot(undefined);
  expect(told).toEqual([]);
  tracks.setBot({ track: track("a"), level: () => Promise.resolve(0) });
  expect(tracks.bot?.id).toBe("a");
  tracks.setBot({ track: track("b"), level: () => Promise.resolve(0) });
  tracks.setBot(undefined);
  expect(told.map((line) => line.split(" of ")[0])).toEqual(["started a", "stopped a", "started b", "stopped b"]);
  expect(tracks.bot).toBeUndefined();
});

it("tracks: the connection in use sends the microphone's track that there is now", () => {
  const { tracks, local } = tracked();
  const sent: (string | undefined)[] = [];
  const peer: Partial<Connection> = { setMicrophone: (now) => void sent.push(now?.id) };
  tracks.followMicrophone();
  tracks.usePeer(peer as Connection);
  local.audio = track("mic");
  tracks.followMicrophone();
  tracks.usePeer(undefined);
  tracks.followMicrophone();
  expect(sent).toEqual([undefined, "mic"]);
});
