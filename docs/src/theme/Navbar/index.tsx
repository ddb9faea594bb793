/** The bar at the top of every page. */

import Navbar from '@theme-original/Navbar';
import { inTurn } from '../../come-alive/in-turn';

export default inTurn(Navbar);
