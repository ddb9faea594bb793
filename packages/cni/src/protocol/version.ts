/** Versions of the CNI specification, and what each knows. */
import { CNI_CODE, CniError } from '../cni-error.js';

/** The versions whose results name interfaces, oldest first: those spoken here. */
export const CNI_VERSIONS = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const;

/** One of {@link CNI_VERSIONS}. */
export type CniVersion = (typeof CNI_VERSIONS)[number];

/** What a runtime may ask of a plugin (`CNI_COMMAND`). */
export const CNI_VERBS = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const;

/** One of {@link CNI_VERBS}. */
export type CniVerb = (typeof CNI_VERBS)[number];

/** The version that brought a verb. */
const SINCE: Partial<Record<CniVerb, CniVersion>> = { CHECK: '0.4.0', GC: '1.1.0', STATUS: '1.1.0' };

export const isAtLeast = (version: CniVersion, other: CniVersion): boolean =>
  CNI_VERSIONS.indexOf(version) >= CNI_VERSIONS.indexOf(other);

/** A configuration that names no version is one of 0.1.0 (the specification's own rule). */
export function requireVersion(found: unknown, supported: readonly CniVersion[]): CniVersion {
  const version = supported.find((one) => one === found);
  if (version !== undefined) return version;
  const said = found === undefined ? 'none, which stands for 0.1.0' : JSON.stringify(found);
  throw new CniError(
    CNI_CODE.INCOMPATIBLE_CNI_VERSION,
    'incompatible CNI version',
    `cniVersion: expected one of ${supported.join(', ')}, found ${said}; change it in the network configuration`,
  );
}

export function requireVerbIn(version: CniVersion, verb: CniVerb): void {
  const since = SINCE[verb];
  if (since === undefined || isAtLeast(version, since)) return;
  throw new CniError(
    CNI_CODE.INCOMPATIBLE_CNI_VERSION,
    `the configuration's CNI version has no ${verb}`,
    `expected cniVersion ${since} or newer, found ${version}`,
  );
}
