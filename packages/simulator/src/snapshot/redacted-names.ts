/** Pseudonyms of nodes, pods, devices and routing tables. */
import type { Pseudonyms } from './pseudonyms.js';
import type { NodeSnapshot } from './types.js';

/** What kernels, container runtimes and flannel call devices: names of nobody. */
const USUAL_DEVICE =
  /^(lo|(eth|cni|docker|br|virbr|bond|dummy|tun|tap|wg|wlan|vxlan|ifb|sit|gre|tunl|kube-ipvs|cilium_)\d*|en[ops]\d[0-9a-z]*|br-[0-9a-f]{12}|(veth|cali|lxc|tap)[0-9a-f]*|flannel(-v6)?[.]?\d*|flannel-wg(-v6)?|flannel\.ipip)([.@]\d+)?$/;
const USUAL_TABLE = /^(main|local|default|unspec|all|\d+)$/;
/** In rules these words are nft's and iptables', whoever has taken one for a name. */
const WORDS_OF_RULES = new Set([
  ...['podlan', 'filter', 'nat', 'mangle', 'raw', 'security'],
  ...['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress'],
]);

/** Tables, chains and sets that everybody has who uses the program of that name. */
const USUAL_OBJECT = /^(KUBE|DOCKER|FLANNEL|PODLAN|CNI)(-[A-Z0-9]+)*$/;
const USUAL_OBJECTS = new Set([
  ...WORDS_OF_RULES,
  ...['kube-proxy', 'flannel-ipv4', 'flannel-ipv6', 'docker-bridges'],
]);
/** Networks and files that installers name so. */
const USUAL_OF_MACHINE =
  /^(cbr0|podlan|flannel|cni0|10-(flannel|podlan|calico)\.(conf|conflist)|(\d+-)?default\.link|NetworkManager)$/;
const USUAL_WILDCARD = /^(eth|cni|docker|br-|virbr|bond|veth|cali|lxc|tap|tun|wg|flannel|en[ops]|vxlan)\*$/;

export class RedactedNames {
  readonly #pseudonyms: Pseudonyms;
  readonly #nodes: ReadonlySet<string>;
  readonly #names: ReadonlySet<string>;
  readonly #devices: ReadonlySet<string>;
  /** Longest first, so that `host-a1` is not taken for `host-a` and a 1. */
  readonly #inText: readonly string[];

  constructor({ node, namespaces }: NodeSnapshot, pseudonyms: Pseudonyms) {
    this.#pseudonyms = pseudonyms;
    const hosts = namespaces.filter(({ kind }) => kind === 'host').map(({ name }) => name);
    const devices = namespaces.flatMap(({ links }) => links.map(({ ifname }) => ifname));
    this.#nodes = new Set([node, ...hosts]);
    this.#devices = new Set(devices);
    this.#names = new Set([node, ...namespaces.map(({ name }) => name)]);
    this.#inText = [...this.#names, ...devices.filter((device) => !this.#isUsual(device))]
      .filter((name) => name.length > 2 && !WORDS_OF_RULES.has(name.toLowerCase()))
      .sort((a, b) => b.length - a.length);
  }

  isDevice(text: string): boolean {
    return this.#devices.has(text);
  }

  /** Of a node or a pod. */
  async name(text: string): Promise<string> {
    return `${this.#nodes.has(text) ? 'node' : 'pod'}-${await this.#pseudonyms.wordFor('name', text)}`;
  }

  async device(text: string): Promise<string> {
    return this.#isUsual(text) ? text : `dev${await this.#pseudonyms.wordFor('device', text)}`;
  }

  async table(text: string): Promise<string> {
    return USUAL_TABLE.test(text) ? text : `table-${await this.#pseudonyms.wordFor('table', text)}`;
  }

  /** Of nftables: a table, chain, set or another of its objects. */
  async object(text: string): Promise<string> {
    const isUsual = USUAL_OBJECT.test(text) || USUAL_OBJECTS.has(text.toLowerCase());
    return isUsual ? text : `nft-${await this.#pseudonyms.wordFor('object', text)}`;
  }

  /** A file, a CNI network or a container; files keep what tells their order and their kind. */
  async ofMachine(text: string): Promise<string> {
    if (USUAL_OF_MACHINE.test(text)) return text;
    const [, number = '', ending = ''] = /^(\d+-)?.*?(\.(?:conf|conflist|json|link))?$/s.exec(text) ?? [];
    return `${number}name-${await this.#pseudonyms.wordFor('machine', text)}${ending}`;
  }

  /** What a rule compares the name of a device with; all whose names begin so, where it ends in a star. */
  async devicePattern(text: string): Promise<string> {
    if (!text.endsWith('*')) return this.device(text);
    return USUAL_WILDCARD.test(text) ? text : `dev${await this.#pseudonyms.wordFor('device', text)}*`;
  }

  /** Every name within a longer text. */
  async text(text: string): Promise<string> {
    const found = this.#inText.find((name) => text.includes(name));
    if (found === undefined) return text;
    const pseudonym = this.#names.has(found) ? await this.name(found) : await this.device(found);
    const parts = await Promise.all(text.split(found).map((part) => this.text(part)));
    return parts.join(pseudonym);
  }

  #isUsual(device: string): boolean {
    return USUAL_DEVICE.test(device) && !this.#names.has(device);
  }
}
