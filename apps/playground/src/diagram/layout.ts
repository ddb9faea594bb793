/** Where everything of a scene is drawn: hosts side by side, from their pods at the top down to what joins them. */
import type { DeviceView, PlaceView } from '../scene/scene-view';
import { type HostWiring, type Link, wiringOf } from './wiring';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Something that a packet passes. */
export interface Shape extends Box {
  readonly id: string;
  readonly kind: 'device' | 'routing' | 'program' | 'link';
  readonly label: string;
  readonly detail?: string;
  readonly isDown?: boolean;
}

/** What can be looked into, with what is in it. */
export interface PlaceBox extends Box {
  readonly place: PlaceView;
  readonly shapes: readonly Shape[];
}

export interface Wire {
  readonly from: string;
  readonly to: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly isCut?: boolean;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Those that hold others come first. */
  readonly places: readonly PlaceBox[];
  readonly links: readonly Shape[];
  readonly wires: readonly Wire[];
}

const GAP = 12;
const PADDING = 8;
const PILL = 22;
const PITCH = 34;
const CHARACTER = 6.7;
/** Of the wires to the right of the overlays. */
const LANES = 28;
const LEAST_HOST = 184;
/** From the top of a host. */
const PODS_Y = 30;
const POD_HEIGHT = 60;
const PORTS_Y = PODS_Y + POD_HEIGHT + 12;
const BRIDGES_Y = PORTS_Y + PITCH;
const ROUTING_Y = BRIDGES_Y + PITCH;
const OVERLAYS_Y = ROUTING_Y + PITCH;

export const deviceId = (place: string, device: string): string => `${place}/${device}`;
export const routingId = (place: string): string => `${place}/`;
export const programId = (place: string): string => `${place}/(program)`;
const linkId = (prefix: string): string => `link ${prefix}`;

/** Rows that all hosts leave room for, so that the same things are at the same height. */
interface Rows {
  readonly overlays: number;
  readonly program: boolean;
  readonly uplinkY: number;
}

export function layoutOf(places: readonly PlaceView[]): Layout {
  const wiring = wiringOf(places);
  const hosts = [...wiring.links.flatMap((link) => link.hosts), ...wiring.loose];
  const rows = rowsOf(hosts);
  const drawing = new Drawing();
  for (const host of hosts) drawHost(drawing, host, rows);
  const bottom = rows.uplinkY + PILL + 24;
  for (const link of wiring.links) drawLink(drawing, link, bottom);
  const width = Math.max(drawing.x - GAP, 320);
  wiring.routers.forEach((router, i) => {
    drawRouter(drawing, router, { y: bottom + PILL + 16 + i * (PILL + 22), width });
  });
  const ends = [...drawing.hosts, ...drawing.links].map(({ y, height }) => y + height);
  return {
    ...{ width, height: Math.max(120, ...ends) },
    places: [...drawing.hosts, ...drawing.pods],
    ...{ links: drawing.links, wires: drawing.wires },
  };
}

/** What is drawn so far, from left to right. */
class Drawing {
  x = 0;
  readonly hosts: PlaceBox[] = [];
  readonly pods: PlaceBox[] = [];
  readonly links: Shape[] = [];
  readonly wires: Wire[] = [];
}

function rowsOf(hosts: readonly HostWiring[]): Rows {
  const overlays = Math.max(0, ...hosts.map((host) => host.overlays.length));
  const program = hosts.some(({ hasProgram }) => hasProgram);
  return { overlays, program, uplinkY: OVERLAYS_Y + (overlays + Number(program)) * PITCH };
}

const textWidth = (...texts: readonly string[]): number => texts.join(' ').length * CHARACTER + 15;

/** The one that is worth room: what others see of it. */
const addressOf = ({ addresses }: DeviceView): string =>
  (addresses.find((one) => !one.startsWith('fe80:')) ?? '').replace(/\/.*$/, '');

function pill(place: string, device: DeviceView, at: { x: number; y: number; width?: number }): Shape {
  const detail = addressOf(device);
  return {
    ...{ id: deviceId(place, device.name), kind: 'device', label: device.name, detail },
    ...{ width: textWidth(device.name, detail), height: PILL, isDown: !device.up, ...at },
  };
}

const middle = ({ x, width }: Box): number => x + width / 2;

interface Column {
  readonly pod?: PlaceView;
  readonly port?: DeviceView;
  readonly width: number;
}

function columnsOf({ host, pods, ports }: HostWiring): Column[] {
  const portOf = (pod: PlaceView) =>
    ports.find(({ peer }) => peer?.place === pod.name) ??
    ports.find(({ name }) =>
      pod.devices.some(({ peer }) => peer?.place === host.name && peer.device === name),
    );
  const withPods = pods.map((pod) => {
    const port = portOf(pod);
    const address = pod.addresses[0] ?? '';
    const width = Math.max(88, textWidth(address), textWidth(pod.name), textWidth(port?.name ?? ''));
    return { pod, ...(port && { port }), width };
  });
  const taken = new Set(withPods.map(({ port }) => port));
  const alone = ports.filter((port) => !taken.has(port));
  return [...withPods, ...alone.map((port) => ({ port, width: textWidth(port.name) }))];
}

function drawHost(drawing: Drawing, wiring: HostWiring, rows: Rows): void {
  const { host, overlays, uplinks } = wiring;
  const columns = columnsOf(wiring);
  const inner = Math.max(
    LEAST_HOST - 2 * PADDING,
    columns.reduce((sum, { width }) => sum + width + 8, -8),
    ...overlays.map((one) => textWidth(one.name, addressOf(one)) + (overlays.length - 1) * 14 + LANES),
    ...uplinks.map((one) => textWidth(one.name, addressOf(one))),
  );
  const box = { x: drawing.x, y: 0, width: inner + 2 * PADDING, height: rows.uplinkY + PILL / 2 };
  const shapes = [
    ...drawColumns(drawing, wiring, { columns, x: box.x + PADDING, inner }),
    ...drawRouting(drawing, wiring, { x: box.x + PADDING, inner, rows }),
  ];
  drawing.hosts.push({ ...box, place: host, shapes });
  drawing.x += box.width + GAP;
}

interface Room {
  readonly x: number;
  readonly inner: number;
}

/** Pods, the cables to them, and the bridges. */
function drawColumns(
  drawing: Drawing,
  { host, bridges }: HostWiring,
  { columns, x, inner }: Room & { columns: readonly Column[] },
): Shape[] {
  const shapes = bridgesIn(host, bridges, { x, inner });
  let left = x;
  for (const { pod, port, width } of columns) {
    const portShape = port && pill(host.name, port, { x: left, y: PORTS_Y, width });
    if (portShape) shapes.push({ ...portShape, detail: '' });
    if (pod) drawPod(drawing, pod, { x: left, y: PODS_Y, width, height: POD_HEIGHT }, portShape);
    const bridge = shapes.find(({ id }) => id === deviceId(host.name, port?.master ?? ''));
    if (portShape && bridge) drawing.wires.push(down(portShape, bridge));
    left += width + 8;
  }
  return shapes;
}

function bridgesIn(host: PlaceView, bridges: readonly DeviceView[], { x, inner }: Room): Shape[] {
  const width = (inner + 8) / Math.max(1, bridges.length) - 8;
  return bridges.map((bridge, i) => pill(host.name, bridge, { x: x + i * (width + 8), y: BRIDGES_Y, width }));
}

function drawPod(drawing: Drawing, pod: PlaceView, box: Box, port: Shape | undefined): void {
  const device = pod.devices.find(({ type }) => type !== 'loopback');
  const at = { x: box.x + 8, y: box.y + POD_HEIGHT - 20, width: box.width - 16, height: 20 };
  const shapes = device ? [{ ...pill(pod.name, device, at), ...at, detail: '' }] : [];
  const routing: Shape = { ...box, id: routingId(pod.name), kind: 'routing', label: '' };
  if (shapes[0] && port) drawing.wires.push(down(shapes[0], port));
  if (shapes[0]) drawing.wires.push({ from: routing.id, to: shapes[0].id, points: [] });
  drawing.pods.push({ ...box, place: pod, shapes });
}

/** The kernel's choice between devices, what wraps packets, and the way out. */
function drawRouting(
  drawing: Drawing,
  { host, bridges, overlays, uplinks, hasProgram }: HostWiring,
  { x, inner, rows }: Room & { rows: Rows },
): Shape[] {
  const routing: Shape = {
    ...{ id: routingId(host.name), kind: 'routing', label: '' },
    ...{ x, y: ROUTING_Y, width: inner, height: PILL },
  };
  const end = (ids: string) => ({ ...routing, id: ids });
  for (const [i, bridge] of bridges.entries()) {
    const width = (inner + 8) / bridges.length - 8;
    const shape = { ...end(deviceId(host.name, bridge.name)), x: x + i * (width + 8), width, y: BRIDGES_Y };
    drawing.wires.push(down(shape, routing));
  }
  const wrapping = overlays.map((one, i) => {
    const indent = (overlays.length - 1 - i) * 14;
    const shape = pill(host.name, one, { x: x + indent, y: OVERLAYS_Y + i * PITCH });
    drawing.wires.push(straight(routing, shape, shape.x + (overlays.length > 1 ? 7 : shape.width / 2)));
    return shape;
  });
  const program = hasProgram ? [drawProgram(drawing, { host, wrapping, routing, rows })] : [];
  const outwards = uplinks.map((one, i) => {
    const width = textWidth(one.name, addressOf(one));
    const shape = pill(host.name, one, { x: x + inner - width - i * (width + 8), y: rows.uplinkY });
    drawing.wires.push(straight(routing, shape, shape.x + shape.width - 9));
    return shape;
  });
  return [routing, ...wrapping, ...program, ...outwards];
}

/** It reads what the kernel routes to the device, and sends datagrams, which are routed in turn. */
function drawProgram(
  drawing: Drawing,
  {
    host,
    wrapping,
    routing,
    rows,
  }: { host: PlaceView; wrapping: readonly Shape[]; routing: Shape; rows: Rows },
): Shape {
  const first = wrapping[0]!;
  const program: Shape = {
    ...{ id: programId(host.name), kind: 'program', label: 'wasm' },
    ...{ x: first.x + 12, y: OVERLAYS_Y + rows.overlays * PITCH, width: 84, height: PILL },
  };
  for (const one of wrapping) drawing.wires.push(straight(one, program, middle(program)));
  const right = program.x + program.width;
  const lane = routing.x + routing.width - 20;
  const y = program.y + PILL / 2;
  drawing.wires.push({
    ...{ from: program.id, to: routing.id },
    points: [
      [right, y],
      [lane, y],
      [lane, routing.y + PILL],
    ],
  });
  return program;
}

const down = (upper: Shape, lower: Shape): Wire =>
  straight(upper, lower, lower.width < upper.width ? middle(lower) : middle(upper));

const straight = (upper: Shape, lower: Shape, x: number): Wire => ({
  ...{ from: upper.id, to: lower.id },
  points: [
    [x, upper.y + upper.height],
    [x, lower.y],
  ],
});

function drawLink(drawing: Drawing, { prefix, hosts }: Link, y: number): void {
  const boxes = drawing.hosts.filter(({ place }) => hosts.some(({ host }) => host === place));
  const x = Math.min(...boxes.map((box) => box.x));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const link: Shape = {
    ...{ id: linkId(prefix), kind: 'link', label: prefix },
    ...{ x, y, width: right - x, height: PILL },
  };
  drawing.links.push(link);
  for (const { host, uplinks } of hosts) {
    const { shapes } = boxes.find(({ place }) => place === host)!;
    for (const uplink of uplinks) {
      const shape = shapes.find(({ id }) => id === deviceId(host.name, uplink.name))!;
      drawing.wires.push({ ...straight(shape, link, middle(shape)), isCut: !uplink.carrier });
    }
  }
}

function drawRouter(drawing: Drawing, router: PlaceView, { y, width }: { y: number; width: number }): void {
  const shapes: Shape[] = [
    { id: routingId(router.name), kind: 'routing', label: '', x: 0, y: y - 6, width, height: PILL + 12 },
  ];
  const devices = router.devices.filter((one) => one.type !== 'loopback' && addressOf(one) !== '');
  for (const device of devices) {
    const link = drawing.links.find(({ label }) => isOn(device, label));
    if (link === undefined) continue;
    const least = textWidth(device.name, addressOf(device));
    const shape = pill(router.name, device, { x: link.x + link.width - least - PADDING, y });
    drawing.wires.push(straight(link, shape, middle(shape)));
    drawing.wires.push({ from: routingId(router.name), to: shape.id, points: [] });
    shapes.push(shape);
  }
  drawing.hosts.push({ x: 0, y: y - 6, width, height: PILL + 12, place: router, shapes });
}

const isOn = ({ prefixes }: DeviceView, prefix: string): boolean => prefixes.some((one) => one === prefix);
