/**
 * `npm run demo`: drives the voice console in a headless Chromium whose microphone plays recorded speech, prints what
 * happens as it happens, and exits 0 when every check holds.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Acts } from "./demo/acts.js";
import { parseOptions, USAGE, type DemoOptions } from "./demo/options.js";
import { Report } from "./demo/report.js";
import { RECORDING, setStage, type Stage } from "./demo/stage.js";
import { readWav, writeWav } from "./demo/wav.js";
import { leakyFiles } from "../packages/testkit/src/secrets/secret-reporter.js";
import { traceOfSecrets } from "../packages/testkit/src/secrets/secrets.js";

const DEADLINE_MS = 150_000;
const OUTPUT = fileURLToPath(new URL("../demo-output", import.meta.url));
const SCREENSHOT = join(OUTPUT, "screenshot.png");
const REPLY = join(OUTPUT, "bot-reply.wav");

const messageOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));

function readOptions(): DemoOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (problem) {
    process.stderr.write(`${messageOf(problem)}\n\n${USAGE}\n`);
    process.exit(1);
  }
}

async function perform(stage: Stage, report: Report): Promise<void> {
  const acts = new Acts(stage, report, await readWav(RECORDING), options.service);
  try {
    if (stage.fault?.takesTheStage === true) {
      report.heading("Fault");
      await stage.fault.play(stage, report);
      report.heading("Disconnect");
      if (stage.watch.state === "disconnected") await acts.nothingHeld();
      else await acts.disconnect();
      await stage.page.screenshot({ path: SCREENSHOT });
      report.saved(["demo-output/screenshot.png"]);
      return;
    }
    report.heading("Connect");
    await acts.connect();
    report.heading("Speech in, speech out");
    await acts.converse();
    report.heading("Mute and text");
    await acts.muteAndType();
    await acts.unmutedAgain();
    await stage.page.screenshot({ path: SCREENSHOT });
    if (stage.fault) {
      report.heading("Fault");
      await stage.fault.strike(stage.watch, report);
      await stage.fault.lift();
    }
    report.heading("Disconnect, while the bot speaks");
    if (stage.watch.state !== "disconnected") await acts.disconnect();
    report.heading("What was heard");
    acts.judgeAnswers();
    report.heading("Connect again");
    await acts.connect();
    await acts.disconnect();
  } catch (problem) {
    report.check(false, messageOf(problem));
    await stage.page.screenshot({ path: SCREENSHOT });
  }
  const [best] = [...acts.answers].sort((a, b) => b.withRecording - a.withRecording);
  if (best) await writeWav(REPLY, best.sound);
  report.saved(["demo-output/screenshot.png", ...(best ? ["demo-output/bot-reply.wav, the answer"] : [])]);
}

const options = readOptions();
const report = new Report();
setTimeout(() => {
  report.check(false, `not finished within ${DEADLINE_MS / 1000} s`);
  report.close();
  process.exit(1);
}, DEADLINE_MS).unref();

report.heading(`rtvi-machine demo: ${options.service}`);
try {
  await mkdir(OUTPUT, { recursive: true });
  const stage = await setStage(report, options);
  // Chromium's echo canceller and noise suppressor change a recording: correlation with it falls to 0.7 or 0.8.
  await stage.page.uncheck("#processing");
  report.setup(
    "microphone",
    "plays packages/testkit/fixtures/speech.wav in a loop; browser clean-up off, it alters the recording",
  );
  report.setup("transcripts", "scripted: the local service recognises no speech");
  await perform(stage, report);
  await stage.close();
  const leaks = [...traceOfSecrets(report.text), ...leakyFiles([OUTPUT])];
  report.check(leaks.length === 0, ["no credential in what was printed and saved", ...leaks].join("; "));
} catch (problem) {
  report.check(false, messageOf(problem));
}
report.close();
report.line("  Talk to it yourself: npm start");
process.exit(report.failures.length === 0 ? 0 : 1);
