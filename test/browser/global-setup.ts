/** Runs in Node before the browser tests; what they need outside the page starts here. */
export default function setup(): void {
  // The media tests need nothing but the page.
}
