/** What goes wrong between the API server and us, in our words. */
import { STATUS_CODES } from 'node:http';
import { LeaseError } from '../../lease.js';

/** What to do about an answer, by its HTTP status. */
const ADVICE: Readonly<Record<number, string>> = {
  401: 'check the credentials in the kubeconfig, or the token of the service account',
  403: 'give the account the rights get, list and watch of nodes, patch of nodes/status, and get of pods',
  404: 'see whether the node is registered, and NODE_NAME is what `kubectl get nodes` calls it',
  410: 'the server has forgotten that version: list anew',
};

/** `what`: the request, as "list nodes". 410 Gone is `watch-lost`; all else may pass, and is `unavailable`. */
export function kubernetesError(what: string, cause: unknown): LeaseError {
  if (cause instanceof LeaseError) return cause;
  const { code, body, message } = cause as { code?: unknown; body?: unknown; message?: string };
  if (typeof code !== 'number') {
    const advice = 'see whether the API server runs, and is reached from here at that address';
    const text = `kubernetes: ${what}: the API server can't be reached (${message ?? String(cause)}); ${advice}`;
    return new LeaseError('unavailable', text, { cause });
  }
  const advice = ADVICE[code] ?? 'it is tried again';
  const text = `kubernetes: ${what}: the API server answered ${code} (${reasonIn(body) ?? STATUS_CODES[code]}); ${advice}`;
  return new LeaseError(code === 410 ? 'watch-lost' : 'unavailable', text, { cause });
}

/** The server explains itself in a Status object, which the client has decoded for the statuses that it knows. */
function reasonIn(body: unknown): string | undefined {
  const status = typeof body === 'string' ? decode(body) : body;
  const message = (status as { message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message.slice(0, 300) : undefined;
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}

/** Of the answer that the server gave; undefined where it gave none. */
export function httpStatusOf(error: unknown): number | undefined {
  const code = ((error as Error).cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'number' ? code : undefined;
}
