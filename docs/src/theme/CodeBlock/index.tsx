/** A code block; one that the page can run gets what runs it. */

import type { Props } from '@theme/CodeBlock';
import CodeBlock from '@theme-original/CodeBlock';
import type { ReactNode } from 'react';
import { isRunnable } from '../../runnable/entries';
import { RunnableCode } from '../../runnable/runnable-code';

const isJavaScript = ({ language, className }: Props) =>
  language === 'js' || /(?:^|\s)language-js(?:\s|$)/.test(className ?? '');

export default function CodeBlockThatMayRun(props: Props): ReactNode {
  const { children } = props;
  if (typeof children !== 'string' || !isJavaScript(props) || !isRunnable(children))
    return <CodeBlock {...props} />;
  return (
    <RunnableCode code={children.replace(/\n+$/, '')}>
      <CodeBlock {...props} />
    </RunnableCode>
  );
}
