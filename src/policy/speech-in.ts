/** Louder than this is speech: root mean square of a window, where full scale is 1; -40 dBFS. */
const LOUD = 0.01;
/** In ms. */
const WINDOW = 20;
/** As much loudness as makes a word, and as much silence as ends a turn, in ms. */
const WORD = 100;
const PAUSE = 500;

const SCALE = 32_768;

/**
 * Whether somebody speaks in a piece of sound, and has stopped before its end. A rough measure, for where no service hears it.
 * @param pcm 16-bit mono samples
 * @param sampleRate Hz
 */
export function speechIn(pcm: Int16Array, sampleRate: number): { readonly heard: boolean; readonly ended: boolean } {
  const size = Math.max(1, Math.round((WINDOW * sampleRate) / 1_000));
  let loud = 0;
  let last = -Infinity;
  const windows = Math.floor(pcm.length / size);
  for (let window = 0; window < windows; window += 1) {
    let sum = 0;
    for (const sample of pcm.subarray(window * size, (window + 1) * size)) sum += sample * sample;
    if (Math.sqrt(sum / size) / SCALE <= LOUD) continue;
    loud += 1;
    last = window;
  }
  return { heard: loud * WINDOW >= WORD, ended: (windows - 1 - last) * WINDOW >= PAUSE };
}
