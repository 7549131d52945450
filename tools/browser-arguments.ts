/** Chromium on a machine of its own: as root, without a GPU, and without calls home. */
export const QUIET: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A microphone that plays a WAV file in a loop, and nobody who has to allow it. */
export function speaking(wav: string): string[] {
  return [
    ...QUIET,
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${wav}`,
  ];
}
