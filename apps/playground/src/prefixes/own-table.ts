/** The table of what somebody has typed: the text, what is read in it, and where to look addresses up. */
import { RouteTable } from '@podlan/dataplane';
import { useEffect, useMemo, useState } from 'react';
import { type PrefixLines, parsePrefixLines } from './prefix-lines';
import { type LookSource, lookIn, type Value } from './table-look';

export const EXAMPLE = `# prefix         next hop, or any value
0.0.0.0/0        via 192.168.0.1 dev eth0
10.244.0.0/16    the cluster
10.244.1.0/24    dev cni0
10.244.2.0/24    via 10.244.2.0 dev flannel.1
10.244.2.0/27    host B, the first pods
10.244.3.0/24    via 10.244.3.0 dev flannel.1
fd00:244::/48    the cluster
fd00:244:0:2::/64  via fd00:244:0:2:: dev flannel-v6.1
`;

export const EXAMPLE_ADDRESSES = ['10.244.2.7', '10.244.2.200', '192.0.2.1', 'fd00:244:0:2::7', 'fe80::1'];

/** A table that is there, and its source, which is another one whenever the prefixes are. */
export interface OwnTable extends LookSource {
  readonly table: RouteTable<Value>;
}

export function useOwnTable(text: string): {
  readonly lines: PrefixLines;
  readonly source: OwnTable | undefined;
} {
  const lines = useMemo(() => parsePrefixLines(text), [text]);
  const [table, setTable] = useState<RouteTable<Value>>();
  const [source, setSource] = useState<OwnTable>();
  useEffect(() => void RouteTable.create<Value>().then(setTable), []);
  useEffect(() => {
    if (table === undefined) return;
    table.clear();
    for (const [prefix, value] of lines.entries) table.insert(prefix, value);
    setSource({ table, look: (address) => lookIn(table, address) });
  }, [table, lines]);
  return { lines, source };
}
