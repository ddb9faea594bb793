/** `etcd-leases.js URL [UNDERLAY MAC]`: prints flannel's leases in etcd; publishes another MAC for a node where told. */
const [url, underlay, mac] = process.argv.slice(2);
const PREFIX = '/coreos.com/network/subnets/';
const encode = (text) => Buffer.from(text).toString('base64');
const decode = (base64) => Buffer.from(base64, 'base64').toString();

async function post(path, body) {
  const response = await fetch(`${url}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

// `0` is what follows `/`: the range of all keys that begin so.
const { kvs = [] } = await post('range', {
  key: encode(PREFIX),
  range_end: encode(PREFIX.replace(/\/$/, '0')),
});
const leases = kvs.map((kv) => ({ kv, key: decode(kv.key), value: JSON.parse(decode(kv.value)) }));
if (underlay !== undefined) {
  const { kv, value } = leases.find(({ value }) => value.PublicIP === underlay);
  const changed = JSON.stringify({ ...value, BackendData: { ...value.BackendData, VtepMAC: mac } });
  await post('put', { key: kv.key, value: encode(changed), lease: kv.lease });
}
console.log(
  JSON.stringify(
    leases.map(({ key, value }) => ({
      underlay: value.PublicIP,
      subnet: key.slice(PREFIX.length).split('-')[0],
      mac: value.BackendData.VtepMAC,
    })),
  ),
);
