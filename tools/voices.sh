#!/usr/bin/env bash
# Makes the local service's two recorded clips again. Needs espeak-ng and sox; the result is committed, so that nobody
# else needs them. µ-law keeps the file small, 24 kHz saves a resampler.
set -euo pipefail
cd "$(dirname "$0")/.."
target=packages/local-service/src/audio/voice-data.ts
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

clip() { # name, words
  espeak-ng -v en-us -s 230 -w "$scratch/$1.wav" "$2"
  sox "$scratch/$1.wav" -r 24000 -c 1 -e mu-law -t raw "$scratch/$1.ul" \
    silence 1 0.01 0.1% fade 0.005 reverse silence 1 0.01 0.1% fade 0.01 reverse gain -n -6
  base64 -w0 "$scratch/$1.ul"
}

greeting=$(clip greeting 'Hello. Say something and I will say it back.')
answer=$(clip answer 'Here is my answer.')

{
  echo '// Made by tools/voices.sh; do not edit. Base64 of mono µ-law at 24 kHz.'
  echo
  echo '/** "Hello. Say something and I will say it back." */'
  printf 'export const GREETING_ULAW =\n  "%s";\n\n' "$greeting"
  echo '/** "Here is my answer." */'
  printf 'export const ANSWER_ULAW =\n  "%s";\n' "$answer"
} > "$target"
