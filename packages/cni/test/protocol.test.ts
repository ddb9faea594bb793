import { type InterfaceAddress, type IpPrefix, parseInterfaceAddress, parseIpPrefix } from '@podlan/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answerCall,
  CNI_CODE,
  CNI_VERBS,
  CNI_VERSIONS,
  CniError,
  type CniPlugin,
  type CniResult,
  formatResult,
  parseCniArgs,
  parseResult,
  requireKnownArgs,
} from '../src/protocol.js';
import { resultFaults } from './oracle/result-types.js';

const ENV = { CNI_CONTAINERID: '4f2a', CNI_NETNS: '/run/netns/4f2a', CNI_IFNAME: 'eth0', CNI_PATH: '/a:/b' };
const CONFIG = { cniVersion: '1.1.0', name: 'podlan', type: 'podlan-cni' };
const RESULT = {
  cniVersion: '1.1.0',
  interfaces: [{ name: 'eth0', sandbox: '/run/netns/4f2a' }],
  ips: [{ address: '10.244.1.2/24', interface: 0 }],
};

/** Keeps what it was asked, and answers what came before it. */
function recorder(fails?: unknown) {
  const asked: [string, unknown][] = [];
  const note = (verb: string) => async (request: unknown) => {
    asked.push([verb, request]);
    if (fails !== undefined) throw fails;
  };
  const plugin: CniPlugin = {
    add: async (request) => {
      await note('ADD')(request);
      return request.config.prevResult ?? {};
    },
    del: note('DEL'),
    check: note('CHECK'),
    gc: note('GC'),
    status: note('STATUS'),
  };
  return { plugin, asked };
}

async function call(verb: string | undefined, config: unknown = CONFIG, env: object = ENV, fails?: unknown) {
  const { plugin, asked } = recorder(fails);
  const input = typeof config === 'string' ? config : JSON.stringify(config);
  const { output, exitCode } = await answerCall(plugin, { env: { ...env, CNI_COMMAND: verb }, input });
  return { asked, exitCode, output: output === '' ? undefined : JSON.parse(output) };
}

describe('every verb of the specification', () => {
  test.each([
    ['ADD', CONFIG, { cniVersion: '1.1.0', ips: [] }],
    ['ADD', { ...CONFIG, prevResult: RESULT }, RESULT],
    ['DEL', CONFIG, undefined],
    ['CHECK', { ...CONFIG, prevResult: RESULT }, undefined],
    ['GC', { ...CONFIG, 'cni.dev/valid-attachments': [] }, undefined],
    ['STATUS', CONFIG, undefined],
  ])('%s reaches the plugin, and is answered with success', async (verb, config, output) => {
    const answer = await call(verb, config);
    expect(answer.exitCode).toBe(0);
    expect(answer.asked.map(([one]) => one)).toEqual([verb]);
    expect(answer.output).toEqual(output);
  });

  test.each([
    ['a version it speaks', { cniVersion: '0.4.0' }, '0.4.0'],
    ['one it does not', { cniVersion: '9.9.9' }, '1.1.0'],
    ['nothing at all', '', '1.1.0'],
  ])('VERSION needs nothing else; asked in %s it names all', async (_name, config, cniVersion) => {
    expect(await call('VERSION', config, {})).toEqual({
      asked: [],
      exitCode: 0,
      output: { cniVersion, supportedVersions: ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] },
    });
  });

  test('what was asked is handed over', async () => {
    const env = { ...ENV, CNI_ARGS: 'K8S_POD_NAME=web' };
    const config = { ...CONFIG, runtimeConfig: { ips: ['10.244.1.9'] }, mine: 1, prevResult: RESULT };
    const { asked } = await call('CHECK', config, env);
    expect(asked[0]?.[1]).toMatchObject({
      containerId: '4f2a',
      interfaceName: 'eth0',
      netns: '/run/netns/4f2a',
      args: { K8S_POD_NAME: 'web' },
      path: ['/a', '/b'],
      prevResult: { ips: [{ address: '10.244.1.2/24', interface: 0 }] },
      config: { name: 'podlan', runtimeConfig: { ips: ['10.244.1.9'] }, json: { mine: 1 } },
    });
  });

  test.each([undefined, ''])('DEL goes without a namespace: %j', async (CNI_NETNS) => {
    const { exitCode, asked } = await call('DEL', CONFIG, { ...ENV, CNI_NETNS });
    expect(exitCode).toBe(0);
    expect(asked[0]?.[1]).not.toHaveProperty('netns');
  });

  test.each(['cni.dev/valid-attachments', 'cni.dev/attachments'])('GC reads %s', async (key) => {
    const { asked } = await call('GC', { ...CONFIG, [key]: [{ containerID: 'a', ifname: 'eth0' }] }, {});
    expect(asked[0]?.[1]).toMatchObject({ validAttachments: [{ containerId: 'a', interfaceName: 'eth0' }] });
  });
});

describe('every error code', () => {
  const without = (key: string) => ({ ...ENV, [key]: undefined });
  const E = CNI_CODE;

  test.each<[number, string, string | undefined, unknown, object]>([
    [E.INCOMPATIBLE_CNI_VERSION, 'an unknown version', 'ADD', { ...CONFIG, cniVersion: '2.0.0' }, ENV],
    [E.INCOMPATIBLE_CNI_VERSION, 'no version', 'ADD', { name: 'a', type: 'b' }, ENV],
    [E.INCOMPATIBLE_CNI_VERSION, 'CHECK before 0.4.0', 'CHECK', { ...CONFIG, cniVersion: '0.3.1' }, ENV],
    [E.INCOMPATIBLE_CNI_VERSION, 'GC before 1.1.0', 'GC', { ...CONFIG, cniVersion: '1.0.0' }, ENV],
    [E.INCOMPATIBLE_CNI_VERSION, 'STATUS before 1.1.0', 'STATUS', { ...CONFIG, cniVersion: '1.0.0' }, ENV],
    [E.INVALID_ENVIRONMENT, 'no verb', undefined, CONFIG, ENV],
    [E.INVALID_ENVIRONMENT, 'an unknown verb', 'add', CONFIG, ENV],
    [E.INVALID_ENVIRONMENT, 'no container', 'ADD', CONFIG, without('CNI_CONTAINERID')],
    [E.INVALID_ENVIRONMENT, 'a container that is a path', 'DEL', CONFIG, { ...ENV, CNI_CONTAINERID: '../a' }],
    [E.INVALID_ENVIRONMENT, 'no interface', 'ADD', CONFIG, without('CNI_IFNAME')],
    [E.INVALID_ENVIRONMENT, 'too long an interface', 'ADD', CONFIG, { ...ENV, CNI_IFNAME: 'x'.repeat(16) }],
    [E.INVALID_ENVIRONMENT, 'an interface with a slash', 'CHECK', CONFIG, { ...ENV, CNI_IFNAME: 'a/b' }],
    [E.INVALID_ENVIRONMENT, 'ADD without a namespace', 'ADD', CONFIG, without('CNI_NETNS')],
    [E.INVALID_ENVIRONMENT, 'CHECK without a namespace', 'CHECK', CONFIG, { ...ENV, CNI_NETNS: '' }],
    [E.INVALID_ENVIRONMENT, 'CNI_ARGS without =', 'ADD', CONFIG, { ...ENV, CNI_ARGS: 'IP' }],
    [E.DECODING_FAILURE, 'no input', 'ADD', '', ENV],
    [E.DECODING_FAILURE, 'half an input', 'DEL', '{"cniVersion":"1.0', ENV],
    [E.DECODING_FAILURE, 'a list', 'ADD', [], ENV],
    [
      E.DECODING_FAILURE,
      'a wrong prevResult',
      'ADD',
      { ...CONFIG, prevResult: { ips: [{ address: 'x' }] } },
      ENV,
    ],
    [E.DECODING_FAILURE, 'an index too high', 'ADD', { ...CONFIG, prevResult: { ips: RESULT.ips } }, ENV],
    [E.DECODING_FAILURE, 'wrong attachments', 'GC', { ...CONFIG, 'cni.dev/valid-attachments': [{}] }, ENV],
    [E.INVALID_NETWORK_CONFIG, 'no name', 'ADD', { ...CONFIG, name: undefined }, ENV],
    [E.INVALID_NETWORK_CONFIG, 'a name that is a path', 'ADD', { ...CONFIG, name: '../etc' }, ENV],
    [E.INVALID_NETWORK_CONFIG, 'no type', 'STATUS', { ...CONFIG, type: undefined }, ENV],
    [E.INVALID_NETWORK_CONFIG, 'a runtimeConfig that is none', 'ADD', { ...CONFIG, runtimeConfig: 1 }, ENV],
    [E.INVALID_NETWORK_CONFIG, 'CHECK without prevResult', 'CHECK', CONFIG, ENV],
    [E.INVALID_NETWORK_CONFIG, 'GC without attachments', 'GC', CONFIG, ENV],
  ])('%i for %s', async (code, _name, verb, config, env) => {
    const { exitCode, output, asked } = await call(verb, config, env);
    expect(exitCode).toBe(1);
    expect(asked).toEqual([]);
    expect(output).toMatchObject({
      code,
      msg: expect.any(String),
      details: expect.stringMatching(/expected .*found/),
    });
  });

  test.each(Object.entries(CNI_CODE))(
    '%s (%i) that a plugin throws is what the runtime reads',
    async (_name, code) => {
      for (const verb of ['ADD', 'DEL', 'STATUS']) {
        const config = { ...CONFIG, cniVersion: verb === 'STATUS' ? '1.1.0' : '0.3.1' };
        const answer = await call(verb, config, ENV, new CniError(code, 'no', 'why and what to do'));
        expect(answer).toMatchObject({
          exitCode: 1,
          output: { cniVersion: config.cniVersion, code, msg: 'no', details: 'why and what to do' },
        });
      }
    },
  );

  test('what is no CniError is a fault of the plugin, and says so', async () => {
    const { output } = await call('ADD', CONFIG, ENV, new TypeError('x is undefined'));
    expect(output).toMatchObject({ code: CNI_CODE.INTERNAL, details: 'TypeError: x is undefined' });
  });

  test('no details, no key', async () => {
    expect((await call('ADD', CONFIG, ENV, new CniError(11, 'later'))).output).toEqual({
      cniVersion: '1.1.0',
      code: 11,
      msg: 'later',
    });
  });

  test('no input and no environment whatever make it throw', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(undefined, ...CNI_VERBS),
        fc.oneof(fc.string(), fc.json()),
        fc.dictionary(fc.constantFrom(...Object.keys(ENV), 'CNI_ARGS'), fc.string()),
        async (verb, input, env) => {
          const { exitCode, output } = await call(verb, input, env);
          if (exitCode === 1) expect(output.code).toSatisfy(Number.isInteger);
        },
      ),
    );
  });
});

const anyResult: fc.Arbitrary<CniResult> = fc.record(
  {
    interfaces: fc.constant([
      { name: 'cni0', mtu: 1450, socketPath: '/run/a', pciID: '0000:00:1f.6' },
      { name: 'eth0', sandbox: '/run/netns/a', mtu: 1450 },
    ]),
    ips: fc.array(
      fc.record({
        address: fc.constantFrom(
          ...(['10.244.1.2/24', 'fd00:244::2/64'].map(parseInterfaceAddress) as InterfaceAddress[]),
        ),
      }),
    ),
    routes: fc.array(
      fc.record(
        {
          dst: fc.constantFrom(...(['0.0.0.0/0', 'fd00::/8'].map(parseIpPrefix) as IpPrefix[])),
          mtu: fc.nat(),
          priority: fc.nat(),
          table: fc.nat(),
          scope: fc.nat(),
          advmss: fc.nat(),
        },
        { requiredKeys: ['dst'] },
      ),
    ),
    dns: fc.constant({
      nameservers: ['10.96.0.10'],
      search: ['svc'],
      domain: 'cluster',
      options: ['ndots:5'],
    }),
  },
  { requiredKeys: [] },
);

describe('results', () => {
  test.each(CNI_VERSIONS)('of version %s have its types, and are read back as they were', (version) => {
    fc.assert(
      fc.property(anyResult, (result) => {
        const printed = JSON.parse(JSON.stringify(formatResult(result, version)));
        expect(resultFaults(printed, version)).toEqual([]);
        const again = formatResult(parseResult(printed), version);
        expect(again).toEqual(printed);
        if (version === '1.1.0') expect(parseResult(printed)).toEqual({ ips: [], ...result });
      }),
    );
  });

  test('what Go prints for nothing is nothing', () => {
    const dns = {};
    const printed = { interfaces: [{ name: 'cni0', mac: '', sandbox: '' }], ips: null, routes: null, dns };
    expect(parseResult(printed)).toEqual({ interfaces: [{ name: 'cni0' }], dns });
  });

  test.each([
    [
      { ips: [{ address: '10.0.0.1' }] },
      'prevResult.ips.0.address: expected an address with its prefix length, found "10.0.0.1"',
    ],
    [{ ips: [{}] }, 'prevResult.ips.0.address: expected "address", found undefined'],
    [
      { routes: [{ dst: '0.0.0.0/0', gw: 'x' }] },
      'prevResult.routes.0.gw: expected an IP address, found "x"',
    ],
    [{ interfaces: 'eth0' }, 'prevResult.interfaces: expected Array, found "eth0"'],
  ])('%j: the fault is named with its key', (value, details) => {
    expect(() => parseResult(value)).toThrow(expect.objectContaining({ details }));
  });
});

describe('CNI_ARGS', () => {
  test.each([
    ['', {}],
    ['A=1', { A: '1' }],
    ['A=1;B=x=y;', { A: '1', B: 'x=y' }],
    [
      'K8S_POD_INFRA_CONTAINER_ID=4f;IgnoreUnknown=1',
      { K8S_POD_INFRA_CONTAINER_ID: '4f', IgnoreUnknown: '1' },
    ],
  ])('%j', (text, args) => expect(parseCniArgs(text)).toEqual(args));

  test.each(['A', '=1', 'A=1;B', 'A=1;A=2', 'a b=1', 'A=1;=', '__proto__'])('%j is refused', (text) => {
    expect(() => parseCniArgs(text)).toThrow(expect.objectContaining({ code: CNI_CODE.INVALID_ENVIRONMENT }));
  });

  test('unknown keys are named, unless the runtime asks to ignore them', () => {
    const args = { IP: '10.244.1.2', COLOUR: 'red', SIZE: '7' };
    expect(() => requireKnownArgs(args, ['IP'])).toThrow('COLOUR, SIZE');
    for (const IgnoreUnknown of ['1', 'true', 'T']) requireKnownArgs({ ...args, IgnoreUnknown }, ['IP']);
    for (const IgnoreUnknown of ['0', 'false', 'no']) {
      expect(() => requireKnownArgs({ ...args, IgnoreUnknown }, ['IP'])).toThrow('COLOUR');
    }
  });
});
