/** Reverse-path filtering (RFC 3704): whether it lets in what comes from peers by the way that it comes. */
import { contains } from '@podlan/linux/prefix';
import type { RouteSnapshot } from '@podlan/simulator/snapshot';
import { type IpAddress, parseIpAddress, parseIpPrefix } from '@podlan/wire';
import type { Check, Problem } from '../check.js';
import { isMain, peerSides, vtepAddress } from '../peer-side.js';
import { routeText } from '../row-text.js';
import { type Scene, sysctl, sysctlName, sysctlText } from '../scene.js';

const STRICT = 1;
const LOOSE = 2;

const rpFilter: Check = {
  id: 'rp-filter',
  title: 'source validation takes what comes from peers',
  page: 'course/debug#silent',
  examine(scene) {
    const devices = [
      ...scene.overlays.filter(({ family }) => family === 4).map(({ name }) => name),
      scene.control.interface?.name,
    ].filter((name) => name !== undefined);
    if (scene.leases === undefined || devices.length === 0)
      return { skipped: 'neither leases nor devices are known by which packets come' };
    const keys = ['all', ...devices].map(keyOf);
    return {
      looked: [...keys.map((key) => `sysctl ${sysctlName(key)}`), 'ip route'],
      problems: devices
        .filter((device) => filterOf(scene, device) === STRICT)
        .flatMap((device) => strictProblems(scene, device)),
    };
  },
};

const keyOf = (device: string): string => `net/ipv4/conf/${device}/rp_filter`;

/** The kernel takes the larger of the two (Documentation/networking/ip-sysctl.rst). */
const filterOf = ({ host }: Scene, device: string): number =>
  Math.max(...['all', device].map((name) => Number(sysctl(host, keyOf(name)) ?? 0)));

/** Strict: the way back to the source must lead through the device by which it came. */
function strictProblems(scene: Scene, device: string): Problem[] {
  const isOverlay = scene.overlays.some(({ name }) => name === device);
  const comers = peerSides(scene)
    .filter(({ family }) => family === 4)
    .map((side) => (isOverlay ? vtepAddress(side) : side.publicIp));
  const wrong = comers
    .map((source) => ({ source, route: routeFor(scene, source) }))
    .filter(({ route }) => route !== undefined && route.dev !== device);
  if (wrong.length === 0) return [];
  const keys = ['all', device].map(keyOf).filter((key) => Number(sysctl(scene.host, key)) === STRICT);
  return [
    {
      verdict: isOverlay ? 'error' : 'warning',
      why: `${device} takes packets only from where it would send the answer, and the way back to ${wrong.map(({ source }) => source).join(', ')} leads elsewhere: what comes from there by ${device} is dropped without a word.`,
      evidence: [
        ...keys.map((key) => sysctlText(key, `${STRICT}`)),
        ...wrong.map(({ route }) => routeText(route!)),
      ],
      mend: keys.map((key) => `sysctl -w ${sysctlName(key)}=${LOOSE}`),
    },
  ];
}

/** The longest prefix of the main table. */
function routeFor({ host }: Scene, address: IpAddress): RouteSnapshot | undefined {
  const found = host.routes
    .filter((route) => route.family === 'inet' && isMain(route))
    .map((route) => ({ route, length: matchLength(route.dst, address) }))
    .filter(({ length }) => length >= 0);
  return found.sort((a, b) => b.length - a.length)[0]?.route;
}

function matchLength(dst: string, address: IpAddress): number {
  if (dst === 'default') return 0;
  const prefix = parseIpPrefix(dst);
  if (prefix !== undefined) return contains(prefix, address) ? Number(prefix.split('/')[1]) : -1;
  return parseIpAddress(dst) === address ? 32 : -1;
}

export const SOURCE_VALIDATION_CHECKS: readonly Check[] = [rpFilter];
