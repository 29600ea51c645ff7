/** A row of the table of error codes (error-table.ts). */
export interface ErrorEntry {
  /** What happened, in one plain sentence. */
  readonly meaning: string;
  /** What the reader should do now. */
  readonly remedy: string;
}
