/**
 * Takes secrets out of text that people wrote without thinking of who reads it: messages of containers, log lines,
 * events. What is taken out leaves `[redacted]` in its place, so that it shows.
 *
 * Promises: linear time whatever the text (no repetition is nested; what something must follow is bounded); text without a secret comes
 * back as it is, the very string; what was redacted before is not changed again. Knows what secrets look like, not what
 * they are: it is a net below the rule that secrets don't belong into messages, and no licence to put them there.
 */
import { REDACTED } from './secret.ts';

export interface Redactor {
  (text: string): string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly by: string;
  /** Text without one of these, in lower case, needs no look. */
  readonly hints: readonly string[];
}

/** What may stand around a value: quotes, and a backslash where JSON is quoted within JSON. */
const QUOTE = String.raw`\\?["'\`]?`;
/** Words that mean a secret whatever stands before them, as in `PGPASSWORD`, `dbPassword` and `SharedAccessKey`. */
const STRONG_WORDS = [
  ...['passwd', 'password', 'passphrase', 'secret', 'secret[-_]?key', 'token', 'credentials?'],
  ...['api[-_]?key', 'access[-_]?key', 'private[-_]?key', 'encryption[-_]?key', 'signing[-_]?key', 'account[-_]?key'],
  ...['connection[-_]?string'],
];
/** Words that end other words, too: `bypass`. */
const WEAK_WORDS = ['pass', 'pwd'];

/**
 * What stands after such a word: in quotes, whatever is escaped in them, to the end of the line where they aren't closed, as
 * in a message that was cut; in quotes within JSON within JSON; or one word. Not the words with which the kubelet goes on after a
 * volume's name: `volume "db-secret" : secret "db" not found`.
 */
const VALUES = [
  String.raw`\\"(?:[^"\\\r\n]|\\[^"\r\n]){1,16384}(?:\\")?`,
  String.raw`"(?:[^"\\\r\n]|\\[^\r\n]){1,16384}"?`,
  String.raw`'[^'\r\n]{1,16384}'?`,
  String.raw`(?!(?:secret|configmap|object|failed|references)\s)[^\s"'\`,;&)}\]]{1,16384}`,
];

const rules: readonly Rule[] = [
  {
    pattern:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,16384}(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
    by: REDACTED,
    hints: ['private key'],
  },
  // RFC 3986, userinfo: everything before the last @ of the authority.
  { pattern: /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>]{1,512}@/gi, by: `$1${REDACTED}@`, hints: ['://'] },
  {
    pattern: /\b((?:proxy-)?authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?:[a-z]{1,20}\s{1,4})?)[^\s"',;]{3,}/gi,
    by: `$1${REDACTED}`,
    hints: ['authorization'],
  },
  { pattern: /\b((?:bearer|basic)\s{1,4})[a-z0-9+/=._~-]{8,}/gi, by: `$1${REDACTED}`, hints: ['bearer', 'basic'] },
  { pattern: /\b((?:set-)?cookie\s{0,4}:\s{0,4})[^\r\n]+/gi, by: `$1${REDACTED}`, hints: ['cookie'] },
  // JSON Web Tokens: a header that begins with {" in base64url.
  { pattern: /\beyJ[\w-]{8,4096}\.[\w-]{2,8192}(?:\.[\w-]{0,4096})?/g, by: REDACTED, hints: ['eyj'] },
  {
    pattern: new RegExp(
      String.raw`((?:${STRONG_WORDS.join('|')}|(?:^|[^a-z0-9])(?:${WEAK_WORDS.join('|')}))` +
        String.raw`${QUOTE}\s{0,4}(?:=>|:=|[:=])\s{0,4})` +
        String.raw`(?:\[redacted\]|${VALUES.join('|')})`,
      'gi',
    ),
    by: `$1${REDACTED}`,
    hints: ['pass', 'pwd', 'secret', 'token', 'key', 'credential', 'connection'],
  },
  {
    pattern: /(\s--?(?:password|token|secret|api-key)\s{1,4})[^\s-]\S*/gi,
    by: `$1${REDACTED}`,
    hints: ['--', ' -'],
  },
  { pattern: /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b/g, by: REDACTED, hints: ['akia', 'asia', 'aroa', 'aida'] },
  { pattern: /\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_\w{20,255}/g, by: REDACTED, hints: ['gh', 'github_pat_'] },
  { pattern: /\bglpat-[\w-]{16,64}/g, by: REDACTED, hints: ['glpat-'] },
  { pattern: /\bxox[abeoprs]-[\w-]{10,255}/g, by: REDACTED, hints: ['xox'] },
  { pattern: /\bAIza[\w-]{35}/g, by: REDACTED, hints: ['aiza'] },
  { pattern: /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}/g, by: REDACTED, hints: ['_live_', '_test_'] },
  {
    pattern: /\b(?:hf|npm|dop_v1)_[A-Za-z0-9]{30,255}|\bhvs\.[\w-]{20,255}/g,
    by: REDACTED,
    hints: ['hf_', 'npm_', 'dop_v1_', 'hvs.'],
  },
  { pattern: /\bsk-[\w-]{32,255}/g, by: REDACTED, hints: ['sk-'] },
  // Who has a signed address may do what it says.
  {
    pattern: /([?&](?:sig|signature|x-amz-signature|x-goog-signature|x-amz-security-token)=)[^\s&"'<>]+/gi,
    by: `$1${REDACTED}`,
    hints: ['sig', 'security-token'],
  },
  {
    pattern: /(hooks\.slack\.com\/services\/)[^\s"'<>]+/gi,
    by: `$1${REDACTED}`,
    hints: ['hooks.slack.com'],
  },
  // Userinfo of a message that was cut before the @; what is but a port stays. Last, as it goes to the end.
  {
    pattern: /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#"'<>:@[]{1,256}:)(?!\d{1,5}$)[^\s/?#"'<>@]{1,512}$/gi,
    by: `$1${REDACTED}`,
    hints: ['://'],
  },
];

/** Longest thing that a configured pattern's `*` stands for. */
const MOST_OF_A_STAR = 512;

/**
 * A redactor that also takes out what `patterns` match: words in which `*` stands for any run of characters but blanks,
 * such as `ACME-*`; letters count in either case. A pattern of nothing but `*` is
 * refused: throws RangeError.
 */
export function redactor(patterns: readonly string[] = []): Redactor {
  const own = patterns.map(configured);
  return (text) => {
    const lower = text.toLowerCase();
    let clean = text;
    for (const { pattern, by, hints } of rules) {
      if (hints.some((hint) => lower.includes(hint))) clean = clean.replace(pattern, by);
    }
    for (const pattern of own) clean = clean.replace(pattern, REDACTED);
    return clean;
  };
}

/** The one without patterns of anybody's own. */
export const redact: Redactor = redactor();

function configured(pattern: string): RegExp {
  const parts = pattern.split(/\*+/);
  if (parts.join('').trim() === '') throw new RangeError(`${JSON.stringify(pattern)} would take out nearly everything`);
  return new RegExp(parts.map(escaped).join(String.raw`\S{0,${MOST_OF_A_STAR}}`), 'gi');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
