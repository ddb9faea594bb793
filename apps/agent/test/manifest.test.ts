/** deploy/podlan.yml: what it asks podlan to do, asked of podlan; that it fits together. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseNetworkConfig } from '@podlan/fabric';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentFlags, agentOptions, declareAgentFlags } from '../dist/agent/options.js';
import { agent, configuration, installer, manifests, ofKind, podSpec } from './manifest.js';
import { podlan } from './test-lab.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-manifest-'));
  for (const name of ['etc/podlan', 'opt/cni/bin', 'etc/cni/net.d', 'usr/lib/podlan'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(configuration))
    writeFileSync(join(folder, 'etc/podlan', name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** With the container's folders elsewhere. */
const moved = (args: readonly string[]) =>
  args.map((arg) => arg.replace(/=\/(etc|usr)\//, (_all, top) => `=${folder}/${top}/`));

describe('the manifest', () => {
  test('has one of each kind, all that have one in its namespace', () => {
    const kinds = manifests.map(({ kind }) => kind);
    expect(kinds).toEqual([
      'Namespace',
      'ServiceAccount',
      'ClusterRole',
      'ClusterRoleBinding',
      'ConfigMap',
      'DaemonSet',
    ]);
    const { name, labels } = ofKind('Namespace').metadata!;
    expect(labels).toEqual({ 'pod-security.kubernetes.io/enforce': 'privileged' });
    for (const kind of ['ServiceAccount', 'ConfigMap', 'DaemonSet'] as const)
      expect(ofKind(kind).metadata!.namespace).toBe(name);
  });

  test('selects the pods it makes, with the service account that has the rights', () => {
    const { selector, template } = ofKind('DaemonSet').spec!;
    expect(template.metadata!.labels).toEqual(selector.matchLabels);
    expect(podSpec.serviceAccountName).toBe(ofKind('ServiceAccount').metadata!.name);
  });

  test('every volume is mounted, and every mount is of a volume', () => {
    const mounts = [installer, agent].flatMap(({ volumeMounts = [] }) => volumeMounts);
    const volumes = podSpec.volumes!.map(({ name }) => name);
    expect([...new Set(mounts.map(({ name }) => name))].sort()).toEqual([...volumes].sort());
    expect(new Set(volumes).size).toBe(volumes.length);
    expect(podSpec.volumes!.find(({ configMap }) => configMap)!.configMap!.name).toBe(
      ofKind('ConfigMap').metadata!.name,
    );
  });

  test('no container may more than it needs', () => {
    const capabilities = [installer, agent].map(({ securityContext }) => securityContext!.capabilities);
    expect(capabilities).toEqual([{ drop: ['ALL'] }, { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] }]);
    for (const { securityContext } of [installer, agent]) {
      expect(securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      expect(securityContext!.privileged).toBeUndefined();
    }
  });
});

describe('the agent of the manifest', () => {
  /** As `podlan agent` would, which ends the process on a flag that it does not know. */
  function options() {
    const [command, ...flags] = agent.args!;
    expect([...agent.command!, command]).toEqual(['podlan', 'agent']);
    const parser = declareAgentFlags(new Command('agent')).exitOverride().allowExcessArguments(false);
    return agentOptions(parser.parse(moved(flags), { from: 'user' }).opts<AgentFlags>());
  }

  test('has flags that podlan agent knows, and a configuration that it takes', () => {
    const text = configuration['net-conf.json']!;
    expect(options()).toMatchObject({
      store: { kind: 'kubernetes', configText: text },
      rules: { ipMasq: true },
    });
    expect(parseNetworkConfig(text)).toMatchObject({ backend: { type: 'vxlan' } });
  });

  test('has its files where it may write', () => {
    const { subnetFile, socketPath } = options();
    const paths = agent.volumeMounts!.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
    for (const file of [subnetFile, socketPath])
      expect(paths.some((path) => file.startsWith(`${path}/`))).toBe(true);
  });

  test('is asked for its health where it answers', () => {
    const { healthzIp: host, healthzPort: port } = options().health;
    expect(agent.livenessProbe!.httpGet).toEqual({ host, port, path: '/healthz' });
    expect(agent.readinessProbe!.httpGet).toEqual({ host, port, path: '/readyz' });
  });

  test('is told its node, and nothing else', () => {
    expect(agent.env).toEqual([
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ]);
  });
});

describe('the CNI plugin of the manifest', () => {
  test('is installed as the arguments say, from the files that are mounted', async () => {
    writeFileSync(join(folder, 'opt/cni/bin/portmap'), '');
    writeFileSync(join(folder, 'usr/lib/podlan/podlan-cni'), '#!/bin/sh\n');
    const places = ['--bin-dir', join(folder, 'opt/cni/bin'), '--conf-dir', join(folder, 'etc/cni/net.d')];
    const { code, stderr } = await podlan(...moved(installer.args!), ...places);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const written = readFileSync(join(folder, 'etc/cni/net.d/10-podlan.conflist'), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(configuration['cni-conf.json']!));
  });

  test('goes where the command puts it when nothing is said, in folders of the host', async () => {
    const { stdout } = await podlan('cni', 'install', '--help');
    const paths = installer
      .volumeMounts!.filter(({ readOnly }) => !readOnly)
      .map(({ mountPath }) => mountPath);
    expect(paths).toHaveLength(2);
    for (const path of paths) {
      expect(stdout).toMatch(new RegExp(`\\(default:\\s+"${path}"\\)`));
      const { name } = installer.volumeMounts!.find(({ mountPath }) => mountPath === path)!;
      expect(podSpec.volumes!.find((volume) => volume.name === name)!.hostPath!.path).toBe(path);
    }
  });

  test('is the network that podlan cni install makes of itself', async () => {
    const flags = ['--bin-dir', join(folder, 'opt/cni/bin'), '--conf-dir', join(folder, 'etc/cni/net.d')];
    writeFileSync(join(folder, 'opt/cni/bin/portmap'), '');
    await podlan('cni', 'install', ...flags, '--conf-name', '20-own.conflist');
    const own = readFileSync(join(folder, 'etc/cni/net.d/20-own.conflist'), 'utf8');
    expect(JSON.parse(configuration['cni-conf.json']!)).toEqual(JSON.parse(own));
  });
});
