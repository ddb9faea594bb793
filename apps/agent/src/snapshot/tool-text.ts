/** What a tool of the system says in a namespace, as text and as JSON. */
import { LinuxError, runIn } from '@podlan/linux';

/** A namespace by name or path; undefined: this process's own. */
export type Netns = string | undefined;

/** Rejects with LinuxError where the tool is not there or fails. */
export async function textOf(netns: Netns, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(netns, argv);
  if (code === 0) return stdout;
  const [op = '', ...args] = argv;
  throw new LinuxError({ op, args, message: stderr.trim() || `it ended with code ${code}` });
}

/** The list that the tool prints. iproute2 prints nothing for none, and `{}` for what a filter left out. */
export async function listOf(netns: Netns, argv: readonly string[]): Promise<object[]> {
  const text = (await textOf(netns, argv)).trim();
  try {
    const list = JSON.parse(text || '[]') as object[];
    return list.filter((one) => Object.keys(one).length > 0);
  } catch (cause) {
    const [op = '', ...args] = argv;
    throw new LinuxError({ op, args, message: `it printed no JSON: ${(cause as Error).message}`, cause });
  }
}
