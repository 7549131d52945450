#!/bin/sh
# Regenerates the recordings in packages/testkit/fixtures. Needs espeak-ng and sox; the WAVs are committed, so nobody else does.
#
# speech.wav is what the fake microphone plays, in a loop of about 16 s:
#   lead    silence, so that the session is ready and greeted before the first word
#   one     an utterance; the silence after it is long enough for the bot to repeat it to the end
#   two     an utterance whose answer is cut short, because ...
#   three   ... starts while the bot is still speaking (barge-in); silence for its answer follows
# 24 kHz is twice espeak-ng's band and the rate that voice services work at: nothing is gained by more.
set -eu

out="$(cd "$(dirname "$0")/../packages/testkit/fixtures" && pwd)"
tmp="$(mktemp -d)"
trap 'rm -rf "$tmp"' EXIT

say() { # name, voice, text: trimmed, faded at both ends, peak at -3 dBFS
  espeak-ng -v "$2" -s 165 -w "$tmp/$1.raw.wav" "$3"
  sox -D "$tmp/$1.raw.wav" -r 24000 -c 1 -b 16 "$tmp/$1.wav" \
    silence 1 0.01 0.5% fade t 0.01 reverse silence 1 0.01 0.5% fade t 0.02 reverse gain -n -3
}

pause() { # name, seconds
  sox -D -n -r 24000 -c 1 -b 16 "$tmp/$1.wav" trim 0 "$2"
}

say one en-us "The quick brown fox jumps the fence."
say two en-us "Tell me a story about the sea."
say three en-us "Wait, I have a question."
pause lead 3.2
pause answer 3.7
pause barge 1.4
pause tail 2.8

sox -D "$tmp/lead.wav" "$tmp/one.wav" "$tmp/answer.wav" "$tmp/two.wav" "$tmp/barge.wav" "$tmp/three.wav" "$tmp/tail.wav" "$out/speech.wav"

for name in one two three; do printf '%-6s %s s\n' "$name" "$(soxi -D "$tmp/$name.wav")"; done
printf '%-6s %s s, %s bytes\n' speech "$(soxi -D "$out/speech.wav")" "$(wc -c < "$out/speech.wav")"
