import { findPiecewiseIn } from "../../../tools/demo/correlate.js";
import { cut, utterances } from "../../../tools/demo/sound.js";
import type { Sound } from "../../../tools/demo/wav.js";
import speechUrl from "../../../packages/testkit/fixtures/speech.wav?url";

const PROCESSOR = `registerProcessor("recorder", class extends AudioWorkletProcessor {
  process([[input]]) {
    if (input) this.port.postMessage(input.slice());
    return true;
  }
})`;

/** Writes down what a track sounds like, from now on; `stop()` gives all of it. */
export async function record(track: MediaStreamTrack): Promise<{ readonly stop: () => Promise<Sound> }> {
  const context = new AudioContext({ sampleRate: 24_000 });
  const url = URL.createObjectURL(new Blob([PROCESSOR], { type: "text/javascript" }));
  await context.audioWorklet.addModule(url);
  URL.revokeObjectURL(url);
  const recorder = new AudioWorkletNode(context, "recorder", { channelCount: 1, channelCountMode: "explicit" });
  const blocks: Float32Array[] = [];
  recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => void blocks.push(data);
  context.createMediaStreamSource(new MediaStream([track])).connect(recorder);
  return {
    stop: async () => {
      const rate = context.sampleRate;
      await context.close();
      const samples = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
      let end = 0;
      for (const block of blocks) {
        samples.set(block, end);
        end += block.length;
      }
      return { samples, rate };
    },
  };
}

/** What the fake microphone plays. */
async function recordedSpeech(): Promise<Sound> {
  const context = new OfflineAudioContext(1, 1, 24_000);
  const decoded = await context.decodeAudioData(await (await fetch(speechUrl)).arrayBuffer());
  return { samples: decoded.getChannelData(0), rate: decoded.sampleRate };
}

/** How well a sound repeats that utterance of the recorded speech which it repeats best: 1 is the same waveform. */
export async function repeats(sound: Sound): Promise<number> {
  const speech = await recordedSpeech();
  const patterns = utterances(speech).map((stretch) => cut(speech, stretch));
  return Math.max(...patterns.map((pattern) => findPiecewiseIn(sound, pattern).correlation));
}
