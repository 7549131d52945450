import { findIn, findPiecewiseIn } from "./correlate.js";
import { cut, seconds, utterances } from "./sound.js";
import type { SeenTurn } from "./session-watch.js";
import type { Stage } from "./stage.js";
import type { Sound } from "./wav.js";

/** Played sound that belongs to an answer may lie this far outside its events, ms. */
const MARGIN_MS = 300;
/** What the microphone sent for a turn lies this far before the end of that turn, ms. */
const TURN_MS = 6000;

/** How an answer compares with what was said. */
export interface Answer {
  readonly turn: SeenTurn;
  /** As played. */
  readonly sound: Sound;
  /** Which utterance of the recording it repeats, from 1. */
  readonly utterance: number;
  /** With the recording itself, from file to loudspeaker: normalised cross-correlation at the best lags. */
  readonly withRecording: number;
  /** With what the page sent for that utterance: the way back alone. */
  readonly withSent: number;
  /** End of the user's turn to the first sound of the answer, ms. */
  readonly latency: number;
  /** The last speech that was sent to the first sound of the answer, ms: what a person waits. */
  readonly wait: number;
}

/** Compares the answer to a spoken turn with every utterance of the recording. */
export function judgeAnswer(stage: Stage, recording: Sound, turn: SeenTurn): Answer {
  const { botStarted = 0, botStopped = 0 } = turn;
  const sound = stage.played.between(botStarted - MARGIN_MS, botStopped + MARGIN_MS);
  const sent = stage.sent.between(stage.timeOrigin + turn.askedAt - TURN_MS, stage.timeOrigin + turn.askedAt);
  const patterns = utterances(recording).map((stretch) => cut(recording, stretch));
  const matches = patterns.map((pattern, index) => ({ index, pattern, ...findPiecewiseIn(sound, pattern) }));
  const best = matches.reduce((a, b) => (b.correlation > a.correlation ? b : a));
  const place = findIn(sent, best.pattern);
  const said = cut(sent, { from: place.at, to: place.at + seconds(best.pattern) });
  return {
    turn,
    sound,
    utterance: best.index + 1,
    withRecording: best.correlation,
    withSent: findPiecewiseIn(sound, said).correlation,
    latency: botStarted - turn.askedAt,
    wait: stage.timeOrigin + botStarted - (stage.sent.lastSpeech(stage.timeOrigin + botStarted) ?? NaN),
  };
}
