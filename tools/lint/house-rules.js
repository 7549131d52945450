/*
 * Rules of this house, for oxlint (its API is ESLint's).
 */

/** Reports every node that a selector finds: `visit` has one predicate for each type of node. */
const rule = (message, visit) => ({
  create: (context) =>
    Object.fromEntries(
      Object.entries(visit).map(([type, isBad]) => [
        type,
        (node) => {
          if (isBad(node)) context.report({ node, message });
        },
      ]),
    ),
});

const always = () => true;

/** Words of before: the field says connection, connect and reconnect, close, interrupt. */
const OLD_WORDS =
  /(^|_)(wires?|dial|redial|goodbye|hush)([A-Z_]|$)|(Wires?|Dial|Redial|Goodbye|HangUp|Hush)([A-Z_]|$)|^hangUp/;
const isOldWord = ({ name }) => OLD_WORDS.test(name);

const RUNNERS = /^(it|test|describe)$/;
const LEFT_OUT = /^(skip|only|todo)$/;

/** The name at the left end of `it`, `it.concurrent` and `it.each(…)`. */
const rootName = (node) => node.name ?? rootName(node.object ?? node.callee ?? { name: "" });

/** A test outside of any `describe`, whose title does not name its feature. */
const lacksFeature = ({ parent, callee, arguments: [title] }) =>
  parent.type === "ExpressionStatement" &&
  parent.parent.type === "Program" &&
  RUNNERS.test(rootName(callee)) &&
  rootName(callee) !== "describe" &&
  typeof title?.value === "string" &&
  !/^\S.*: /.test(title.value);

export default {
  meta: { name: "house" },
  rules: {
    "no-star-export": rule("List what is exported: a public surface is a decision.", { ExportAllDeclaration: always }),
    "no-default-export": rule("Use a named export.", { ExportDefaultDeclaration: always }),
    "no-skipped-test": rule("A test runs or does not exist.", {
      MemberExpression: ({ object, property }) => RUNNERS.test(object.name) && LEFT_OUT.test(property.name),
    }),
    "feature-title": rule("Say `feature: behaviour`, or put it under the `describe` of its feature.", {
      CallExpression: lacksFeature,
    }),
    "field-words": rule("Say it in the field's words: connection, connect, reconnect, close, interrupt.", {
      Identifier: isOldWord,
      PrivateIdentifier: isOldWord,
    }),
  },
};
