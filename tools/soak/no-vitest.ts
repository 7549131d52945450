/** Stands in for Vitest where `HoldingsWatch` runs outside of a test: nothing is put back, the page just closes. */
export const onTestFinished = (): void => undefined;
export const cdp = undefined;
export const expect = undefined;
export const vi = undefined;
