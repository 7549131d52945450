import fc from "fast-check";

const WRONG = fc.constantFrom(
  "null",
  "7",
  '""',
  "[]",
  "{}",
  "true",
  '"x"',
  "[[]]",
  "-1e308",
  "1e999",
  '{"toString":1}',
);

/**
 * Well-formed JSON messages, damaged once each: cut off, a field of another type or gone, a prototype in it, half a sample
 * or no base64 where audio was, a text far too long, or nested deeper than anybody reads.
 */
export function damagedJson(messages: readonly object[]): fc.Arbitrary<string> {
  const how = fc.constantFrom("truncate", "retype", "remove", "prototype", "noise", "oversize", "nest", "double");
  return fc.tuple(fc.constantFrom(...messages), fc.nat(), how, WRONG).map(([message, at, damage, value]) => {
    const text = JSON.stringify(message);
    const colons = [...text.matchAll(/:/g)].map(({ index }) => index);
    const colon = colons[at % colons.length] ?? 0;
    switch (damage) {
      case "truncate":
        return text.slice(0, at % text.length);
      case "retype":
        return text.slice(0, colon + 1) + text.slice(colon + 1).replace(/^("[^"]*"|true|false|\d+|\{\}|\[\])/, value);
      case "remove":
        return text.replace(/,"\w+":("[^"]*"|true|false|\d+)/, "");
      case "prototype":
        return text.replace("{", `{"__proto__":{"polluted":${value}},"constructor":${value},`);
      case "noise":
        return text.replace(/"(data|delta|audio)":"[^"]*"/, `"$1":"${"A".repeat((at % 7) + 1)}"`);
      case "oversize":
        return text.replace(/"(text|name|delta|transcript|id|item_id)":"[^"]*"/, `"$1":"${"x".repeat(3000)}"`);
      case "nest":
        return `${"[".repeat(at % 5000)}${text}${"]".repeat(at % 5000)}`;
      case "double":
        return text + text;
    }
  });
}

const WRONG_VALUES: readonly unknown[] = [null, 7, -1.5e300, true, "text", "", [], {}, [[null]], { length: -1 }];

/** A message with each of its fields, at any depth, replaced by each of what it is not; and with it left out. */
export function* everyFieldWrong(value: unknown): Generator {
  if (typeof value !== "object" || value === null) return;
  for (const [key, field] of Object.entries(value)) {
    const others = Object.entries(value).filter(([name]) => name !== key);
    const rebuilt = (replaced: readonly [string, unknown][]): unknown =>
      Array.isArray(value) ? replaced.map(([, each]) => each) : Object.fromEntries(replaced);
    yield rebuilt(others);
    for (const wrong of WRONG_VALUES) if (wrong !== field) yield rebuilt([...others, [key, wrong]]);
    for (const variant of everyFieldWrong(field)) yield rebuilt([...others, [key, variant]]);
  }
}
