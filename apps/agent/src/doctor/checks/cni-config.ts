/** Which CNI configuration the container runtime takes: the first by its name, whoever wrote it. */
import type { CniConfig } from '@podlan/simulator/snapshot';
import type { Check, Problem } from '../check.js';

const DIRECTORY = '/etc/cni/net.d';
const OUR_TYPES = new Set(['flannel', 'podlan']);
/** They make no network of pods themselves, or call another plugin for it. */
const ASIDE = new Set(['loopback', 'multus', 'multus-shim']);

/** That of flannel, or podlan, alone or chained with others. */
export const isOurs = ({ types }: CniConfig): boolean => types.some((type) => OUR_TYPES.has(type));

const cniConfig: Check = {
  id: 'cni-config',
  title: 'the runtime takes the CNI configuration of this network',
  page: 'cni#install',
  examine({ machine: { cniConfigs } }) {
    if (cniConfigs === undefined) return { skipped: `${DIRECTORY} was not read` };
    const networks = cniConfigs.filter(({ types }) => !types.every((type) => ASIDE.has(type)));
    const [first, ...others] = networks;
    const looked = [`ls ${DIRECTORY}`];
    // Others may well use the tunnels of flannel and not its plugin.
    if (first === undefined || !networks.some(isOurs)) return { looked, problems: [] };
    const rivals = others.filter((config) => isOurs(config) && config.name !== first.name);
    if (!isOurs(first)) return { looked, problems: [otherFirst(networks)] };
    return { looked, problems: rivals.length === 0 ? [] : [twoOfOurs([first, ...rivals])] };
  },
};

const text = ({ file, name, types, subnets }: CniConfig): string =>
  `${file}: ${name || 'no name'} (${types.join(', ')})${subnets.length === 0 ? '' : `, ${subnets.join(', ')}`}`;

const aside = ({ file }: CniConfig): string => `mv ${DIRECTORY}/${file} ${DIRECTORY}/${file}.off`;

function otherFirst(networks: readonly CniConfig[]): Problem {
  const before = networks.slice(0, networks.findIndex(isOurs));
  return {
    verdict: 'error',
    why: `Runtimes take the first file by name, ${before[0]!.file}: new pods are not on this network, and nobody on other nodes reaches them.`,
    evidence: networks.map(text),
    mend: [...before.map(aside), 'delete the pods that were made meanwhile, so that they are made anew'],
  };
}

const twoOfOurs = (configs: readonly CniConfig[]): Problem => ({
  verdict: 'warning',
  why: 'Two configurations give addresses of one subnet, each with its own list of those given: once the first is gone, or named otherwise, two pods get one address.',
  evidence: configs.map(text),
  mend: configs.slice(1).map(aside),
});

export const CNI_CONFIG_CHECKS: readonly Check[] = [cniConfig];
