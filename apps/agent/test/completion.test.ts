/** Tab: what the program offers, and the same by way of each shell, with the `podlan` of this repository in PATH. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { candidates } from '../dist/completion/candidates.js';
import { SCRIPTS } from '../dist/completion/scripts.js';
import { podlanProgram } from '../dist/program.js';
import { MAIN, podlan } from './test-lab.js';

const NAMES = {
  labs: () => ['podlan', 'second'],
  inLab: (lab: string) =>
    lab === 'podlan'
      ? { hosts: ['host-a', 'host-b'], pods: ['pod-a1', 'pod-b1'] }
      : { hosts: ['host-z'], pods: [] },
};
const offered = (line: string) =>
  candidates(podlanProgram(), line.split(' ').slice(1), NAMES).map(({ word }) => word);

test.each([
  ['podlan l', ['leases', 'lab']],
  ['podlan completion ', ['bash', 'zsh', 'fish']],
  ['podlan lab le', ['leave']],
  ['podlan agent --dataplane ', ['wasm', 'kernel']],
  ['podlan agent --dataplane=k', ['--dataplane=kernel']],
  ['podlan agent --dataplane = k', ['kernel']],
  ['podlan agent --ip-masq=', ['--ip-masq=true', '--ip-masq=false']],
  ['podlan agent --ip-masq --log-l', ['--log-level']],
  ['podlan cni install --cni-version 1.', ['1.0.0', '1.1.0']],
  ['podlan lab exec ', ['host-a', 'host-b', 'pod-a1', 'pod-b1']],
  ['podlan lab exec pod', ['pod-a1', 'pod-b1']],
  ['podlan lab --name second leave ', ['host-z']],
  ['podlan lab leave --name=second ', ['host-z']],
  ['podlan lab status --name ', ['podlan', 'second']],
  ['podlan trace pod-a1 pod-b', ['pod-b1']],
  // A node's name is no lab's, and a file's is known to the shell.
  ['podlan agent --name ', []],
  ['podlan agent --net-config-path ', []],
  ['podlan lab exec -- --', []],
])('%s', (line, words) => {
  expect(offered(line)).toEqual(words);
});

test('every flag that the help shows is offered, and says what it is for', () => {
  const agent = podlanProgram().commands.find((command) => command.name() === 'agent')!;
  const shown = agent.createHelp().visibleOptions(agent);
  const found = candidates(podlanProgram(), ['agent', '--'], NAMES);
  expect(found).toEqual(shown.map(({ long, description }) => ({ word: long, says: description })));
});

test('an unknown shell is refused', async () => {
  const { code, stderr } = await podlan('completion', 'tcsh');
  expect(code).toBe(1);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});

test('for programs it is JSON', async () => {
  const { stdout } = await podlan('completion', 'bash', '--json', '--', 'lab', 'jo');
  expect(JSON.parse(stdout)).toEqual([{ word: 'join', says: 'one more host' }]);
});

describe('in a shell', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podlan-completion-'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/podlan'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    chmodSync(join(folder, 'bin/podlan'), 0o755);
    for (const [shell, script] of Object.entries(SCRIPTS)) writeFileSync(join(folder, shell), script);
    mkdirSync(join(folder, 'run/lab-podlan'), { recursive: true });
    const [host, pod] = [
      { name: 'host-a', netns: 'a', address: '192.168.77.11', dataplane: 'wasm', pid: 1 },
      { name: 'pod-a1', host: 'host-a', netns: 'p', address: '10.244.1.2' },
    ];
    const lab = { name: 'podlan', version: 1, dataplane: 'wasm', podsPerHost: 1, hostsEver: 1 };
    const state = JSON.stringify({ ...lab, hosts: [host], pods: [pod] });
    writeFileSync(join(folder, 'run/lab-podlan/lab.json'), state);
    env = {
      ...process.env,
      HOME: folder,
      PATH: `${folder}/bin:${process.env.PATH}`,
      PODLAN_RUNTIME_DIR: join(folder, 'run'),
    };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What bash itself would put in place, its way of cutting words included. */
  function inBash(...words: string[]): string[] {
    const script = `source '${folder}/bash'
COMP_WORDS=(podlan "$@"); COMP_CWORD=$#; _podlan; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p podlan`;
    const args = ['--norc', '-c', script, 'bash', ...words];
    return execFileSync('bash', args, { env, encoding: 'utf8' }).trim().split('\n');
  }
  const REGISTERED = 'complete -o default -F _podlan podlan';

  test('bash completes a verb, a name of the lab that is up, and the value behind an =', () => {
    expect(inBash('lab', 'jo')).toEqual(['join', REGISTERED]);
    expect(inBash('lab', 'exec', '')).toEqual(['host-a', 'pod-a1', REGISTERED]);
    expect(inBash('agent', '--dataplane', '=', 'w')).toEqual(['wasm', REGISTERED]);
  });

  test('fish completes them with what they are for', () => {
    const ask = (line: string) =>
      execFileSync('fish', ['-c', `source '${folder}/fish'; complete -C '${line}'`], {
        env,
        encoding: 'utf8',
      });
    expect(ask('podlan lab jo')).toBe('join\tone more host\n');
    expect(ask('podlan lab exec ')).toBe('host-a\npod-a1\n');
  });

  test('zsh hands them to _describe', () => {
    const script = `_describe() { print -rl -- "\${(@P)2}" }; compdef() { }; source '${folder}/zsh'
words=(podlan lab jo); CURRENT=3; _podlan; words=(podlan lab exec ''); CURRENT=4; _podlan`;
    const said = execFileSync('zsh', ['-f', '-c', script], { env, encoding: 'utf8' });
    expect(said).toBe('join:one more host\nhost-a\npod-a1\n');
  });
});
