/**
 * Every check of `podlan doctor`, in the order of the report. To add one:
 *
 * 1. Make it in a file of checks/: an object of type Check (check.ts). `examine` gets a Scene (scene.ts) and answers what it
 *    looked at and the problems it found; or `{ skipped: why }` where the scene lacks what it needs. It is a pure function:
 *    what it needs and a snapshot has not goes into the snapshot first, as an optional part (packages/simulator/src/
 *    snapshot/machine-schema.ts, redacted by redact-snapshot.ts, read by src/snapshot/machine/), so that files and live
 *    nodes are examined alike.
 * 2. Put it in the list below, with the page and heading that explains it.
 * 3. Make the fault for real in test/doctor/: a test compares the list with the checks that have a fault there.
 * 4. Say what it means in the page "podlan doctor" in both languages: a test compares that too.
 */
import type { Check } from './check.js';
import { AGENT_CHECKS } from './checks/agent-ready.js';
import { CHECKSUM_CHECKS } from './checks/checksums.js';
import { CNI_CONFIG_CHECKS } from './checks/cni-config.js';
import { FORWARDER_CHECKS } from './checks/forwarder.js';
import { FORWARDING_CHECKS } from './checks/forwarding.js';
import { KERNEL_TABLE_CHECKS } from './checks/kernel-tables.js';
import { LEASE_CHECKS } from './checks/lease.js';
import { LEASE_TIME_CHECKS } from './checks/lease-time.js';
import { LEFT_OVER_CHECKS } from './checks/left-over.js';
import { MAC_POLICY_CHECKS } from './checks/mac-policy.js';
import { MTU_CHECKS } from './checks/mtu-chain.js';
import { NETWORK_CHECKS } from './checks/networks-apart.js';
import { OVERLAY_CHECKS } from './checks/overlay.js';
import { PEER_ROW_CHECKS } from './checks/peer-rows.js';
import { POD_ADDRESS_CHECKS } from './checks/pod-addresses.js';
import { POD_BRIDGE_CHECKS } from './checks/pod-bridge.js';
import { REACH_CHECKS } from './checks/reach.js';
import { SOURCE_VALIDATION_CHECKS } from './checks/source-validation.js';
import { SUBNET_ENV_CHECKS } from './checks/subnet-env.js';

/** Devices before the rows on them: `--fix` mends in this order. */
export const CHECKS: readonly Check[] = [
  ...AGENT_CHECKS,
  ...FORWARDING_CHECKS,
  ...LEASE_CHECKS,
  ...OVERLAY_CHECKS,
  ...FORWARDER_CHECKS,
  ...PEER_ROW_CHECKS,
  ...LEFT_OVER_CHECKS,
  ...POD_BRIDGE_CHECKS,
  ...SUBNET_ENV_CHECKS,
  ...MTU_CHECKS,
  ...SOURCE_VALIDATION_CHECKS,
  ...LEASE_TIME_CHECKS,
  ...MAC_POLICY_CHECKS,
  ...NETWORK_CHECKS,
  ...CNI_CONFIG_CHECKS,
  ...POD_ADDRESS_CHECKS,
  ...CHECKSUM_CHECKS,
  ...KERNEL_TABLE_CHECKS,
  ...REACH_CHECKS,
];
