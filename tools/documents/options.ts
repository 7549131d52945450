import { readFile, writeFile } from "node:fs/promises";
import { format } from "oxfmt";
import ts from "typescript";

const PAGE = "docs/options.md";

interface Section {
  readonly title: string;
  readonly file: string;
  readonly type: string;
  readonly intro: string;
}

/** What the page lists, in its order. */
const SECTIONS: readonly Section[] = [
  {
    title: "Every transport",
    file: "src/options.ts",
    type: "TransportOptions",
    intro: "The third argument of every class, and of Thrive's `createWebSocketTransport`.",
  },
  { title: "Reconnection", file: "src/options.ts", type: "ReconnectOptions", intro: "`reconnect`." },
  { title: "Deadlines", file: "src/options.ts", type: "TimeoutOptions", intro: "`timeouts`." },
  {
    title: "Audio",
    file: "src/media/web-audio-options.ts",
    type: "WebAudioOptions",
    intro: "`audio`, and the argument of `WebAudioMediaManager`.",
  },
  {
    title: "OpenAI Realtime",
    file: "src/providers/openai/options.ts",
    type: "OpenAIServiceOptions",
    intro: "The first argument of both classes.",
  },
  {
    title: "OpenAI's session",
    file: "src/providers/openai/options.ts",
    type: "OpenAISessionConfig",
    intro: "`session_config`, or `settings`.",
  },
  {
    title: "Gemini Live",
    file: "src/providers/gemini/options.ts",
    type: "GeminiLLMServiceOptions",
    intro: "The first argument.",
  },
  { title: "Gemini's settings", file: "src/providers/gemini/options.ts", type: "GeminiSettings", intro: "`settings`." },
  {
    title: "Pipecat",
    file: "src/providers/pipecat/options.ts",
    type: "WebSocketTransportOptions",
    intro: "The first argument, with `mediaManager`, `serializer` and the rates of [Pipecat's page](pipecat.md).",
  },
  {
    title: "Thrive",
    file: "src/compat/thrive/config.ts",
    type: "WebSocketTransportConfig",
    intro: "The first argument of `createWebSocketTransport`.",
  },
];

/** The page with the options, as the doc comments of their types have them. */
async function optionsPage(): Promise<string> {
  const sections = await Promise.all(SECTIONS.map(drawSection));
  const contents = SECTIONS.map(
    ({ title }) => `[${title}](#${title.toLowerCase().replaceAll("'", "").replaceAll(" ", "-")})`,
  );
  const text = [
    "# Options",
    "",
    "Made from the types by `npm run documents`; do not edit. All options are optional, unless it says otherwise.",
    "",
    contents.join(" · "),
    "",
    ...sections,
  ].join("\n");
  return (await format("page.md", text, { printWidth: 120 })).code;
}

async function drawSection({ title, file, type, intro }: Section): Promise<string> {
  const source = ts.createSourceFile(file, await readFile(file, "utf8"), ts.ScriptTarget.Latest, true);
  const members = membersOf(source, type);
  if (members.length === 0) throw new Error(`${file} has no ${type} with members.`);
  const rows = members.map((member) => {
    const name = member.name.getText(source);
    const isRequired = member.questionToken === undefined && type !== "GeminiSettings";
    return `| \`${name}\`${isRequired ? " (required)" : ""} | ${cell(`\`${typeOf(member, source)}\``)} | ${cell(commentOf(member))} |`;
  });
  return [
    `## ${title}`,
    "",
    `${intro} Type: \`${type}\`.`,
    "",
    "| option | type | meaning |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** The property signatures of an interface, or of the object types that a type alias is made of. */
function membersOf(source: ts.SourceFile, name: string): readonly ts.PropertySignature[] {
  const found: ts.PropertySignature[] = [];
  const collect = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) found.push(node);
    else if (!ts.isPropertySignature(node)) node.forEachChild(collect);
  };
  for (const statement of source.statements) {
    const isNamed =
      (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) && statement.name.text === name;
    if (isNamed) statement.forEachChild(collect);
  }
  return found;
}

const typeOf = (member: ts.PropertySignature, source: ts.SourceFile): string =>
  (member.type?.getText(source) ?? "unknown").replace(/\s*\/\*\*.*?\*\//gs, "").replace(/\s+/g, " ");

const commentOf = (member: ts.PropertySignature): string =>
  ts
    .getJSDocCommentsAndTags(member)
    .map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? "")
    .join(" ");

const cell = (text: string): string => text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();

/** Whether the page is what the types say. */
export async function isOptionsPageCurrent(): Promise<boolean> {
  const there = await readFile(PAGE, "utf8").catch(() => "");
  return there === (await optionsPage());
}

export async function writeOptionsPage(): Promise<void> {
  await writeFile(PAGE, await optionsPage());
}
