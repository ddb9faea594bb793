/** How tests start Debian's Chromium, or Chrome: without a window, with a fresh profile, and quiet on the network. */
import { findProgram } from './system-programs.js';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What `chromium.launch` of playwright-core is to be given. */
export function chromiumOptions() {
  const executablePath = findProgram('chromium');
  if (!executablePath) throw new Error('chromium: expected it on the PATH; `npm test` installs it by apt');
  return { executablePath, args: FLAGS };
}
