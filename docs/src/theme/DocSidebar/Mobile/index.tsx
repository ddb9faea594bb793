/** The list of pages in the menu of a phone. */

import Mobile from '@theme-original/DocSidebar/Mobile';
import { inTurn } from '../../../come-alive/in-turn';

export default inTurn(Mobile);
