/** What an agent that takes over does where the port for its health is taken. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { AgentServers } from '../dist/agent/agent-servers.js';
import { eventually } from './test-lab.js';

const metrics = { metricsIp: '127.0.0.1', metricsPort: 0 };
const noMetrics = { text: () => expect.unreachable(), contentType: '' };

test('health whose port is taken is told of once, and served as soon as the port is free', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const health = { healthzIp: '127.0.0.1', healthzPort: port };
  const servers = new AgentServers({ socketPath: '', health, metrics, replace: true }, noMetrics);
  const warnings: string[] = [];
  const keeping = servers.keepHttp({ warn: (message) => warnings.push(message) });
  await eventually(
    async () => warnings,
    ({ length }) => length > 0,
  );
  squatter.close();
  await keeping;
  expect(warnings).toEqual([
    expect.stringMatching(/expected a free port of this host: .*; it is tried again/),
  ]);
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  await servers.keepHttp({ warn: expect.unreachable });
  servers.close();
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

test('health that is given up before its port is free is waited for no longer', async () => {
  const health = { healthzIp: '203.0.113.7', healthzPort: 1 };
  const servers = new AgentServers({ socketPath: '', health, metrics, replace: true }, noMetrics);
  const keeping = servers.keepHttp({ warn: () => servers.closeHttp() });
  await keeping;
});

test('health and metrics at one address are served together, and a port of metrics that is taken ends nobody', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const told: string[] = [];
  const log = { warn: (message: string) => told.push(message) };
  const text = { text: async () => 'podlan_ready 1\n', contentType: 'text/plain' };
  const options = { socketPath: '', replace: true, metrics: { metricsIp: '127.0.0.1', metricsPort: port } };
  const alone = new AgentServers({ ...options, health: { healthzIp: '127.0.0.1', healthzPort: 0 } }, text);
  void alone.keepHttp(log);
  await eventually(
    async () => told,
    ({ length }) => length > 0,
  );
  expect(told).toEqual([
    expect.stringMatching(/^--metrics-ip 127.0.0.1 --metrics-port \d+: expected a free port/),
  ]);
  alone.close();
  squatter.close();
  const both = new AgentServers({ ...options, health: { healthzIp: '127.0.0.1', healthzPort: port } }, text);
  await both.keepHttp(log);
  const pages = ['healthz', 'metrics'].map((path) => fetch(`http://127.0.0.1:${port}/${path}`));
  const answers = await Promise.all(pages);
  expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual([
    'podlan agent is running\n',
    'podlan_ready 1\n',
  ]);
  both.close();
});
