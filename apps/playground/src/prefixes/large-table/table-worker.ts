/** The worker's side: a table of its own, so that the page stays at hand while it is filled and measured. */
import { GeneratedTable } from './generated-table';
import type { Loaded, News, Request } from './messages';
import type { GeneratorSettings } from './prefix-generator';

let table: GeneratedTable | undefined;

const say = (news: News): void => postMessage(news);

async function load(settings: GeneratorSettings): Promise<Loaded> {
  const start = performance.now();
  table = await GeneratedTable.load(settings, (placed) => say({ says: 'progress', placed }));
  const milliseconds = performance.now() - start;
  return { settings, milliseconds, shape: table.shape(), samples: table.samples() };
}

async function answer(request: Request): Promise<News> {
  if (request.do === 'load') return { says: 'loaded', loaded: await load(request.settings) };
  if (table === undefined) return { says: 'failed', message: `${request.do}: expected a table to be loaded` };
  if (request.do === 'look') return { says: 'look', id: request.id, look: table.look(request.address) };
  return { says: 'measured', rates: table.measure((round) => say({ says: 'round', round })) };
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  answer(data).then(say, (error: unknown) => say({ says: 'failed', message: String(error) }));
});
