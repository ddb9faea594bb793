/** The list of pages beside a page. */

import Sidebar from '@theme-original/DocRoot/Layout/Sidebar';
import { inTurn } from '../../../../come-alive/in-turn';

export default inTurn(Sidebar);
