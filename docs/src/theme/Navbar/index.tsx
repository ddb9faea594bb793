/** The bar at the top of every page. */

import Navbar from '@theme-original/Navbar';
import type { ReactNode } from 'react';
import { InTurn } from '../../come-alive/in-turn';

export default function NavbarInTurn(): ReactNode {
  return (
    <InTurn>
      <Navbar />
    </InTurn>
  );
}
