/** What a lab can be made of. */
import type { Family } from '@podlan/wire';
import type { Dataplane } from '../agent/flags/flag-values.js';

export const LAB_STORES = ['sqlite', 'etcd'] as const;
export type LabStore = (typeof LAB_STORES)[number];
export const LAB_BACKENDS = ['vxlan', 'host-gw', 'udp'] as const;
export type LabBackend = (typeof LAB_BACKENDS)[number];
export const LAB_FAMILIES = ['ipv4', 'ipv6', 'dual'] as const;
export type LabFamily = (typeof LAB_FAMILIES)[number];

export interface LabShape {
  readonly hosts: number;
  readonly pods: number;
  readonly dataplane: Dataplane;
  /** Default: false, as on a wire. */
  readonly underlayOffloads?: boolean;
  /** Whether pods reach what is outside by their host's address. Default: false. */
  readonly ipMasq?: boolean;
  /** Default: sqlite. */
  readonly store?: LabStore;
  /** Default: vxlan. */
  readonly backend?: LabBackend;
  /** Of pods and underlay alike. Default: ipv4. */
  readonly family?: LabFamily;
}

/** IPv4 first. */
export function familiesOf(family: LabFamily): readonly Family[] {
  return family === 'dual' ? [4, 6] : [family === 'ipv4' ? 4 : 6];
}

/** Only vxlan has a choice. */
export function dataplaneOf(backend: LabBackend, asked: Dataplane): Dataplane {
  if (backend === 'host-gw') return 'kernel';
  return backend === 'udp' ? 'wasm' : asked;
}

/** flannel's net-conf.json. */
export function networkConfig(
  { backend, family }: { readonly backend: LabBackend; readonly family: LabFamily },
  dataplane: Dataplane,
): object {
  return {
    ...(family === 'ipv6' ? { EnableIPv4: false } : { Network: '10.244.0.0/16' }),
    ...(family === 'ipv4' ? {} : { EnableIPv6: true, IPv6Network: 'fd00:244::/48' }),
    Backend: backend === 'vxlan' ? { Type: backend, Dataplane: dataplane } : { Type: backend },
  };
}
