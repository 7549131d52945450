import { describe, expect, it } from "vitest";
import { silent } from "../../../packages/testkit/src/worlds/world.js";
import { InboundLimiter } from "../../../src/connection/inbound-limiter.js";
import { ProtocolError } from "../../../src/errors.js";

function limited() {
  const told: string[] = [];
  const warned: string[] = [];
  const limiter = new InboundLimiter(
    { report: ({ message }) => void told.push(message) },
    { ...silent, warn: (message) => void warned.push(message) },
    "The service",
    () => 0,
  );
  return { limiter, told, warned };
}

const trouble = (name: string): Error => new ProtocolError(`There is trouble with ${name}.`);

describe("inbound limiter: errors", () => {
  it("tells the same error once, and how many more there were at the end", () => {
    const { limiter, told, warned } = limited();
    for (const name of ["a", "b", "a", "a"]) limiter.report(trouble(name));
    expect(told).toEqual([trouble("a").message, trouble("b").message]);
    limiter.end();
    expect(warned).toEqual(["The service gave cause for 2 more errors like those that were told."]);
  });

  it("tells sixteen different errors and counts the others", () => {
    const { limiter, told, warned } = limited();
    for (let index = 0; index < 20; index += 1) limiter.report(trouble(String(index)));
    expect(told).toHaveLength(16);
    limiter.end();
    expect(warned).toEqual([expect.stringContaining("4 more errors")]);
  });

  it("counts what a service itself calls an error when there is too much of it", () => {
    const { limiter, warned } = limited();
    const news = Array.from({ length: 70 }, () => limiter.isNews());
    expect(news.filter(Boolean)).toHaveLength(64);
    limiter.end();
    expect(warned).toEqual([expect.stringContaining("6 more errors")]);
  });

  it("has nothing to say at the end where all was told, and nothing twice", () => {
    const { limiter, warned } = limited();
    limiter.report(trouble("a"));
    expect(limiter.isNews()).toBe(true);
    limiter.end();
    expect(warned).toEqual([]);
    limiter.report(trouble("a"));
    limiter.end();
    limiter.end();
    expect(warned).toHaveLength(1);
  });
});

describe("inbound limiter: messages", () => {
  it("refuses a message that is too long, and says so once", () => {
    const { limiter, told } = limited();
    const long = new ArrayBuffer(16 * 1024 * 1024 + 1);
    expect([limiter.admits(long), limiter.admits(long), limiter.admits("{}")]).toEqual([false, false, true]);
    expect(told).toEqual([expect.stringContaining("16777217 bytes")]);
  });

  it("drops what is too much, and tells of the flood whatever else was told", () => {
    const { limiter, told } = limited();
    for (let index = 0; index < 16; index += 1) limiter.report(trouble(String(index)));
    const read = Array.from({ length: 5_010 }, () => limiter.admits("")).filter(Boolean);
    expect(read).toHaveLength(5_000);
    expect(told.slice(16)).toEqual([expect.stringContaining("more than a conversation needs")]);
  });
});
