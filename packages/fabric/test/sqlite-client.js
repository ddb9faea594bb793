// A process that uses a lease store: `acquire FIRST COUNT` takes leases for made-up hosts and prints their subnets as
// JSON; `hang` prints "writing" inside a write transaction and stays there.
import Database from 'libsql';
import { openSqliteStore } from '../dist/stores/sqlite/sqlite.js';

const [path, command, ...args] = process.argv.slice(2);

if (command === 'acquire') {
  const [first, count] = args.map(Number);
  const hosts = Array.from({ length: count }, (_, i) => first + i);
  const results = await Promise.allSettled(hosts.map(acquire));
  console.log(JSON.stringify(results.map(({ value, reason }) => value ?? reason.code ?? String(reason))));
} else {
  const database = new Database(path);
  database.exec('BEGIN IMMEDIATE');
  database.prepare('DELETE FROM leases').run();
  console.log('writing');
  setInterval(() => {}, 1000);
}

async function acquire(host) {
  const store = await openSqliteStore({ path });
  const publicIp = `192.168.${host >> 8}.${host & 255}`;
  const lease = await store.acquire({
    attributes: { backendType: 'vxlan', endpoints: [{ publicIp }] },
    previous: [],
  });
  await store.close();
  return lease.subnets[0];
}
