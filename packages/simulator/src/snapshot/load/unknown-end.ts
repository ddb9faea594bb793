/** What is at the other end of a link and in no snapshot: frames for it end there, as what cannot be told. */
import {
  decodeArp,
  EthernetView,
  EtherType,
  type IpAddress,
  IpProtocol,
  ipFromBytes,
  type MacAddress,
} from '@podlan/wire';
import { Device } from '../../devices/device.js';
import { Nic } from '../../devices/nic.js';
import { Veth } from '../../devices/veth.js';
import { readIp } from '../../kernel/ip-packet.js';
import type { Packet } from '../../kernel/packet.js';
import type { SimNetwork } from '../../sim-network.js';
