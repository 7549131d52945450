import { describe, expect, it } from "vitest";
import { peerStatistics } from "../../../src/inspect/recording/peer-statistics.js";

const ADDRESS = "203.0.113.7";
const pair = (id: string, more: object = {}) => ({ type: "candidate-pair", id, state: "succeeded", ...more });
/** As Chromium has it, with what must not be read. */
const REPORT = [
  { type: "local-candidate", id: "c1", address: ADDRESS, candidateType: "host", usernameFragment: "frag" },
  { type: "certificate", id: "f1", fingerprint: "AA:BB" },
  { type: "transport", id: "t1", selectedCandidatePairId: "p2" },
  pair("p1", { nominated: true, bytesSent: 1, currentRoundTripTime: 9 }),
  pair("p2", { nominated: true, bytesSent: 4_000, bytesReceived: 5_000, currentRoundTripTime: 0.0424 }),
  { type: "outbound-rtp", kind: "audio", packetsSent: 250 },
  { type: "remote-inbound-rtp", kind: "audio", packetsLost: 3, roundTripTime: 0.05 },
  { type: "inbound-rtp", kind: "video", packetsReceived: 1 },
  { type: "inbound-rtp", kind: "audio", packetsReceived: 240, packetsLost: 0, jitter: 0.006, concealedSamples: 4_800 },
];

describe("statistics of a peer connection", () => {
  it("are few numbers, of the path in use and of sound", () => {
    const numbers = peerStatistics(REPORT);
    expect(numbers).toEqual({
      bytesSent: 4_000,
      bytesReceived: 5_000,
      roundTripMs: 42,
      packetsSent: 250,
      packetsSentLost: 3,
      packetsReceived: 240,
      packetsReceivedLost: 0,
      jitterMs: 6,
      concealedMs: 100,
    });
  });

  it.each([
    ["the pair that Firefox marks", [pair("a", { bytesSent: 1 }), pair("b", { selected: true, bytesSent: 2 })]],
    ["the pair that was nominated", [pair("a", { bytesSent: 1 }), pair("b", { nominated: true, bytesSent: 2 })]],
  ])("take %s where no transport names it", (_, report) => {
    expect(peerStatistics(report)).toEqual({ bytesSent: 2 });
  });

  it("say nothing where the browser says nothing, or no number", () => {
    expect(peerStatistics([])).toEqual({});
    expect(peerStatistics([{ type: "inbound-rtp", jitter: "much", packetsLost: Number.NaN }])).toEqual({});
  });
});
