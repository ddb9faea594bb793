/** Colours of code, as variables of the style sheet: one theme for light and dark, and few colours in it. */

import type { PrismTheme } from 'prism-react-renderer';

const codeTheme: PrismTheme = {
  plain: { color: 'var(--site-code)', backgroundColor: 'var(--site-surface)' },
  styles: [
    { types: ['comment', 'prolog', 'cdata'], style: { color: 'var(--site-code-comment)' } },
    { types: ['string', 'char', 'attr-value', 'regex'], style: { color: 'var(--site-code-string)' } },
    { types: ['keyword', 'tag', 'selector'], style: { color: 'var(--site-code-keyword)' } },
    {
      types: ['number', 'boolean', 'constant'],
      // Not of shells, where half of an address would pass for one.
      languages: ['js', 'javascript', 'ts', 'typescript', 'json'],
      style: { color: 'var(--site-code-number)' },
    },
  ],
};

export default codeTheme;
