/** One piece of what the user said. Sound is PCM16 at 24 kHz; `transcript` is what it is known to say, or null. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "sound"; readonly pcm: Buffer; readonly transcript: string | null }
  | { readonly kind: "image"; readonly mimeType: string };

/** What a function returned, as text. */
export interface ToolOutput {
  /** The function; its call's id where the name is not known. */
  readonly name: string;
  readonly output: string;
}

/** What the user did since the service last spoke, oldest first, whichever protocol carried it. */
export interface Turn {
  readonly messages: readonly (readonly Piece[])[];
  readonly outputs: readonly ToolOutput[];
}
