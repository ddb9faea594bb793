/**
 * deploy/Containerfile, built and run by podman with the rights and the mounts that deploy/podlan.yml gives, beside an API
 * server in a network namespace of this test.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Container } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { annotationOf } from '../../../packages/fabric/test/kubernetes/clients.js';
import { KubernetesServer } from '../../../packages/fabric/test/kubernetes/server.js';
import { type OwnNetns, ownNetns } from '../../../packages/linux/test/own-netns.js';
import { VERSION } from '../dist/version.js';
import { agent, configuration, installer, podSpec } from './manifest.js';
import { PodmanImage } from './podman-image.js';
import { eventually, run } from './test-lab.js';

let image: PodmanImage;
let place: OwnNetns;
let server: KubernetesServer;
beforeAll(async () => {
  place = await ownNetns(`image-${process.pid}`);
  image = new PodmanImage();
  await image.build();
  await place.ip('link add eth0 type veth peer name far', 'addr add 192.168.99.1/24 dev eth0');
  await place.ip('link set far up', 'link set eth0 up', 'link set lo up');
  await place.ip('route add default via 192.168.99.2 dev eth0');
  // Nodes of a cluster have it so; in a container /proc/sys can't be written.
  await run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  server = await new KubernetesServer().start();
  server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24'] });
});
afterAll(async () => {
  await image?.dispose();
  await server?.stop();
  await place?.dispose();
});

const onHost = (path: string) => join(image.folder, 'host', path);

/** A volume's folder on the host is one of the test's own; a device is the machine's. */
function mountsOf({ volumeMounts = [] }: V1Container): string[] {
  return volumeMounts.flatMap(({ name, mountPath, readOnly }) => {
    const { hostPath } = podSpec.volumes!.find((volume) => volume.name === name)!;
    if (hostPath?.type === 'CharDevice') return ['--volume', `${hostPath.path}:${mountPath}`];
    mkdirSync(onHost(mountPath), { recursive: true });
    return ['--volume', `${onHost(mountPath)}:${mountPath}${readOnly ? ':ro' : ''}`];
  });
}

function rightsOf({ securityContext }: V1Container): string[] {
  const { capabilities, readOnlyRootFilesystem } = securityContext!;
  return [
    ...(readOnlyRootFilesystem ? ['--read-only', '--read-only-tmpfs=false'] : []),
    ...capabilities!.drop!.flatMap((name) => ['--cap-drop', name]),
    ...(capabilities!.add ?? []).flatMap((name) => ['--cap-add', name]),
    ...['--security-opt', 'no-new-privileges', '--network', 'host'],
  ];
}

const start = (container: V1Container, flags: readonly string[], ...more: string[]) =>
  image.run(
    [...mountsOf(container), ...rightsOf(container), ...flags, '--entrypoint', container.command![0]!],
    [...container.args!, ...more],
  );

test('podlan is in it', async () => {
  expect(await image.run(['--network', 'none'], ['--version'])).toEqual({
    code: 0,
    stdout: `${VERSION}\n`,
    stderr: '',
  });
});

test('it installs the plugin', async () => {
  mkdirSync(onHost('etc/podlan'), { recursive: true });
  mkdirSync(onHost('opt/cni/bin'), { recursive: true });
  for (const [name, text] of Object.entries(configuration)) writeFileSync(onHost(`etc/podlan/${name}`), text);
  writeFileSync(onHost('opt/cni/bin/portmap'), '');
  expect(await start(installer, [])).toMatchObject({ code: 0, stderr: '' });
  expect(statSync(onHost('opt/cni/bin/podlan-cni')).mode & 0o777).toBe(0o755);
  expect(readFileSync(onHost('etc/cni/net.d/10-podlan.conflist'), 'utf8')).toContain('"podlan-cni"');
});

test('its agent leases the pod CIDR and becomes ready', async () => {
  const ended = start(
    agent,
    ['--name', 'agent', '--env', 'NODE_NAME=node-a'],
    ...['--kube-api-url', server.url],
  );
  const { port, path } = agent.readinessProbe!.httpGet!;
  const ready = () =>
    fetch(`http://127.0.0.1:${port}${path}`).then(async (r) => `${r.status} ${await r.text()}`, String);
  await eventually(ready, (answer) => answer.startsWith('200'), 20_000);
  expect(annotationOf(server.objects.get('node-a')!, 'public-ip')).toBe('192.168.99.1');
  expect(readFileSync(onHost('run/flannel/subnet.env'), 'utf8')).toContain('FLANNEL_SUBNET=10.244.1.1/24\n');
  await image.podman('stop', '--time', '10', 'agent');
  expect(await ended).toMatchObject({ code: 0 });
});
