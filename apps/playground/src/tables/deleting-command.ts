/** The command that takes a row away, as its reader would type it. */
import type { PlaceRow } from '../scene/place-rows';

/** Undefined where there is none: rules of nftables go by handles, and sysctls are only set. */
export function deletingCommand({ table, text }: Pick<PlaceRow, 'table' | 'text'>): string | undefined {
  if (table === 'route') return `${ipOf(text)} route del ${text.replace(/ onlink$/, '')}`;
  if (table === 'neighbor') return neighbor(text);
  if (table === 'fdb') return fdb(text);
  return undefined;
}

function neighbor(text: string): string | undefined {
  const [, address, device] = /^(\S+) dev (\S+)/.exec(text) ?? [];
  return address && `${ipOf(address)} neigh del ${address} dev ${device}`;
}

function fdb(text: string): string | undefined {
  const [, mac, device] = /^(\S+) dev (\S+)/.exec(text) ?? [];
  if (mac === undefined) return undefined;
  const [, remote] = /(dst \S+)/.exec(text) ?? [];
  const isMaster = / master /.test(text);
  return ['bridge fdb del', mac, 'dev', device, isMaster ? 'master' : remote].filter(Boolean).join(' ');
}

const ipOf = (text: string): string => (/^\S*:/.test(text) ? 'ip -6' : 'ip');
