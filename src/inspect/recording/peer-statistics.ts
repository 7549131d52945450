import type { Statistics } from "../../contracts/inspector.js";

type Report = Readonly<Record<string, unknown>>;

/**
 * Few numbers of what `RTCPeerConnection.getStats()` tells: of the path in use and of sound, both ways. No address, candidate or
 * certificate is read.
 */
export function peerStatistics(report: { forEach(read: (each: Report) => void): void }): Statistics {
  const all: Report[] = [];
  report.forEach((each) => all.push(each));
  const sound = (type: string): Report | undefined =>
    all.find((each) => each.type === type && (each.kind ?? "audio") === "audio");
  const transport = all.find(({ type }) => type === "transport");
  const pairs = all.filter(({ type }) => type === "candidate-pair");
  // Firefox marks the pair in use, others name it.
  const path =
    pairs.find(
      ({ id, selected }) => selected === true || (id !== undefined && id === transport?.selectedCandidatePairId),
    ) ?? pairs.find(({ nominated, state }) => nominated === true && state === "succeeded");
  const [sent, received] = [sound("outbound-rtp"), sound("inbound-rtp")];
  const missed = sound("remote-inbound-rtp");
  return {
    // Of the whole transport where it says so: the path may have changed, and counts anew.
    ...number("bytesSent", transport?.bytesSent ?? path?.bytesSent),
    ...number("bytesReceived", transport?.bytesReceived ?? path?.bytesReceived),
    ...number("roundTripMs", path?.currentRoundTripTime, 1_000),
    ...number("packetsSent", sent?.packetsSent),
    ...number("packetsSentLost", missed?.packetsLost),
    ...number("packetsReceived", received?.packetsReceived),
    ...number("packetsReceivedLost", received?.packetsLost),
    ...number("jitterMs", received?.jitter, 1_000),
    // Of 48 000 in a second: WebRTC has its sound decoded at that rate.
    ...number("concealedMs", received?.concealedSamples, 1 / 48),
  };
}

/** One number, rounded; nothing where the browser does not say. */
function number(name: keyof Statistics, value: unknown, times = 1): Statistics {
  return typeof value === "number" && Number.isFinite(value) ? { [name]: Math.round(value * times) } : {};
}
