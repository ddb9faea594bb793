/** What is done to a cluster. Each ends with every agent running again; what it broke may still be broken then. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DisturbedCluster } from './disturbed-cluster.js';
import type { Random } from './random.js';
import { takeStoreAway } from './store-away.js';

export interface Disturbance {
  readonly name: string;
  /** How often it is chosen, against the others. */
  readonly weight: number;
  readonly isPossible?: (cluster: DisturbedCluster) => boolean;
  /** Returns what it was done to. */
  readonly run: (cluster: DisturbedCluster, random: Random) => Promise<string>;
}

const FEWEST_HOSTS = 3;
const MOST_HOSTS = 6;
const MOST_AWAY_MS = 2500;
const DEV = 'flannel.1';

/** A command on one host. `X` in it is a MAC by chance. */
const command = (name: string, text: string): Disturbance => ({
  name,
  weight: 1,
  run: async (cluster, random) => {
    const { name: host } = random.pick(cluster.hosts);
    await cluster.sh(host, text.replaceAll('X', random.mac()));
    return host;
  },
});

const COMMANDS: Disturbance[] = [
  command('routes flushed', `ip route flush dev ${DEV}`),
  command('neighbors flushed', `ip neigh flush dev ${DEV} nud permanent`),
  command(
    'FDB flushed',
    `bridge fdb show dev ${DEV} | while read mac rest; do bridge fdb del $mac dev ${DEV} $rest; done`,
  ),
  command('address deleted', `ip addr flush dev ${DEV}`),
  command('rules flushed', 'nft delete table inet podlan'),
  command('device deleted', `ip link delete ${DEV}`),
  command('device down', `ip link set ${DEV} down`),
  command('MAC of the device changed', `ip link set ${DEV} address X`),
  command('MTU changed', `ip link set ${DEV} mtu 1300`),
  command('foreign route added', `ip route add 10.244.200.0/24 via 10.244.200.0 dev ${DEV} onlink`),
  command(
    'foreign entries added',
    `ip neigh add 10.244.200.0 lladdr X nud permanent dev ${DEV}; bridge fdb add X dev ${DEV} dst 192.168.77.250`,
  ),
  command(
    'entries overwritten',
    `for dst in $(ip -4 neigh show dev ${DEV} nud permanent | cut -d' ' -f1); do ip neigh replace $dst lladdr X nud permanent dev ${DEV}; done`,
  ),
];

const restart = (signal: 'SIGKILL' | 'SIGTERM'): Disturbance => ({
  name: `agent ended by ${signal} and started again`,
  weight: 3,
  run: async (cluster, random) => {
    const { name: host } = random.pick(cluster.hosts);
    await cluster.kill(host, signal);
    await cluster.lab.restart(host);
    return host;
  },
});

const replace: Disturbance = {
  name: 'agent replaced by a successor',
  weight: 2,
  run: async (cluster, random) => {
    const { name: host } = random.pick(cluster.hosts);
    await cluster.lab.replace(host);
    return host;
  },
};

/** While an agent is away, anything may happen to its host and to others. */
const away: Disturbance = {
  name: 'agent away while',
  weight: 4,
  run: async (cluster, random) => {
    const { name: host } = random.pick(cluster.hosts);
    await cluster.kill(host, random.pick(['SIGKILL', 'SIGTERM'] as const));
    const meanwhile = random.pick(COMMANDS);
    await meanwhile.run(cluster, random);
    const other = random.pick([join, leave].filter(({ isPossible }) => isPossible?.(cluster)));
    const joinedOrLeft = await other.run(cluster, random);
    if (cluster.hosts.some(({ name }) => name === host)) await cluster.lab.restart(host);
    return `${host}: ${meanwhile.name}, ${other.name} ${joinedOrLeft}`;
  },
};

const newMac: Disturbance = {
  name: 'MAC in the store changed',
  weight: 1,
  run: async (cluster, random) => {
    const { name: host } = random.pick(cluster.hosts);
    await cluster.kill(host, 'SIGKILL');
    await cluster.publish(host, random.mac());
    await cluster.lab.restart(host);
    return host;
  },
};

const join: Disturbance = {
  name: 'join of',
  weight: 2,
  isPossible: ({ hosts }) => hosts.length < MOST_HOSTS,
  run: async (cluster, random) => {
    const { host } = await cluster.lab.join(random.pick(['wasm', 'kernel'] as const));
    return `${host.name} (${host.dataplane})`;
  },
};

const leave: Disturbance = {
  name: 'leave of',
  weight: 2,
  isPossible: ({ hosts }) => hosts.length > FEWEST_HOSTS,
  run: async (cluster, random) => {
    const { name: host } = random.pick(cluster.hosts);
    await cluster.lab.leave(host);
    cluster.dropping.delete(host);
    return host;
  },
};

const firewall: Disturbance = {
  name: 'firewall',
  weight: 1,
  run: async (cluster, random) => {
    const { name: host } = random.pick(cluster.hosts);
    const drops = !cluster.dropping.has(host);
    await cluster.sh(host, `iptables-nft -P FORWARD ${drops ? 'DROP' : 'ACCEPT'}`);
    if (drops) cluster.dropping.add(host);
    else cluster.dropping.delete(host);
    return `${host} ${drops ? 'drops' : 'drops no more'}`;
  },
};

/** With something else going wrong meanwhile. */
const storeAway: Disturbance = {
  name: 'store away while',
  weight: 3,
  run: async (cluster, random) => {
    const meanwhile = random.pick(COMMANDS);
    const bringBack = await takeStoreAway(cluster.lab, random);
    const host = await meanwhile.run(cluster, random);
    await sleep(random.below(MOST_AWAY_MS));
    await bringBack();
    return `${meanwhile.name} ${host}`;
  },
};

const DISTURBANCES: Disturbance[] = [
  ...COMMANDS,
  restart('SIGKILL'),
  restart('SIGTERM'),
  replace,
  away,
  newMac,
  join,
  leave,
  firewall,
  storeAway,
];

export function chooseDisturbance(cluster: DisturbedCluster, random: Random): Disturbance {
  const possible = DISTURBANCES.filter(({ isPossible }) => isPossible?.(cluster) ?? true);
  return random.pick(possible.flatMap((one) => Array.from({ length: one.weight }, () => one)));
}
