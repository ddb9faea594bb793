/** The annotations that flannel keeps a lease in (pkg/subnet/kube/annotations.go). */
import type { Family } from '@podlan/wire';
import { LeaseError } from '../../lease.js';

/** flannel's `--kube-annotation-prefix`. */
export const DEFAULT_ANNOTATION_PREFIX = 'flannel.alpha.coreos.com';

/** The keys of one family. */
export interface FamilyKeys {
  readonly backendData: string;
  readonly publicIp: string;
  /** Set by people: published in place of the address that the node found. */
  readonly publicIpOverwrite: string;
  /** Set by people: which of the node's addresses to use. */
  readonly nodePublicIp: string;
}

export interface AnnotationKeys {
  readonly backendType: string;
  /** "true" on nodes that take part. */
  readonly managed: string;
  readonly families: Readonly<Record<Family, FamilyKeys>>;
}

/** Throws LeaseError `bad-config` for a prefix that Kubernetes or flannel would not take. */
export function annotationKeys(prefix: string): AnnotationKeys {
  const start = completePrefix(prefix);
  const family = (publicIp: string, backendData: string): FamilyKeys => ({
    backendData: start + backendData,
    publicIp: start + publicIp,
    publicIpOverwrite: `${start}${publicIp}-overwrite`,
    nodePublicIp: `${start}node-${publicIp}`,
  });
  return {
    backendType: `${start}backend-type`,
    managed: `${start}kube-subnet-manager`,
    families: { 4: family('public-ip', 'backend-data'), 6: family('public-ipv6', 'backend-v6-data') },
  };
}

/** `example.com` becomes `example.com/`, and `example.com/net` `example.com/net-`. */
function completePrefix(prefix: string): string {
  const [domain = '', name = '', ...more] = prefix.split('/');
  if (more.length === 0 && /^([a-z\d_-]+\.)+[a-z\d_-]+$/.test(domain) && /^[a-z\d_-]*$/.test(name)) {
    return `${domain}/${name === '' || name.endsWith('-') ? name : `${name}-`}`;
  }
  const expected = 'a domain, and at most one "/" and a name after it';
  const message = `annotation prefix: expected ${expected}, found ${JSON.stringify(prefix)}; use for example ${DEFAULT_ANNOTATION_PREFIX}`;
  throw new LeaseError('bad-config', message);
}
