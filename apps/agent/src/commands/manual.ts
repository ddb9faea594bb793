/**
 * What a manual says of commands beyond their flags: examples, exit codes, the environment. `--help` shows it, and so do
 * the pages of the site that are made from the program.
 */
import type { Command } from 'commander';

export interface Example {
  readonly line: string;
  readonly says: string;
}

export interface Manual {
  readonly examples: readonly Example[];
  /** Where they are not those of every command. */
  readonly exits?: Readonly<Record<string, string>>;
}

export const EXITS: Readonly<Record<string, string>> = {
  0: 'done',
  1: 'not done; standard error says what was expected, what was found, and what to do',
};

const example = (line: string, says: string): Example => ({ line, says });

/** By the names of the command and those above it. */
export const MANUALS: Readonly<Record<string, Manual>> = {
  'podlan agent': {
    examples: [
      example(
        'podlan agent --iface eth0 --net-config-path net-conf.json --ip-masq',
        'leases in a file on this host',
      ),
      example(
        'podlan agent --etcd-endpoints http://192.0.2.10:2379 --iface eth0 --ip-masq',
        'leases in etcd, beside flanneld',
      ),
      example(
        'podlan agent --kube-subnet-mgr --kubeconfig-file /etc/podlan/kubeconfig --ip-masq',
        'subnets from Kubernetes',
      ),
      example('podlan agent --cleanup', 'remove what podlan made, release the lease'),
    ],
    exits: { ...EXITS, 0: 'ended by SIGTERM or SIGINT, everything left in place; or cleaned up' },
  },
  'podlan status': {
    examples: [
      example('podlan status', 'of the agent on this host'),
      example('podlan status --probe --watch', 'round trips and loss, every 2 seconds'),
      example("podlan status --json | jq '.peers'", 'its peers, for programs'),
    ],
    exits: {
      ...EXITS,
      0: 'the node is ready, or --watch was interrupted',
      2: 'the agent answers, and the node is not ready',
    },
  },
  'podlan commands': {
    examples: [example('podlan commands', 'what to type to make the same by hand')],
  },
  'podlan flows': {
    examples: [
      example('podlan flows', 'what the forwarder of this host carries'),
      example('podlan flows --follow --pod 10.244.1.2', 'as flows of a pod begin, go on and end'),
      example("podlan flows --json | jq 'select(.forwardingStatus == 128)'", 'those that were dropped'),
      example('podlan flows --lab podlan --name host-a', "of a lab's host, with the names of its pods"),
    ],
  },
  'podlan capture': {
    examples: [
      example(
        'podlan capture --pod 10.244.1.2 -w pod.pcapng',
        "a pod's packets, inner and outer, until Ctrl-C",
      ),
      example('podlan capture --port 53 --count 20 | tshark -r -', 'twenty packets of DNS, read at once'),
      example('podlan capture --peer 192.0.2.12 --duration 10 -w peer.pcapng', 'ten seconds of one peer'),
    ],
  },
  'podlan leases': {
    examples: [example('podlan leases --etcd-endpoints http://192.0.2.10:2379', 'who holds which subnet')],
  },
  'podlan leases reserve': {
    examples: [
      example(
        'podlan leases reserve 10.244.9.0/24 --public-ip 192.0.2.19 --etcd-endpoints http://192.0.2.10:2379',
        'for the node at 192.0.2.19',
      ),
    ],
  },
  'podlan leases revoke': {
    examples: [
      example(
        'podlan leases revoke 10.244.9.0/24 --etcd-endpoints http://192.0.2.10:2379',
        'free it for any node',
      ),
    ],
  },
  'podlan snapshot': {
    examples: [
      example('podlan snapshot --output node.json', 'this host and its pods'),
      example('podlan snapshot --redact --output node.json', 'the same, to be shown to others'),
    ],
  },
  'podlan connectivity': {
    examples: [example('podlan connectivity test', 'between all hosts of the lab')],
  },
  'podlan connectivity test': {
    examples: [
      example(
        'podlan connectivity test --junit report.xml',
        'between all hosts of the lab, with a report for CI',
      ),
      example('podlan connectivity test --only ping,tcp --family ipv4', 'some of it'),
      example(
        'podlan connectivity test --node --outside 192.0.2.1',
        'from this node and one of its pods to all peers',
      ),
    ],
    exits: {
      0: 'everybody reaches everybody',
      1: 'some do not; the report names them, and where their packets were seen last',
      2: 'it could not be tried; standard error says why',
    },
  },
  'podlan lab': { examples: [example('podlan lab up', 'two hosts with a pod each')] },
  'podlan lab demo': {
    examples: [
      example('podlan lab demo', 'on network namespaces of this machine'),
      example('podlan lab demo --simulate --lang zh', 'anywhere, told in Chinese'),
    ],
    exits: { ...EXITS, 130: 'interrupted by Ctrl-C; everything is removed' },
  },
  'podlan lab up': {
    examples: [
      example('podlan lab up --hosts 3 --pods 2', 'three hosts with two pods each'),
      example(
        'podlan lab up --store etcd --backend host-gw --family dual',
        'without encapsulation, in both families, leases in etcd',
      ),
    ],
  },
  'podlan lab join': {
    examples: [example('podlan lab join --dataplane kernel', "a host on the kernel's vxlan")],
  },
  'podlan lab leave': { examples: [example('podlan lab leave host-b', 'the others forget it')] },
  'podlan lab exec': {
    examples: [example('podlan lab exec pod-a1 -- ping -c 3 10.244.2.2', 'ping from a pod')],
    exits: { N: 'that of the command', 1: 'there is no such host or pod' },
  },
  'podlan lab status': { examples: [example('podlan lab status', 'who is where')] },
  'podlan lab snapshot': {
    examples: [example('podlan lab snapshot --output snapshots', 'one file for each host')],
  },
  'podlan lab down': { examples: [example('podlan lab down', 'end it')] },
  'podlan cni': { examples: [example('podlan cni install', 'for containerd and CRI-O')] },
  'podlan cni install': {
    examples: [
      example('podlan cni install', 'for containerd and CRI-O'),
      example('podlan cni install --bin-dir /usr/lib/cni', "beside Debian's standard plugins, for podman"),
      example(
        'podlan cni install --executable ./podlan-cni',
        'on a host without Node.js in reach of the runtime',
      ),
      example('podlan cni install --conflist ./cni-conf.json', 'a network with plugins of your choice'),
    ],
  },
  'podlan cni uninstall': {
    examples: [example('podlan cni uninstall', 'after all pods are deleted')],
  },
  'podlan completion': {
    examples: [
      example('podlan completion bash > /etc/bash_completion.d/podlan', 'for every user of bash'),
      example('podlan completion zsh > ~/.zfunc/_podlan', 'for zsh, with ~/.zfunc in its fpath'),
      example('podlan completion fish > ~/.config/fish/completions/podlan.fish', 'for fish'),
    ],
  },
  'podlan trace': {
    examples: [
      example('podlan trace pod-a1 pod-b1', 'in the lab'),
      example('podlan trace pod-a1 10.244.2.2 --proto tcp --dport 80 --live', 'and a real packet beside it'),
      example(
        'podlan trace pod-a1 pod-b1 --snapshots node-a.json node-b.json',
        'through files, on any machine',
      ),
    ],
    exits: {
      0: 'answered, or a datagram that arrived',
      1: 'lost, or a real packet fared otherwise',
      2: 'it could not be told',
    },
  },
  'podlan doctor': {
    examples: [
      example('podlan doctor', 'this node'),
      example(
        'podlan doctor --etcd-endpoints http://192.0.2.10:2379',
        'a node of flannel, against the leases in its store',
      ),
      example('podlan doctor --snapshots node-a.json node-b.json', 'nodes in files, on any machine'),
      example('podlan doctor --lab --fix', 'every host of the lab, and mend what is found'),
    ],
    exits: {
      0: 'nothing is wrong',
      1: 'warnings, and no errors',
      2: 'errors',
      3: 'the checks could not be run',
    },
  },
};

/** Every variable that the command reads, but for those of the agent's flags. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PODLAN_DEBUG: 'set: errors come with their stack',
  PODLAN_RUNTIME_DIR:
    "directory of the agents' sockets and of the labs' state (default: /run/podlan for root)",
  XDG_RUNTIME_DIR: 'for others than root, podlan in it is that directory (default: ~/.local/state)',
  NO_COLOR: 'set: no colours in a terminal either',
  LC_ALL: 'the locale; where it begins with zh, the demo speaks Chinese',
  LC_MESSAGES: 'the same, where LC_ALL is not set',
  LANG: 'the same, where neither is set',
  NOTIFY_SOCKET: "systemd's, told READY=1 when the agent is ready",
  PATH: 'where programs are looked for: ip, bridge, nft, and etcd for labs that use it',
};

export const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** This command and all below it. */
export function* everyCommand(command: Command): Generator<Command> {
  yield command;
  for (const below of command.commands) yield* everyCommand(below);
}

/** Puts into `--help` what the manual has. */
export function addManual(program: Command): void {
  for (const command of everyCommand(program)) {
    const manual = MANUALS[nameOf(command)];
    if (manual) command.addHelpText('after', () => `\n${manualText(manual)}`);
  }
}

function manualText({ examples, exits = EXITS }: Manual): string {
  return [
    'Examples:',
    ...examples.map(({ line, says }) => `  ${line}  # ${says}`),
    '',
    'Exit codes:',
    ...Object.entries(exits).map(([code, says]) => `  ${code}  ${says}`),
  ].join('\n');
}
