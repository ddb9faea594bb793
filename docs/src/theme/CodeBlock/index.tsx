/** A code block; one that the page can run gets what runs it. */

import type { Props } from '@theme/CodeBlock';
import StringContent from '@theme/CodeBlock/Content/String';
import CodeBlock from '@theme-original/CodeBlock';
import type { ReactNode } from 'react';
import { RunsContext } from '../../coloured-code/runs-context';
import { inTurn } from '../../come-alive/in-turn';
import { isLabScript } from '../../lab-code/is-lab-script';
import { LabCode } from '../../lab-code/lab-code';
import { isRunnable } from '../../runnable/entries';
import { RunnableCode } from '../../runnable/runnable-code';

declare module '@theme/CodeBlock' {
  interface Props {
    /** What has which colour: see coloured-code.ts. */
    readonly runs?: string;
  }
}

const isIn = ({ language, className }: Props, wanted: string) =>
  language === wanted || (className ?? '').split(/\s+/).includes(`language-${wanted}`);

function CodeBlockThatMayRun({ runs, ...props }: Props): ReactNode {
  const { children } = props;
  if (typeof children !== 'string') return <CodeBlock {...props} />;
  // The theme's own block is drawn twice, for colours that are the reader's; these are variables of the style sheet.
  const block = (
    <RunsContext.Provider value={runs}>
      <StringContent {...props}>{children}</StringContent>
    </RunsContext.Provider>
  );
  const code = children.replace(/\n+$/, '');
  if (isIn(props, 'js') && isRunnable(code)) return <RunnableCode code={code}>{block}</RunnableCode>;
  if (isIn(props, 'sh') && isLabScript(code)) return <LabCode code={code}>{block}</LabCode>;
  return block;
}

export default inTurn(CodeBlockThatMayRun);
