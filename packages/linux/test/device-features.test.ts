import { afterAll, beforeAll, expect, test } from 'vitest';
import { deviceFeatures } from '../src/device-features.js';
import { LinuxError } from '../src/linux-error.js';
import { disableTransmitOffload, enableReceiveOffload } from '../src/offload.js';
import { type OwnNetns, ownNetns } from './own-netns.js';

let own: OwnNetns;
beforeAll(async () => {
  own = await ownNetns(`linux-features-${process.pid}`);
  await own.ip(
    'link add flannel.1 type vxlan id 1 local 127.0.0.1 dstport 8472',
    'link add left type veth peer name right',
  );
});
afterAll(() => own.dispose());

test('features are those of the device, and change with it', () => {
  expect(deviceFeatures('flannel.1')).toMatchObject({ 'tx-checksum-ip-generic': true, 'rx-checksum': true });
  disableTransmitOffload('flannel.1');
  expect(deviceFeatures('flannel.1')).toMatchObject({ 'tx-checksum-ip-generic': false, 'rx-checksum': true });
});

test('each bit has its own name', () => {
  const { 'rx-gro': before, ...others } = deviceFeatures('left');
  expect(before).toBe(false);
  enableReceiveOffload('left');
  expect(deviceFeatures('left')).toEqual({ ...others, 'rx-gro': true });
});

test('a device that is not there is an error', () => {
  expect(() => deviceFeatures('nobody')).toThrow(LinuxError);
});
