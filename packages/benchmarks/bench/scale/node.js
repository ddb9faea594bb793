/** One node of a large cluster. */
import { createBackend, runNode } from '@podlan/fabric';
import { parseIpAddress, parseMacAddress } from '@podlan/wire';
import { CONFIG } from './peers.js';

/** `external`: the interface that packets leave by. */
export function backendOn(external) {
  return createBackend({
    config: CONFIG,
    node: { publicIps: [parseIpAddress('192.168.77.11')], externalInterface: { name: external, mtu: 1500 } },
    dataplane: 'kernel',
    randomMac: () => parseMacAddress('02:00:00:00:00:01'),
  });
}

/** `{ running, ready, stop }`: `ready` resolves once every peer it was told of at first is programmed. */
export function startNode(options) {
  const stop = new AbortController();
  let isReady = () => {};
  const ready = new Promise((resolve) => {
    isReady = resolve;
  });
  const running = runNode({
    backend: backendOn('eth0'),
    ...options,
    signal: stop.signal,
    onState: (state) => state.ready && isReady(),
  });
  running.finished.catch(() => {});
  const end = () => {
    stop.abort();
    return running.finished;
  };
  return { running, ready, stop: end };
}
