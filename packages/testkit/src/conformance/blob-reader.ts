/** A browser's `FileReader`, as far as Pipecat's transports use it: Node has none. */
export class BlobReader {
  result: string | undefined;
  onload: (() => void) | undefined;

  readAsText(blob: Blob): void {
    void blob.text().then((text) => {
      this.result = text;
      this.onload?.();
    });
  }
}
