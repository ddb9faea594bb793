/** A code block; one that the page can run gets what runs it. */

import type { Props } from '@theme/CodeBlock';
import CodeBlock from '@theme-original/CodeBlock';
import type { ReactNode } from 'react';
import { isLabScript } from '../../lab-code/is-lab-script';
import { LabCode } from '../../lab-code/lab-code';
import { isRunnable } from '../../runnable/entries';
import { RunnableCode } from '../../runnable/runnable-code';

const isIn = ({ language, className }: Props, wanted: string) =>
  language === wanted || (className ?? '').split(/\s+/).includes(`language-${wanted}`);

export default function CodeBlockThatMayRun(props: Props): ReactNode {
  const { children } = props;
  const block = <CodeBlock {...props} />;
  if (typeof children !== 'string') return block;
  const code = children.replace(/\n+$/, '');
  if (isIn(props, 'js') && isRunnable(code)) return <RunnableCode code={code}>{block}</RunnableCode>;
  if (isIn(props, 'sh') && isLabScript(code)) return <LabCode code={code}>{block}</LabCode>;
  return block;
}
