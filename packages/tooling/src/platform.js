/** Can podlan run here at all? Asked first, because every later failure would be harder to read. */

const NODE_NEEDED = [20, 19];

function olderThan(version, [major, minor]) {
  const [haveMajor = 0, haveMinor = 0] = version.split('.').map(Number);
  return haveMajor < major || (haveMajor === major && haveMinor < minor);
}

/** What is wrong, as a message for people; undefined when nothing is. */
export function platformFault({ platform, versions }) {
  if (olderThan(versions.node, NODE_NEEDED)) {
    return `needs Node.js ${NODE_NEEDED.join('.')} or newer; this is ${versions.node}. See https://nodejs.org/ for a newer one.`;
  }
  if (platform !== 'linux') {
    return `needs Linux, because hosts and pods are network namespaces; this is ${platform}. A virtual machine or a privileged container will do. On simulated kernels the demo runs here too: npm ci && npx turbo run build && npx podlan lab demo --simulate`;
  }
  return undefined;
}
