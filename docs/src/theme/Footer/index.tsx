/** What stands below every page. */

import Footer from '@theme-original/Footer';
import type { ReactNode } from 'react';
import { InTurn } from '../../come-alive/in-turn';

export default function FooterInTurn(): ReactNode {
  return (
    <InTurn>
      <Footer />
    </InTurn>
  );
}
