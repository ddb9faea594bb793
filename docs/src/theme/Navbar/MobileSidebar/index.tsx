/** The menu that a phone slides over the page: made when it is opened, since it has links to every page. */

import { useNavbarMobileSidebar } from '@docusaurus/theme-common/internal';
import MobileSidebar from '@theme-original/Navbar/MobileSidebar';
import { type ReactNode, useRef } from 'react';

export default function MobileSidebarOnceOpened(): ReactNode {
  const { shown } = useNavbarMobileSidebar();
  const wasShown = useRef(false);
  wasShown.current ||= shown;
  return wasShown.current && <MobileSidebar />;
}
