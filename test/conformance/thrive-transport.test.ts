import { describe, it } from "vitest";
import { thriveHarness } from "../../packages/testkit/src/conformance/our-harnesses.js";
import { transportConformance } from "../../src/testing/index.js";

transportConformance(thriveHarness, { describe, it });
