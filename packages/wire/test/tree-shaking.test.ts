/** What an import brings along, bundled by esbuild: the modules, and the bytes of the minified bundle. */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const ENTRY = fileURLToPath(new URL('../dist/index.js', import.meta.url));

async function bundled(code: string): Promise<{ modules: string[]; bytes: number }> {
  const { metafile } = await build({
    stdin: { contents: code.replace('wire', ENTRY), resolveDir: '/' },
    ...{ bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'error' },
    ...{ write: false, metafile: true, outfile: 'bundle.js' },
  });
  const { inputs, bytes } = Object.values(metafile.outputs)[0]!;
  const used = Object.keys(inputs).filter((name) => inputs[name]!.bytesInOutput > 0 && name !== '<stdin>');
  return { modules: used.map((name) => name.replace(/^.*\bdist\/|\.js$/g, '')).sort(), bytes };
}

const VIEW = ['byte-view', 'bytes'];
const IPV4_TEXT = ['bytes', 'ipv4-text'];
const IP_TEXT = [...IPV4_TEXT, 'hex', 'ipv6-text'];
/** What verifies a checksum under a pseudo header of addresses that are text. */
const PSEUDO = [...IP_TEXT, 'address-field', 'checksum', 'ip-protocol'];

/** `bytes`: about an eighth above what it takes now, so that nothing more slips in. */
test.each([
  { name: 'VxlanView', modules: [...VIEW, 'vxlan'], bytes: 1600 },
  { name: 'EthernetView', modules: [...VIEW, 'ethernet', 'hex', 'mac'], bytes: 2400 },
  { name: 'UdpView', modules: [...VIEW, 'checksum', 'ip-protocol', 'udp'], bytes: 3300 },
  { name: 'TcpView', modules: [...VIEW, 'checksum', 'ip-protocol', 'tcp'], bytes: 3900 },
  { name: 'IcmpView', modules: [...VIEW, 'checksum', 'icmp'], bytes: 2800 },
  { name: 'Ipv4View', modules: [...VIEW, 'checksum', 'ipv4-text', 'ipv4-view'], bytes: 4300 },
  { name: 'Ipv6View', modules: [...VIEW, 'checksum', 'hex', 'ipv4-text', 'ipv6', 'ipv6-text'], bytes: 4400 },
  { name: 'parseVxlan', modules: ['bytes', 'vxlan'], bytes: 350 },
  { name: 'parseEthernet', modules: ['bytes', 'ethernet', 'hex', 'mac'], bytes: 550 },
  { name: 'parseUdp', modules: [...PSEUDO, 'udp'], bytes: 4200 },
  { name: 'parseIpv4Number', modules: ['ipv4-text'], bytes: 600 },
  { name: 'writeIp', modules: [...IP_TEXT, 'address'], bytes: 2300 },
  { name: 'parseMacAddress', modules: ['hex', 'mac'], bytes: 650 },
  { name: 'internetChecksum', modules: ['bytes', 'checksum'], bytes: 1100 },
  { name: 'updateChecksum', modules: ['checksum'], bytes: 200 },
  { name: 'isIpv6Extension', modules: ['ip-protocol', 'ipv6-extensions'], bytes: 400 },
  { name: 'EtherType', modules: ['ethernet'], bytes: 100 },
  {
    name: 'readCapture',
    modules: ['bytes', 'capture', 'capture-bytes', 'hex', 'pcap', 'pcap-reader', 'pcapng-reader'],
    bytes: 5600,
  },
  { name: 'pcapHeader', modules: ['bytes', 'pcap'], bytes: 720 },
])('$name brings only what it uses', async ({ name, modules, bytes }) => {
  const found = await bundled(`export { ${name} } from 'wire'`);
  expect(found.modules).toEqual([...modules].sort());
  expect(found.bytes).toBeLessThan(bytes);
});

test('an import for nothing is nothing: no module does anything when it is loaded', async () => {
  expect(await bundled(`import 'wire'`)).toEqual({ modules: [], bytes: 0 });
});
