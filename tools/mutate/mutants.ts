import { createHash } from "node:crypto";
import ts from "typescript";

/** One thing taken out of a file. */
export interface Mutant {
  /** Stays the same while the code around it does; a second, equal one in the same file gets a number. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  readonly kind: MutationKind;
  /** What is taken out, on one line. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** What stands there instead: a statement leaves an empty one behind, so that an `if` keeps its body. */
  readonly instead: "" | ";";
}

export type MutationKind = "guard" | "timeout" | "action" | "branch" | "cleanup" | "release" | "early return";

/** Keys of charts whose values decide; each is taken out as a whole, or entry by entry. */
const CHART_KEYS: ReadonlyMap<string, { readonly kind: MutationKind; readonly each: boolean }> = new Map([
  ["guard", { kind: "guard", each: false }],
  ["after", { kind: "timeout", each: true }],
  ["entry", { kind: "action", each: true }],
  ["exit", { kind: "action", each: true }],
  ["actions", { kind: "action", each: true }],
  ["always", { kind: "branch", each: true }],
]);

/** Calls whose only purpose is to give something back, or to be told when to. */
const RELEASES =
  /(^|\.)(removeEventListener|clearTimeout|clearInterval|abort|close|stop|end|terminate|disconnect|unsubscribe|shut|release|removeTrack)$/;

/** Calls that promise to do something later. */
const TIMERS = /(^|\.)(setTimeout|setInterval|#after)$/;

/** Every mutant of a file, in the order of its text. */
export function mutantsOf(file: string, code: string): readonly Mutant[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022, true);
  const found: Omit<Mutant, "id">[] = [];
  const add = (kind: MutationKind, node: ts.Node): void => {
    const start = node.getStart(source);
    const text = node.getText(source).replace(/\s+/g, " ").slice(0, 160);
    const { line } = source.getLineAndCharacterOfPosition(start);
    const instead = ts.isStatement(node) ? ";" : "";
    found.push({ file, line: line + 1, kind, text, start, end: endWithComma(code, node.getEnd(), node), instead });
  };
  /** An `if` loses its condition, an argument the comma before it: less than a whole node. */
  const cut = (kind: MutationKind, node: ts.Node, start: number, end: number): void => {
    const text = node.getText(source).replace(/\s+/g, " ").slice(0, 160);
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ file, line: line + 1, kind, text, start, end, instead: "" });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) chartMutants(node, add);
    if (ts.isIfStatement(node) && leaves(node)) add("early return", node);
    else if (ts.isIfStatement(node) && node.elseStatement === undefined) {
      cut("guard", node, node.getStart(source), node.thenStatement.getStart(source));
    }
    if (ts.isCallExpression(node)) {
      const [before, after] = endOfListening(node);
      if (after !== undefined) cut("cleanup", node, before.getEnd(), after.getEnd());
    }
    if (ts.isReturnStatement(node) && node.expression !== undefined) cleanupMutants(node.expression, add);
    else if (ts.isExpressionStatement(node) && !isInCleanup(node)) {
      if (isRelease(node)) add("release", node);
      else if (isAtTheEnd(node)) add("cleanup", node);
      else if (isTimer(node)) add("timeout", node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return numbered(found);
}

/** The file without what the mutant takes out. */
export function apply(code: string, { start, end, instead }: Mutant): string {
  return code.slice(0, start) + instead + code.slice(end);
}

function chartMutants(property: ts.PropertyAssignment, add: (kind: MutationKind, node: ts.Node) => void): void {
  const rule = CHART_KEYS.get(property.name.getText());
  if (rule === undefined) return;
  const { initializer } = property;
  if (rule.each && ts.isArrayLiteralExpression(initializer)) {
    for (const element of initializer.elements) add(rule.kind, element);
  } else if (rule.kind === "timeout" && ts.isObjectLiteralExpression(initializer)) {
    for (const entry of initializer.properties) add(rule.kind, entry);
  } else if (
    !(property.name.getText() === "actions" && ts.isObjectLiteralExpression(initializer) && isTable(initializer))
  ) {
    add(rule.kind, property);
  }
}

/** `actions: { name: … }` of a `setup()`: implementations, not a use of them. */
function isTable(literal: ts.ObjectLiteralExpression): boolean {
  return !literal.properties.some((property) => property.name?.getText() === "type");
}

function leaves({ thenStatement, elseStatement }: ts.IfStatement): boolean {
  if (elseStatement !== undefined) return false;
  const last = ts.isBlock(thenStatement) ? thenStatement.statements.at(-1) : thenStatement;
  return (
    last !== undefined && (ts.isReturnStatement(last) || ts.isContinueStatement(last) || ts.isThrowStatement(last))
  );
}

function cleanupMutants(returned: ts.Expression, add: (kind: MutationKind, node: ts.Node) => void): void {
  if (!ts.isArrowFunction(returned) || returned.parameters.length > 0 || !ts.isBlock(returned.body)) return;
  for (const statement of returned.body.statements) add("cleanup", statement);
}

function isRelease({ expression }: ts.ExpressionStatement): boolean {
  const call = ts.isVoidExpression(expression) || ts.isAwaitExpression(expression) ? expression.expression : expression;
  return ts.isCallExpression(call) && RELEASES.test(call.expression.getText().replaceAll("?.", "."));
}

/** `signal.addEventListener("abort", …)`: what is to be released at the end. */
function isAtTheEnd({ expression }: ts.ExpressionStatement): boolean {
  return isListening(expression) && expression.arguments[0]?.getText() === '"abort"';
}

/** `addEventListener(…, { signal })`: the last two arguments, where the last one tells until when. */
function endOfListening(call: ts.CallExpression): readonly [ts.Node, ts.Node?] {
  const options = call.arguments.at(-1);
  const listener = call.arguments.at(-2);
  const tells = options !== undefined && ts.isObjectLiteralExpression(options) && /\bsignal\b/.test(options.getText());
  return isListening(call) && tells && listener !== undefined ? [listener, options] : [call];
}

function isListening(node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && /(^|\.)addEventListener$/.test(node.expression.getText().replaceAll("?.", "."));
}

/** `timers.setTimeout(…);` or `timer = timers.setTimeout(…);` */
function isTimer({ expression }: ts.ExpressionStatement): boolean {
  const call = ts.isBinaryExpression(expression) ? expression.right : expression;
  return ts.isCallExpression(call) && TIMERS.test(call.expression.getText());
}

function isInCleanup(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isBlock(parent) && ts.isArrowFunction(parent.parent) && ts.isReturnStatement(parent.parent.parent);
}

function endWithComma(code: string, end: number, node: ts.Node): number {
  if (ts.isStatement(node)) return end;
  const comma = /^\s*,/.exec(code.slice(end));
  return end + (comma?.[0].length ?? 0);
}

function numbered(found: readonly Omit<Mutant, "id">[]): readonly Mutant[] {
  const seen = new Map<string, number>();
  return found.map((mutant) => {
    const key = createHash("sha256")
      .update([mutant.file, mutant.kind, mutant.text].join("\n"))
      .digest("hex")
      .slice(0, 10);
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return { ...mutant, id: count === 1 ? key : `${key}-${count}` };
  });
}
