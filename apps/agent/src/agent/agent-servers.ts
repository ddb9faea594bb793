/** Where an agent is asked: at its Unix socket, and over HTTP for its health and its metrics. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { DesiredState } from '@podlan/fabric';
import { CAPTURE_PATH } from '../capture/capture-order.js';
import { type FlowReport, FOLLOW_FLOWS_PATH } from '../flows/flow-report.js';
import type { AgentMetrics, Readings } from '../metrics/agent-metrics.js';
import type { AgentStatus } from '../status/agent-status.js';
import type { LiveReport } from '../status/live-report.js';
import type { ProbeReport } from '../status/probe-report.js';
import { type Conversations, serveControlSocket } from './control-socket.js';
import { streamOf } from './control-stream.js';
import type { ForwardersReport } from './forwarders-report.js';
import { healthPages } from './health-pages.js';
import { HttpListener, type Page } from './http-listener.js';
import type { AgentOptions } from './options.js';

interface Log {
  warn(message: string): void;
}

type Metrics = Pick<AgentMetrics, 'text' | 'contentType'>;

type Options = Pick<AgentOptions, 'socketPath' | 'health' | 'metrics' | 'replace'>;

export class AgentServers {
  /** These are replaced once there is a node to ask. */
  status = async (): Promise<AgentStatus> => stillStarting();
  desired = (): readonly DesiredState[] => stillStarting();
  forwarders = (): ForwardersReport => stillStarting();
  flows = async (): Promise<FlowReport> => stillStarting();
  followFlows = (_outgoing: ServerResponse): void => stillStarting();
  live = async (): Promise<LiveReport> => stillStarting();
  probe = async (): Promise<ProbeReport> => stillStarting();
  capture = async (_incoming: IncomingMessage, _outgoing: ServerResponse): Promise<void> => stillStarting();
  unready = (): string | undefined => 'the agent is starting';
  readings = async (): Promise<Readings | undefined> => undefined;
  readonly #options: Options;
  #control: Server | undefined;
  /** A port that is taken ends an agent that starts. */
  readonly #health: HttpListener | undefined;
  /** Of these none ends for want of its port: nobody may have asked for it. */
  readonly #metrics: HttpListener | undefined;

  constructor(options: Options, metrics: Metrics) {
    this.#options = options;
    const { healthzIp, healthzPort } = options.health;
    const { metricsIp, metricsPort } = options.metrics;
    const atOne = healthzPort === metricsPort && healthzIp === metricsIp;
    const health = healthPages(() => this.unready());
    const all = { ...health, '/metrics': () => this.#metricsPage(metrics) };
    if (healthzPort !== 0) {
      const address = { ip: healthzIp, port: healthzPort, flag: '--healthz' };
      this.#health = new HttpListener(address, atOne ? all : health);
    }
    if (metricsPort !== 0 && !atOne)
      this.#metrics = new HttpListener({ ip: metricsIp, port: metricsPort, flag: '--metrics' }, all);
  }

  /** Rejects where socket or health can't be served: a port that is taken is told at the start. */
  async open(conversations: Conversations, log: Log): Promise<void> {
    await this.openControl(conversations);
    await this.#health?.open();
    void this.#metrics?.keep(log);
  }

  async openControl(conversations: Conversations): Promise<void> {
    const { socketPath, replace } = this.#options;
    const reports = {
      '/status': () => this.status(),
      '/desired': () => this.desired(),
      '/forwarders': () => this.forwarders(),
      '/flows': () => this.flows(),
      '/live': () => this.live(),
      '/probe': () => this.probe(),
    };
    const streams = {
      [FOLLOW_FLOWS_PATH]: streamOf((_incoming, outgoing) => this.followFlows(outgoing)),
      [CAPTURE_PATH]: streamOf((incoming, outgoing) => this.capture(incoming, outgoing)),
    };
    const served = { reports, conversations: { ...conversations, ...streams }, replace };
    this.#control = await serveControlSocket(socketPath, served);
  }

  /** As soon as its ports are free. */
  async keepHttp(log: Log): Promise<void> {
    await Promise.all([this.#health?.keep(log), this.#metrics?.keep(log)]);
  }

  /** The ports are a successor's from here. */
  closeHttp(): void {
    this.#health?.close();
    this.#metrics?.close();
  }

  async #metricsPage(metrics: Metrics): Promise<Page> {
    const text = await metrics.text(await this.readings());
    return { status: 200, text, type: metrics.contentType };
  }

  close(): void {
    this.#control?.close();
    this.#control?.closeAllConnections();
    this.closeHttp();
  }
}

function stillStarting(): never {
  throw new Error('it is still starting');
}
