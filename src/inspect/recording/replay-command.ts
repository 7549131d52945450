import { replay } from "./replay.js";
import { storyOf } from "./story.js";

/** What the command needs of its surroundings. */
export interface CommandPorts {
  readonly read: (path: string) => Promise<string>;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

const USAGE =
  "Usage: rtvi-machine-replay <recording.json>\nPrints what happened, and whether this build does the same.";

/**
 * The command `rtvi-machine-replay`.
 * @returns Its exit code: 0 where this build does as the recorded one did, 1 where it does not, 2 where there is nothing to replay.
 */
export async function replayCommand(args: readonly string[], ports: CommandPorts): Promise<number> {
  const [path, ...others] = args;
  if (path === undefined || others.length > 0 || path.startsWith("-")) {
    const isHelp = path === "--help" || path === "-h";
    (isHelp ? ports.print : ports.complain)(USAGE);
    return isHelp ? 0 : 2;
  }
  try {
    const text = await ports.read(path);
    for (const line of storyOf(text)) ports.print(line);
    return replay(text).difference === undefined ? 0 : 1;
  } catch (error) {
    ports.complain(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}
