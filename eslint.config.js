// Lint rules. What a type checker can't see: promises nobody awaits, switches that miss a case, and the rule
// that each ambient (environment, clock, timers, randomness) has one home.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const ambientTime = [
  { object: 'Date', property: 'now', message: 'Take a Clock (internal/platform/clock.ts).' },
  { object: 'performance', property: 'now', message: 'Take a Clock (internal/platform/clock.ts).' },
  { object: 'Math', property: 'random', message: 'Take a Random (internal/platform/random.ts).' },
  { object: 'process', property: 'env', message: 'Only internal/config reads the environment.' },
  { object: 'process', property: 'exit', message: 'Only main.ts ends the process.' },
];

const ambientGlobals = ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: 'Take a Clock (internal/platform/clock.ts).',
}));

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'bin', 'bench-results', '**/*.js', '**/*.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 350 }],
      'max-lines-per-function': ['error', { max: 50, skipComments: true, skipBlankLines: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
    },
  },
  {
    files: ['internal/**/*.ts', 'cmd/watcher/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...ambientTime],
      'no-restricted-globals': ['error', ...ambientGlobals],
    },
  },
  {
    files: ['internal/platform/**/*.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' },
  },
  {
    files: ['test/**/*.ts', 'tools/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite'] },
          ],
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
