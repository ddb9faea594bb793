/** Every fault there is, and the labs they are made in. */
import type { Fault, FaultLab } from './fault.js';
import { HOST_GW_LAB, KERNEL_LAB, UDP_LAB, WASM_LAB } from './fault-lab.js';
import { HOST_FAULTS } from './host-faults.js';
import { OVERLAY_FAULTS } from './overlay-faults.js';
import { PACKET_FAULTS } from './packet-faults.js';
import { POD_FAULTS } from './pod-faults.js';
import { UNDERLAY_FAULTS } from './underlay-faults.js';

export const FAULT_LABS: readonly FaultLab[] = [KERNEL_LAB, WASM_LAB, HOST_GW_LAB, UDP_LAB];

export const FAULTS: readonly Fault[] = [
  ...OVERLAY_FAULTS,
  ...HOST_FAULTS,
  ...POD_FAULTS,
  ...UNDERLAY_FAULTS,
  ...PACKET_FAULTS,
];

export const faultsOf = (lab: FaultLab): readonly Fault[] => FAULTS.filter((fault) => fault.lab === lab);
