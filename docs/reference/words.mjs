/** The words of the command's pages, in the languages of the site. */
import chinese from './chinese.json' with { type: 'json' };

const englishFrame = {
  title: 'The podlan command',
  overview: 'Every command of podlan with its options, the environment it reads, and its exit codes',
  introduction:
    'Made from the program itself: `podlan help COMMAND` and `podlan COMMAND --help` say the same in a terminal.',
  commands: 'Commands',
  command: 'command',
  meaning: 'meaning',
  options: 'Options',
  environment: 'Environment',
  variable: 'Variable',
  flagVariables:
    'Options of the agent and of lease stores can be given as variables, too: each names its own. The option wins, and a ' +
    'variable set to nothing counts as not set. Besides, `podlan` reads:',
  exits: 'Exit codes',
  otherExits:
    'Commands that have others say so. An option or argument that is not understood ends with the same code as a failure.',
  default: 'Default',
  when: (condition) => ` ${condition}`,
  asAbove: (name) => `As of ${name}`,
  colon: ': ',
  comma: ', ',
  space: ' ',
  stop: '.',
  capital: true,
};

const chineseFrame = {
  title: 'podlan 命令',
  overview: 'podlan 的每一条命令及其选项、所读的环境变量和退出码',
  introduction:
    '由程序本身生成：终端里的 `podlan help COMMAND` 和 `podlan COMMAND --help` 以英文给出同样的内容。',
  commands: '命令',
  command: '命令',
  meaning: '含义',
  options: '选项',
  environment: '环境变量',
  variable: '环境变量',
  flagVariables:
    'agent 和租约存储的选项也可以写成环境变量，名字见各个选项。两者都有时以选项为准；设为空的变量等于没有设置。此外 `podlan` 还读取：',
  exits: '退出码',
  otherExits: '另有规定的命令会说明。选项或参数无法理解时，退出码与失败相同。',
  default: '默认',
  when: (condition) => `（${condition}）`,
  asAbove: (name) => `与 ${name} 相同`,
  colon: '：',
  comma: '、',
  space: '',
  stop: '。',
};

/**
 * By language, as in `LANGUAGES` of the pages. A text without translation stays as it is: a test finds it.
 * @type {Record<string, import('./command-pages.mjs').Words>}
 */
export const WORDS = {
  'zh-Hans': { of: (english) => chinese[english] ?? english, frame: chineseFrame },
  en: { of: (english) => english, frame: englishFrame },
};
