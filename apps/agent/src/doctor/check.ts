/** What a check is, and what comes of it. */
import type { Scene } from './scene.js';

export type Verdict = 'ok' | 'warning' | 'error' | 'skipped';

/** One thing that may be wrong with a node. Reads what the scene has, and does nothing. */
export interface Check {
  /** kebab-case, and for ever: programs know it by that. */
  readonly id: string;
  /** What is so where nothing is wrong. */
  readonly title: string;
  /** The path of a page of the site, with a heading: `course/arp-fdb-routes#missing`. */
  readonly page: string;
  examine(scene: Scene): Examined | Promise<Examined>;
}

/** What was looked at and found, or why it was not looked at: a part that is absent is never a fault. */
export type Examined =
  | {
      /** Commands that show what was looked at. */
      readonly looked: readonly string[];
      /** None: all is well. */
      readonly problems: readonly Problem[];
    }
  | { readonly skipped: string };

export interface Problem {
  readonly verdict: 'warning' | 'error';
  /** What it leads to, in a sentence or two. */
  readonly why: string;
  /** Rows as iproute2 and nft print them, sysctls, counters. */
  readonly evidence: readonly string[];
  /** Commands for a shell on the node; or, where no command does it, what to do. */
  readonly mend: readonly string[];
  /**
   * `mend` are commands that change nothing but what podlan or flannel make themselves: `--fix` may run them. Made of
   * checked addresses and names alone.
   */
  readonly isOurs?: boolean;
}

/** As documented in the page "podlan doctor". */
export interface CheckResult {
  readonly check: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly node: string;
  readonly looked: readonly string[];
  readonly evidence: readonly string[];
  /** Of what is skipped: why. Empty where all is well. */
  readonly why: string;
  readonly mend: readonly string[];
  /** Whether `--fix` may run `mend`. */
  readonly fixable: boolean;
  readonly page: string;
}
