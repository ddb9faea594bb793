/** What stands below every page. */

import Footer from '@theme-original/Footer';
import { inTurn } from '../../come-alive/in-turn';

export default inTurn(Footer);
