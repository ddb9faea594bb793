/** The text of a page, with what stands around it. */

import Layout from '@theme-original/DocItem/Layout';
import { inTurn } from '../../../come-alive/in-turn';

export default inTurn(Layout);
