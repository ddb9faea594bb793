/** Preloaded by `node --import`: whoever imports one of `REFUSED_IMPORTS` (names between spaces) fails. */
import { register } from 'node:module';

const refused = JSON.stringify((process.env.REFUSED_IMPORTS ?? '').split(' '));
const hooks = `export const resolve = (specifier, context, next) => {
  if (${refused}.includes(specifier)) throw new Error('refused to import ' + specifier);
  return next(specifier, context);
};`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
