/** What `nft -j list` says, by kind. */

/** Tables, chains and rules in nft's order; whoever reads less than all of them has fewer. */
export interface NftListing {
  readonly tables: readonly {
    readonly family: string;
    readonly name: string;
    readonly flags?: string | string[] | undefined;
  }[];
  readonly chains: readonly {
    readonly family: string;
    readonly table: string;
    readonly name: string;
    /** Of base chains, as hook, priority and policy. */
    readonly type?: string | undefined;
    readonly hook?: string | undefined;
    readonly prio?: number | undefined;
    readonly policy?: string | undefined;
  }[];
  readonly rules: readonly {
    readonly family: string;
    readonly table: string;
    readonly chain: string;
    readonly handle: number;
    readonly expr: readonly unknown[];
  }[];
}
