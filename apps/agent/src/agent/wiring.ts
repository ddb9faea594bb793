/** What both running and cleaning up stand on: the store, the external interface, the kernel and the backend. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  type Backend,
  type BackendConfig,
  createBackend,
  type OpenStore,
  parseSubnetEnv,
} from '@podlan/fabric';
import { LinuxKernel } from '@podlan/linux';
import { familyOf, type IpAddress, type IpPrefix, macFromBytes } from '@podlan/wire';
import type { Logger } from 'pino';
import {
  type ExternalInterface,
  findExternalInterface,
  type InterfaceChoice,
} from './external/external-interface.js';
import { prefixesOnLink } from './external/on-link.js';
import type { Dataplane } from './flags/flag-values.js';
import { nftProblem } from './host-rules.js';
import { openStore } from './open-store.js';
import type { AgentOptions } from './options.js';
import { WorkerForwarder } from './worker-forwarder.js';

export interface Wiring {
  readonly store: OpenStore;
  readonly dataplane: Dataplane;
  /** At the start. */
  readonly external: ExternalInterface;
  readonly findExternal: (current?: ExternalInterface) => Promise<ExternalInterface>;
  readonly backendFor: (external: ExternalInterface) => Backend;
  readonly forwarder: WorkerForwarder;
  readonly kernel: LinuxKernel;
  /** Why nftables can't be used here. */
  readonly nftProblem: string | undefined;
  /** From subnet.env. */
  readonly previous: readonly IpPrefix[];
}

/** A store that is away is waited for, until `signal` aborts. */
export async function wire(options: AgentOptions, log: Logger, signal: AbortSignal): Promise<Wiring> {
  const store = await openStore(options.store, (message) => log.warn(message), signal);
  try {
    const { config } = store;
    const dataplane = dataplaneOf(options, config.backend);
    const findExternal = finder(options, store);
    return {
      store,
      dataplane,
      external: await findExternal(),
      findExternal,
      backendFor: (external) =>
        createBackend({
          config,
          node: { ...external, localIps: external.addresses, externalInterface: external },
          dataplane,
          randomMac: () => macFromBytes(randomBytes(6)),
        }),
      forwarder: new WorkerForwarder(
        (dev, error) => log.warn(`forwarder of ${dev} ended: ${error?.message ?? 'asked to'}`),
        options.flows.flows,
      ),
      kernel: new LinuxKernel(),
      nftProblem: await nftProblem(),
      previous: previousSubnets(options.subnetFile),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function finder({ external }: AgentOptions, { config, nodePublicIps }: OpenStore): Wiring['findExternal'] {
  const choice = withPublicIps(external, nodePublicIps);
  const families = config.networks.map(({ network }) => familyOf(network));
  const { backend } = config;
  const routesDirectly = backend.type === 'host-gw' || (backend.type === 'vxlan' && backend.directRouting);
  return async (current) => {
    const found = await findExternalInterface(choice, families, current);
    if (!routesDirectly) return found;
    const onLink = await prefixesOnLink(found.name);
    // An interface that is down reaches nothing: it is waited for, and no peer is refused meanwhile.
    return { ...found, onLink: onLink.length > 0 ? onLink : (current?.onLink ?? []) };
  };
}

/** What the store asks this node to use, it uses before what its flags say, as flanneld does. */
function withPublicIps(choice: InterfaceChoice, asked: readonly IpAddress[] = []): InterfaceChoice {
  const ofOther = choice.publicIps.filter(
    (address) => !asked.some((one) => familyOf(one) === familyOf(address)),
  );
  return { ...choice, publicIps: [...asked, ...ofOther] };
}

/** Only vxlan has a choice. */
function dataplaneOf({ dataplane }: AgentOptions, backend: BackendConfig): Dataplane {
  if (backend.type === 'host-gw') return 'kernel';
  if (backend.type === 'udp') return 'wasm';
  return dataplane ?? backend.dataplane ?? 'wasm';
}

function previousSubnets(path: string): readonly IpPrefix[] {
  return existsSync(path) ? parseSubnetEnv(readFileSync(path, 'utf8')).subnets : [];
}
