import { describe, expect, it } from "vitest";
import { UnheardReplies } from "../../../src/dialogue/unheard-replies.js";

describe("UnheardReplies", () => {
  it("a reply that goes on answers what was asked meanwhile, and nothing where nothing was", () => {
    const replies = new UnheardReplies<string>();
    replies.begun("r1", "one");
    replies.begun("r2", "two");
    replies.goesOn("r2");
    expect(replies.requests).toEqual(["one", "two"]);
    replies.asked("three");
    replies.goesOn("r2");
    replies.settled("r2");
    expect(replies.requests).toEqual([]);
  });

  it("a complete reply waits for its voice, where something of that is still to be heard", () => {
    const replies = new UnheardReplies<string>();
    replies.complete("unknown", () => true);
    replies.begun("r1", "one");
    replies.speaks("r1", "item_1");
    replies.begun("r2", "two");
    replies.speaks("r2", "item_2");
    for (const reply of ["r1", "r2"]) replies.complete(reply, (item) => item === "item_1");
    expect(replies.requests).toEqual(["one"]);
  });

  it("a service that has kept its replies has kept those that were complete", () => {
    const replies = new UnheardReplies<string>();
    for (const reply of ["r1", "r2"]) {
      replies.begun(reply, reply);
      replies.speaks(reply, "item");
    }
    replies.complete("r1", () => true);
    replies.covered();
    expect(replies.requests).toEqual(["r2"]);
  });

  it("an item that is heard settles the reply that it belongs to, and no other", () => {
    const replies = new UnheardReplies<string>();
    for (const reply of ["r1", "r2"]) {
      replies.begun(reply, reply);
      replies.speaks(reply, `item of ${reply}`);
    }
    replies.heard("item of r1");
    expect(replies.requests).toEqual(["r2"]);
  });
});
