/** What an agent that takes over does where the port for its health is taken. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { AgentServers } from '../dist/agent/agent-servers.js';
import { eventually } from './test-lab.js';

test('health whose port is taken is told of once, and served as soon as the port is free', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const health = { healthzIp: '127.0.0.1', healthzPort: port };
  const servers = new AgentServers({ socketPath: '', health, replace: true });
  const warnings: string[] = [];
  const keeping = servers.keepHealth({ warn: (message) => warnings.push(message) });
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
  await servers.keepHealth({ warn: expect.unreachable });
  servers.close();
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
});

test('health that is given up before its port is free is waited for no longer', async () => {
  const health = { healthzIp: '203.0.113.7', healthzPort: 1 };
  const servers = new AgentServers({ socketPath: '', health, replace: true });
  const keeping = servers.keepHealth({ warn: () => servers.closeHealth() });
  await keeping;
});
