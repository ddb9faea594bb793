/** The home page: what podlan is, two commands, three doors. */

import Link from '@docusaurus/Link';
import Translate, { translate } from '@docusaurus/Translate';
import CodeBlock from '@theme/CodeBlock';
import Heading from '@theme/Heading';
import Layout from '@theme/Layout';
import type { ReactNode } from 'react';
import { writeRuns } from '../coloured-code/runs';
import { InTurn } from '../come-alive/in-turn';
import { Encapsulation } from '../encapsulation';
import styles from './index.module.css';

const commands = () =>
  [
    `npm start    # ${translate({ id: 'home.command.start', message: 'a cluster at work, on this machine' })}`,
    `npm test     # ${translate({ id: 'home.command.test', message: 'every test' })}`,
  ].join('\n');

const comments = (code: string) =>
  writeRuns(
    [...code.matchAll(/#.*/g)].map(({ 0: { length }, index: at }) => ({ at, length, colour: 'comment' })),
  );

function Hero(): ReactNode {
  return (
    <header className={styles.hero}>
      <Heading as="h1" className={styles.title}>
        <Translate id="home.title">One flat network for pods on different hosts</Translate>
      </Heading>
      <p className={styles.sentence}>
        <Translate id="home.sentence">
          podlan does flannel's job with a dataplane that is one small WebAssembly module, and shows you every
          byte of the way.
        </Translate>
      </p>
      <div className={styles.commands}>
        <CodeBlock language="bash" runs={comments(commands())}>
          {commands()}
        </CodeBlock>
      </div>
      <Link className="button button--primary button--lg" to="/docs/start">
        <Translate id="home.start">Get started</Translate>
      </Link>
    </header>
  );
}

interface DoorProps {
  to: string;
  title: ReactNode;
  children: ReactNode;
  more: ReactNode;
}

function Door({ to, title, children, more }: DoorProps): ReactNode {
  return (
    <Link className={styles.door} to={to}>
      <Heading as="h2" className={styles.doorTitle}>
        {title}
      </Heading>
      <p>{children}</p>
      <span className={styles.more}>{more}</span>
    </Link>
  );
}

function Doors(): ReactNode {
  return (
    <section className={styles.doors}>
      <Door
        to="/docs/start"
        title={<Translate id="home.run.title">Run it</Translate>}
        more={<Translate id="home.run.more">The agent and the lab</Translate>}
      >
        <Translate id="home.run">
          A host agent that works beside flanneld, and a real cluster in network namespaces on one machine.
        </Translate>
      </Door>
      <Door
        to="/docs/packages"
        title={<Translate id="home.import.title">Import it</Translate>}
        more={<Translate id="home.import.more">The npm packages</Translate>}
      >
        <Translate id="home.import">
          Longest-prefix match, a VXLAN forwarder, packet codecs, kernel networking as data: in Node.js and in
          browsers.
        </Translate>
      </Door>
      <Door
        to="/playground"
        title={<Translate id="home.see.title">See it</Translate>}
        more={<Translate id="home.see.more">The playground</Translate>}
      >
        <Translate id="home.see">
          Follow a packet through bridge, routes and VXLAN in a simulated cluster, or in your own nodes'
          tables; break it, and mend it.
        </Translate>
      </Door>
    </section>
  );
}

export default function Home(): ReactNode {
  const description = translate({
    id: 'home.description',
    message: "podlan does flannel's job with a dataplane that is one small WebAssembly module",
  });
  return (
    <Layout description={description}>
      <InTurn>
        <main className={styles.home}>
          <Hero />
          <Encapsulation />
          <Doors />
        </main>
      </InTurn>
    </Layout>
  );
}
