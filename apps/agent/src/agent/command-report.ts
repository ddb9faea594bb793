/** What `podlan commands` reports: the rows there should be, as lines for a shell. */
import type { DesiredState } from '@podlan/fabric';
import { commandLines, diff } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix } from '@podlan/wire';

export interface CommandReport extends DesiredState {
  /** In the order in which they can be run, after those of the reports before. */
  readonly commands: readonly string[];
}

export function commandReports(desired: readonly DesiredState[]): CommandReport[] {
  return desired.map((one) => ({ ...one, commands: commandLines(diff([], one.rows)) }));
}

export function commandText(reports: readonly CommandReport[]): string {
  return reports.map((report) => [heading(report), ...report.commands].join('\n')).join('\n\n');
}

/** It goes to a shell too. */
function heading({ owner, subnets, publicIps }: CommandReport): string {
  const of = (texts: readonly string[], parse: (text: string) => string | undefined) =>
    texts.map((text) => parse(text) ?? '?').join(' ');
  return `# ${owner === 'host' ? 'host' : 'peer'} ${of(subnets, parseIpPrefix)} at ${of(publicIps, parseIpAddress)}`;
}
