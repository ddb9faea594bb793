/** What a trace finds wrong. */

/** A fault: where it is, what it is, what shows it, and what mends it. */
export interface Finding {
  /** `peer-route-missing`: for programs, and for looking it up. */
  readonly code: string;
  /** The host or pod that it is on. */
  readonly node: string;
  readonly device?: string;
  /** A sentence. */
  readonly text: string;
  /** Rows and addresses that show it, as the tools print them. */
  readonly evidence: readonly string[];
  /** Commands, or sentences where no command does it. */
  readonly mend: readonly string[];
}
