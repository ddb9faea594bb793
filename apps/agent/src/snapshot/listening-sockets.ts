/** The UDP and TCP sockets that listen, without whose they are. */
import { LinuxError, runIn } from '@podlan/linux';
import type { SocketSnapshot } from '@podlan/simulator/snapshot';
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import type { Netns } from './tool-text.js';

/** Undefined where `ss` is not there or may not look. */
export async function readSockets(netns: Netns): Promise<SocketSnapshot[] | undefined> {
  const argv = ['ss', '-Hlnut'];
  const finished = await runIn(netns, argv).catch((error: unknown) => {
    if (error instanceof LinuxError && error.errno === 'ENOENT') return undefined;
    throw error;
  });
  if (finished?.code !== 0) return undefined;
  return finished.stdout.split('\n').flatMap((line) => parseSocketLine(line) ?? []);
}

/** `udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*`; `*` is every address of both families, `[::]` those of IPv6 alone. */
export function parseSocketLine(line: string): SocketSnapshot | undefined {
  const [protocol, , , , local = ''] = line.trim().split(/\s+/);
  if (protocol !== 'udp' && protocol !== 'tcp') return undefined;
  const [, text = '', zone, port] = /^(.*?)(?:%([^:]+))?:(\d+)$/.exec(local) ?? [];
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  // A socket bound to a device stands as `[fe80::1]%eth0`, and as `*%eth0`.
  const address = bare === '*' ? ('::' as IpAddress) : parseIpAddress(bare);
  if (address === undefined || port === undefined) return undefined;
  return {
    protocol,
    local: address,
    port: Number(port),
    ...(text === '[::]' && { v6only: true }),
    ...(zone !== undefined && { dev: zone }),
  };
}
